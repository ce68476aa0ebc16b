"""The table [latency], and every mistake in it: the exact messages."""

import pytest

from arenatest.errors import ArenaError
from arenatest.model.latency import Latency
from fakes.suites import GATE, changed, load
from unit.store.records import as_stored


def suite(table):
    return changed((GATE, f"{table}{GATE}"))


def test_clocks_are_taken_on_the_answers_own_calls_unless_a_suite_says_otherwise(tmp_path):
    plan = load(tmp_path).plan

    assert plan.latency == Latency(lane="inline")
    assert plan.timed_repeats == plan.repeats == 1


def test_a_dedicated_lane_has_warm_up_calls_two_repeats_and_a_nonce(tmp_path):
    plan = load(tmp_path, suite('[latency]\nlane = "dedicated"\n')).plan

    assert plan.latency == Latency(lane="dedicated", warmup=2, repeats=2, nonce=True)
    assert (plan.timed_repeats, plan.repeats) == (2, 1)
    assert as_stored(plan).latency == plan.latency


def test_where_clocks_come_from_is_part_of_what_a_plan_is(tmp_path):
    texts = [
        "",
        '[latency]\nlane = "dedicated"\n',
        '[latency]\nlane = "dedicated"\nwarmup = 0\n',
        '[latency]\nlane = "dedicated"\nrepeats = 4\n',
        '[latency]\nlane = "dedicated"\nnonce = false\n',
    ]
    hashes = {load(tmp_path, suite(text)).plan.hash for text in texts}
    assert len(hashes) == len(texts)


def test_to_write_down_what_is_so_anyway_changes_no_plan(tmp_path):
    plain = load(tmp_path).plan.hash

    assert load(tmp_path, suite('[latency]\nlane = "inline"\n')).plan.hash == plain


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            '[latency]\nlane = "own"\n',
            "latency.lane: unknown value 'own', expected one of 'dedicated', 'inline'",
        ),
        (
            "[latency]\nrepeats = 3\n",
            "latency.repeats: belongs to the dedicated lane\n"
            '  hint: write lane = "dedicated" beside it',
        ),
        (
            '[latency]\nlane = "dedicated"\nrepeats = 0\n',
            "latency.repeats: got 0, expected a number of at least 1",
        ),
        (
            '[latency]\nlane = "dedicated"\nwarmup = -1\n',
            "latency.warmup: got -1, expected a number of at least 0",
        ),
        (
            '[latency]\nlane = "dedicated"\nwarm_up = 1\n',
            "latency.warm_up: unknown key 'warm_up', did you mean 'warmup'?",
        ),
    ],
)
def test_a_mistake_in_the_table_is_told_with_what_to_write(tmp_path, table, message):
    with pytest.raises(ArenaError) as caught:
        load(tmp_path, suite(table))
    assert message in str(caught.value)
