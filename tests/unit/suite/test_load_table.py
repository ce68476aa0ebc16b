"""The table [load], and the gates that look at a level of it."""

import pytest

from arenatest.errors import ArenaError
from arenatest.model.load import Load, Slo
from fakes.suites import GATE as ANY
from fakes.suites import changed, load
from unit.store.records import as_stored

GATE = '[[gates]]\nmetric = "user_latency"\nstat = "p95"\nmax = "2 s"\n'
RATES = "[load]\nrates = [4, 0.5, 1]\n"


def suite(*tables):
    return changed((ANY, "".join(tables)))


def rules(tmp_path, *tables):
    return load(tmp_path, suite(*tables)).plan.rules


def loaded(tmp_path, table):
    return load(tmp_path, suite(table, GATE)).plan.load


def test_rates_are_sorted_and_arrive_at_random_unless_told_otherwise(tmp_path):
    assert loaded(tmp_path, RATES) == Load(
        arrivals="poisson", levels=(0.5, 1.0, 4.0), requests=100, warmup=10
    )
    even = loaded(tmp_path, f'{RATES}arrivals = "constant"\nrequests = 30\nwarmup = 0\n')
    assert (even.arrivals, even.requests, even.warmup) == ("constant", 30, 0)


def test_a_plan_with_load_is_stored_as_it_is(tmp_path):
    plan = load(tmp_path, suite(RATES, GATE)).plan
    assert as_stored(plan) == plan


def test_concurrency_is_a_closed_loop(tmp_path):
    closed = loaded(tmp_path, "[load]\nconcurrency = [1, 8]\n")
    assert (closed.arrivals, closed.levels) == ("closed", (1.0, 8.0))


def test_an_slo_is_in_seconds(tmp_path):
    table = f'{RATES}slo = {{ ttft = "800 ms", tpot = "50 ms" }}\n'
    assert loaded(tmp_path, table).slo == Slo(ttft=0.8, tpot=0.05)


def test_a_gate_looks_at_the_highest_level_or_at_the_one_it_names(tmp_path):
    others = GATE + GATE.replace("user_latency", "ttft") + "at = 0.5\n"
    found = [(rule.id, rule.at) for rule in rules(tmp_path, RATES, others)]
    assert found == [("user_latency-p95-at-4", 4.0), ("ttft-p95-at-0.5", 0.5)]


def test_times_without_a_level_are_measured_without_load(tmp_path):
    found = rules(tmp_path, RATES, GATE, GATE.replace("user_latency", "ttft"))
    assert [(rule.id, rule.at) for rule in found][1] == ("ttft-p95", None)


def test_gates_on_different_levels_do_not_contradict_each_other(tmp_path):
    table = '[[gates]]\nmetric = "goodput"\nmin = 0.99\nat = 1\n'
    other = '[[gates]]\nmetric = "goodput"\nmax = 0.9\nat = 4\n'
    slo = 'slo = { ttft = "1 s" }\n'
    assert len(rules(tmp_path, RATES + slo, table, other)) == 2


def test_load_changes_the_identity_of_a_plan_and_its_absence_does_not(tmp_path):
    def identity(*tables):
        return load(tmp_path, suite(*tables)).plan.hash

    assert identity(RATES, GATE) != identity(f"{RATES}requests = 50\n", GATE)
    assert identity(RATES, GATE) != identity(RATES, f"{GATE}at = 1\n")


def test_prompts_are_asked_again_and_again_but_for_later_turns(tmp_path):
    turns = '[[prompts]]\nid = "talk"\nturns = ["One.", "Two."]\n'
    plan = load(tmp_path, suite(f"{RATES}requests = 5\nwarmup = 2\n", GATE, turns)).plan
    asked = plan.under_load
    assert len(asked) == 7
    assert all(prompt.turn == 0 for prompt in asked)
    assert len({prompt.id for prompt in asked}) < 7


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([RATES, ANY], "load: no gate looks at it, so nothing would be measured"),
        ([GATE], "gates[0].metric (user_latency): user_latency needs [load], and the suite has"),
        (["[load]\n", GATE], "load: got neither, expected exactly one of rates, concurrency"),
        (
            ["[load]\nrates = [1]\nconcurrency = [1]\n", GATE],
            "load: got rates and concurrency, expected exactly one",
        ),
        (["[load]\nrates = []\n", GATE], "load.rates: got an empty list, expected a level or more"),
        (["[load]\nrates = [0]\n", GATE], "load.rates[0]: got 0, expected a number above 0"),
        (["[load]\nrates = [1, 2, 1]\n", GATE], "load.rates: 1 stands there twice"),
        (["[load]\nconcurrency = [0]\n", GATE], "load.concurrency[0]: got 0, expected"),
        (
            ['[load]\nconcurrency = [2]\narrivals = "poisson"\n', GATE],
            "load.arrivals: says how requests come at rates: with concurrency, answers let the",
        ),
        (["[load]\nrates = [1]\nslo = { ttft = 1 }\n", GATE], "load.slo.ttft: got 1, expected a d"),
        ([RATES, f"{GATE}at = 3\n"], "gates[0].at (user_latency): got 3, expected a level of [loa"),
        (
            [RATES, f'{GATE}where = {{ category = "kids" }}\n'],
            "gates[0].where (user_latency): a gate under load looks at every request of its level",
        ),
        (
            [RATES, GATE.replace("p95", "mean")],
            "gates[0].stat (user_latency): a request that failed has no time",
        ),
        (
            [RATES, '[[gates]]\nmetric = "goodput"\nmin = 0.9\n'],
            "gates[0].metric (goodput): goodput needs an slo",
        ),
        (
            [RATES, '[[gates]]\nmetric = "tokens_per_second"\nmin = 9\nstat = "p95"\n'],
            "gates[0].stat (tokens_per_second): tokens_per_second is one number of a level",
        ),
        (
            [RATES, '[[gates]]\nmetric = "error_rate"\nmax = 0.1\nat = 4\n'],
            "gates[0].at (error_rate): error_rate is not measured under load: it takes no at",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, tables, message):
    with pytest.raises(ArenaError) as caught:
        load(tmp_path, suite(*tables))
    assert message in str(caught.value)


LIMITED = 'model = "m{}"\nrequests_per_minute = 239\n'


@pytest.mark.parametrize(("number", "name"), [(1, "old"), (2, "new")])
def test_a_load_that_a_key_does_not_allow_is_a_mistake(tmp_path, number, name):
    slowed = (f'model = "m{number}"\n', LIMITED.format(number))
    ratio = '[[gates]]\nmetric = "user_latency"\nmax_ratio = 1.1\n'
    with pytest.raises(ArenaError) as caught:
        load(tmp_path, changed((ANY, RATES + ratio), slowed))
    assert "load.rates: 4 requests a second are more than the 239 a minute" in str(caught.value)
    assert repr(name) in str(caught.value)
    closed = "[load]\nconcurrency = [4]\n"
    assert load(tmp_path, changed((ANY, closed + ratio), slowed)).plan.load


def test_a_key_of_whom_no_gate_puts_under_load_may_allow_less(tmp_path):
    slowed = ('model = "m1"\n', LIMITED.format(1))
    assert load(tmp_path, changed((ANY, RATES + GATE), slowed)).plan.load


def test_a_load_that_is_wrong_is_told_once(tmp_path):
    with pytest.raises(ArenaError) as caught:
        load(tmp_path, suite("[load]\nrates = [0]\n", GATE))
    assert str(caught.value).count("toml:") == 1
