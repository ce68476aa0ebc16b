"""Runs over time: which of them depart from those before, and which are no new evidence."""

import random
from dataclasses import replace

import pytest

from arenatest.errors import OptionError
from arenatest.history.departing import EARLIER, readings
from arenatest.history.measures import DEFAULT, Point, measure_of
from arenatest.history.trend import ALARMS, trends
from arenatest.history.trend_lines import trend_lines
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import AnswerSlot, Before, GameSlot
from fakes.ledgers import LedgerBuilder, plan, prompt
from unit.store import records

WIN_RATE = measure_of("win_rate")


def point(value, *, error=0.04, calls=(), reused=False):
    return Point(value=value, n=100, error=error, calls=frozenset(calls), reused=reused)


def departures(points, measure=WIN_RATE):
    return [one and one.departs for one in readings(measure, points, level=0.95)]


def test_a_drop_after_a_steady_history_departs_and_says_which_way():
    steady = [point(value) for value in (0.50, 0.53, 0.48, 0.51, 0.52, 0.49)]
    assert departures([*steady, point(0.30)]) == [None] * 6 + ["worse"]
    assert departures([*steady, point(0.70)])[-1] == "better"
    slow = [replace(one, value=2 * one.value) for one in steady]
    assert departures([*slow, point(2.0)], measure_of("ttft-p95"))[-1] == "worse"


def test_nothing_departs_before_there_is_a_history():
    assert departures([point(0.5)] * 4 + [point(0.0)]) == [None] * 5
    (*_, last) = readings(WIN_RATE, [point(0.5)] * 5 + [point(0.0)], level=0.95)
    assert last.departs == "worse"
    assert last.runs == 5


def test_runs_that_share_answers_are_neither_held_against_history_nor_part_of_it():
    own = [point(0.5 + 0.01 * place, calls={f"c{place}"}) for place in range(5)]
    copy = point(0.1, calls={"c0", "x"})
    found = readings(WIN_RATE, [*own, copy, point(0.52), point(0.2, reused=True)], level=0.95)
    assert [one.reused for one in found] == [False] * 5 + [True, False, True]
    assert [one.departs for one in found] == [None] * 8
    assert found[6].runs == 5, "the copy does not count"


def test_only_the_latest_runs_are_the_history():
    old = [point(0.1)] * 30
    recent = [point(0.5 + 0.01 * (place % 3)) for place in range(EARLIER)]
    found = readings(WIN_RATE, [*old, *recent, point(0.51)], level=0.95)
    assert (found[-1].departs, found[-1].runs) == (None, EARLIER)


def test_a_run_without_a_value_leaves_a_gap():
    found = readings(WIN_RATE, [point(0.5)] * 5 + [None, point(0.0)], level=0.95)
    assert found[5] is None
    assert found[6].departs == "worse"


def test_where_an_error_is_unknown_all_variation_is_spread_between_runs():
    varied = [point(value, error=None) for value in (0.5, 0.6, 0.4, 0.55, 0.45)]
    assert departures([*varied, point(0.3, error=0.01)])[-1] is None
    assert departures([*varied, point(0.1, error=0.01)])[-1] == "worse"


def test_a_cost_of_nothing_has_no_history_by_factors():
    cost = measure_of("cost")
    found = readings(cost, [point(0.0)] * 6 + [point(1.0)], level=0.95)
    assert [one.expected for one in found] == [None] * 7


@pytest.mark.parametrize("name", ["win", "ttft", "p95", "ttft-p42", ""])
def test_an_unknown_measure_is_refused(name):
    with pytest.raises(OptionError, match=f"--metric: got {name!r}, expected win_rate"):
        measure_of(name)


def test_a_measure_is_named_as_gates_are():
    assert [measure_of(name).name for name in (*DEFAULT, "e2e p50")] == [*DEFAULT, "e2e-p50"]


@pytest.fixture
def ledger():
    prompts = [prompt(f"q{place}", family=f"f{place % 10}") for place in range(20)]
    builder = LedgerBuilder(plan(prompts))
    for place, asked in enumerate(prompts):
        builder.answer("gpt-4o", asked.id, "Old.")
        builder.answer("gpt-5-mini", asked.id, f"New {place}.", ttft=0.1 + 0.01 * place)
        result = "win" if place % 10 < 7 else "loss"
        builder.judge(asked.id, (result, result))
    builder.failure("gpt-5-mini", "q0")
    builder.ledger.cost = 0.25
    return builder.ledger


def test_a_win_rate_counts_clusters_and_has_their_error(ledger):
    found = WIN_RATE.read(ledger, "gpt-5-mini")
    assert (found.value, found.n) == (0.7, 10)
    assert found.low < 0.7 < found.high
    assert found.error == pytest.approx((0.7 * 0.3 / 9) ** 0.5)
    assert len(found.calls) == 40


def test_scores_without_spread_are_no_certainty(ledger):
    for slot in list(ledger.judgments):
        winner = Verdict.A_BETTER if slot.order is Order.CANDIDATE_FIRST else Verdict.B_BETTER
        ledger.judgments[slot] = Judgment(verdict=winner)
    found = WIN_RATE.read(ledger, "gpt-5-mini")
    assert found.value == 1.0
    assert found.error > 0.04


def test_other_measures_read_the_candidates_answers(ledger):
    assert measure_of("error_rate").read(ledger, "gpt-5-mini").value == 0.05
    assert measure_of("cost").read(ledger, "gpt-5-mini").value == 0.25
    found = measure_of("ttft-p50").read(ledger, "gpt-5-mini")
    assert found.value == pytest.approx(0.2)
    assert found.low < 0.2 < found.high
    assert measure_of("tpot-p50").read(ledger, "gpt-5-mini") is None
    ledger.uncosted = 1
    assert measure_of("cost").read(ledger, "gpt-5-mini").least
    ledger.uncosted = sum(ledger.calls.values())
    assert measure_of("cost").read(ledger, "gpt-5-mini") is None


def test_a_failure_that_was_asked_again_counts_as_gates_count_it(ledger):
    slot = AnswerSlot("gpt-5-mini", "q0")
    failed = ledger.answers[slot]
    ledger.answers[slot] = ledger.answers[slot._replace(prompt="q1")]
    errors = measure_of("error_rate")
    assert errors.read(ledger, "gpt-5-mini").value == 0.0
    ledger.before = Before(answers={slot: failed})
    found = errors.read(ledger, "gpt-5-mini")
    assert (found.value, found.n) == (0.05, 10), "prompts of one family count once"


def test_a_cost_that_lacks_calls_is_never_better():
    cost = measure_of("cost")
    before = [point(1.0 + 0.01 * place, error=None) for place in range(6)]
    for value, departs in ((0.1, None), (9.0, "worse")):
        assert departures([*before, replace(point(value), least=True)], cost)[-1] == departs
    assert departures([*before, point(0.1)], cost)[-1] == "better"


def run_with(store, name, started, wins, *, its=None):
    """A finished run whose candidate won so many of 20 battles."""
    its = its or records.plan(prompts=20)
    run = replace(records.run(name, started=started), plan_hash=its.hash)
    store.begin(its, run, fresh=True, expire=0.0)
    written = []
    for place in range(20):
        for who in ("old", "new"):
            chat = f"{name} {who} {place}"
            slot = AnswerSlot(who, f"p{place}")
            answer = records.answer(f"{who} {place}")
            written.append(
                records.generation(chat, run=name, owner=who, prompt=slot.prompt, answer=answer)
            )
            written.append(records.placed(chat, run=name, slot=slot))
            written.append(records.placed(chat, run=name, slot=slot, purpose="timing"))
        for order in Order:
            won = (place < wins) == (order is Order.CANDIDATE_FIRST)
            verdict = Verdict.A_BETTER if won else Verdict.B_BETTER
            slot = GameSlot("new", f"p{place}", 0, "jury", 0, order)
            said = Judgment(verdict=verdict)
            written.append(records.judged(run=name, slot=slot, judgment=said))
    store.write(written)
    store.finish(name, started + 60.0)


def test_a_planted_drop_is_marked_in_the_store(store):
    chance = random.Random(3)
    for place in range(10):
        run_with(store, f"run-{place:04}", 1_000.0 * place, chance.choice((9, 10, 11)))
    run_with(store, "run-dropped", 11_000.0, 1)
    measures = [measure_of(name) for name in DEFAULT]
    found = trends(store, measures, candidate="new", last=4)
    (trend,) = found.trends
    assert trend.measures == DEFAULT
    assert trend.level == pytest.approx(1.0 - ALARMS / 3)
    assert [run.id for run in trend.runs] == ["run-0007", "run-0008", "run-0009", "run-dropped"]
    departed = [run.readings["win_rate"].departs for run in trend.runs]
    assert departed == [None, None, None, "worse"]
    told = list(trend_lines(found))
    assert told[0] == "support  new against old"
    (marked,) = (line for line in told if line.startswith("      ! win_rate"))
    assert marked.startswith("      ! win_rate 0.050 is worse: 10 earlier runs predict 0.")


def test_a_trend_is_of_one_suite_and_one_candidate_where_that_is_asked_for(store):
    run_with(store, "run-0001", 1.0, 10)
    other = replace(records.plan(prompts=20, hash="plan-2"), suite="sales")
    run_with(store, "run-0002", 2.0, 10, its=other)
    assert [t.suite for t in trends(store, [WIN_RATE], last=5).trends] == ["sales", "support"]
    assert [t.suite for t in trends(store, [WIN_RATE], suite="sales", last=5).trends] == ["sales"]
    assert [t.candidate for t in trends(store, [WIN_RATE], last=5).trends] == ["new"] * 2
    assert trends(store, [WIN_RATE], candidate="nobody", last=5).trends == ()


def test_suites_of_one_name_are_followed_apart(store):
    run_with(store, "run-0001", 1.0, 10)
    other = replace(records.plan(prompts=20, hash="plan-2"), path="other/support.arena.toml")
    run_with(store, "run-0002", 2.0, 3, its=other)
    found = trends(store, [WIN_RATE], suite="support", last=5)
    assert [[run.id for run in one.runs] for one in found.trends] == [["run-0002"], ["run-0001"]]
    heads = [line for line in trend_lines(found) if line.startswith("support")]
    assert heads == [
        "support (other/support.arena.toml)  new against old",
        "support (suites/support.arena.toml)  new against old",
    ]


def test_what_changed_since_the_run_before_is_told(store):
    run_with(store, "run-0001", 1.0, 10)
    first = records.plan(prompts=20)
    candidate = replace(first.candidates[0], fingerprint="f" * 32)
    changed = replace(first, hash="plan-2", candidates=(candidate,), prompts=first.prompts[::-1])
    run_with(store, "run-0002", 2.0, 10, its=changed)
    (trend,) = trends(store, [WIN_RATE], last=5).trends
    assert [run.changed for run in trend.runs] == [(), ("candidate", "prompts")]


def test_measures_without_any_value_take_no_share_of_the_error(store):
    run_with(store, "run-0001", 1.0, 10)
    measures = [measure_of(name) for name in ("win_rate", "e2e-p50", "ttfat-p95")]
    (trend,) = trends(store, measures, last=5).trends
    assert trend.level == pytest.approx(1.0 - ALARMS / 3)
    measures.append(replace(measures[0], name="never", read=lambda _ledger, _candidate: None))
    (trend,) = trends(store, measures, last=5).trends
    assert trend.measures == ("win_rate", "e2e-p50", "ttfat-p95")
    assert trend.level == pytest.approx(1.0 - ALARMS / 3)


def test_open_runs_and_a_a_runs_do_not_count(store):
    store.begin(records.plan(), records.run("open"), fresh=True, expire=0.0)
    run_with(store, "aa", 2.0, 10, its=replace(records.plan(prompts=20, hash="aa"), aa=True))
    found = trends(store, [WIN_RATE], last=5)
    assert found.trends == ()
    assert list(trend_lines(found)) == ["no finished run is recorded"]
    found = trends(store, [WIN_RATE], suite="sales", candidate="x", last=5)
    assert list(trend_lines(found)) == ["no finished run of the suite 'sales' with 'x' is recorded"]
