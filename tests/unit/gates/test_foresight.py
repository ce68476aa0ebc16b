"""What gates can come to is told before anything is paid for, and holds once it is paid."""

import random
from dataclasses import replace

import pytest

from arenatest.gates.decide import decide
from arenatest.gates.foresight import foresee
from arenatest.model.price import Price
from unit.gates.scenes import POLITE, WORDS, Scene, contestant, plan, prompt, rule


def line(asked, planned=None, **changes):
    return foresee(asked, planned or plan(changes.pop("n", 200), **changes)).line


def test_a_win_rate_says_from_which_values_on_it_will_probably_be_decided():
    assert line(rule(limit=0.45), n=200) == (
        "200 prompts: will probably pass from 0.520 up and fail from 0.380 down "
        "(if values spread by 0.4)"
    )


def test_twice_the_precision_takes_four_times_the_prompts():
    few, many = (foresee(rule(limit=0.45), plan(n)) for n in (100, 400))
    assert few.reach.passes - 0.45 == pytest.approx(2 * (many.reach.passes - 0.45))


@pytest.mark.parametrize(
    ("gate", "n", "said"),
    [
        (rule(limit=0.5), 4, "4 prompts cannot pass or fail this gate at any record; it needs 5"),
        (rule(limit=0.45), 4, "4 prompts cannot fail this gate at any record; it needs 6"),
        (
            rule("error_rate", side="max", limit=0.05),
            61,
            "61 prompts cannot pass this gate at any record; it needs 62",
        ),
        (
            rule("ttft", "p95", side="max", limit=0.8),
            58,
            "58 prompts cannot pass this gate at any record; p95 needs 59",
        ),
        (
            rule("ttft", "p99", side="max", limit=0.8),
            200,
            "200 prompts cannot pass this gate at any record; p99 needs 299",
        ),
        (
            rule("ttft", "ratio", side="max", limit=1.1),
            5,
            "5 pairs cannot pass or fail this gate at any record; it needs 6",
        ),
        (
            rule("cost", "ratio", side="max", limit=1.1),
            9,
            "9 pairs cannot pass or fail this gate at any record; it needs 10",
        ),
        (
            rule("truncated_rate", side="max", limit=0.0),
            500,
            "500 prompts cannot pass this gate at any record, nor could more; "
            'target = "suite" asks about these alone',
        ),
        (
            rule(limit=0.0),
            50,
            "50 prompts cannot fail this gate at any record, nor could more; "
            'target = "suite" asks about these alone',
        ),
        (rule(where=(("category", ("kids",)),)), 50, "it has no prompt"),
    ],
)
def test_a_gate_that_no_record_can_decide_says_what_it_needs(gate, n, said):
    assert line(gate, priced(n)) == said


def test_percentiles_speak_of_calls_beyond_the_limit():
    assert line(rule("ttft", "p95", side="max", limit=0.8), n=200) == (
        "200 prompts: will probably pass where 1.5 % of the values lie above 800 ms, "
        "and fail where 9.5 % do"
    )


def test_ratios_and_amounts_say_what_spread_was_assumed():
    assert line(rule("ttft", "ratio", side="max", limit=1.1), n=60) == (
        "60 pairs: will probably pass from 1.02x down and fail from 1.19x up "
        "(if ratios spread by 25 %)"
    )
    assert line(rule(WORDS, "mean", side="max", limit=100), n=100) == (
        "100 prompts: will probably pass from 85.1 words down and fail from 115 words up "
        "(if values vary by 60 %)"
    )


def test_rates_assume_no_spread_for_they_have_their_own():
    assert line(rule("error_rate", side="max", limit=0.05), n=200) == (
        "200 prompts: will probably pass from 0.012 down and fail from 0.088 up"
    )


def test_a_limit_too_near_the_end_of_the_range_is_said_to_be_hard():
    assert line(rule(POLITE, "mean", limit=0.95), n=62) == (
        "62 prompts: will probably pass only near the end of its range and fail from 0.881 down "
        "(if values spread by 0.22)"
    )


def test_a_gate_about_these_prompts_alone_needs_no_luck():
    certain = "200 prompts: it is about these alone, and certain once all are there"
    assert line(rule(limit=0.45, target="suite")) == certain
    assert line(rule("cost", "total", side="max", limit=1.0), priced(200)) == certain


def test_slices_count_their_own_prompts_and_families_count_once():
    asked = [
        prompt(i, category="kids" if i % 2 else "work", family=f"f{i // 4}") for i in range(40)
    ]
    told = foresee(rule(where=(("category", ("kids",)),)), plan(asked))
    assert (told.clusters, told.noun) == (10, "clusters")


def test_many_slices_make_failing_harder_but_not_passing():
    alone, sliced = (foresee(rule(slices=k), plan(200)) for k in (1, 10))
    assert sliced.reach.passes == alone.reach.passes
    assert sliced.reach.fails < alone.reach.fails


def test_a_cost_without_a_price_says_how_to_give_one():
    planned = plan(200)
    told = (
        "the price of new is unknown: write price = { input = ..., output = ... } in its table "
        "(the extra 'prices' knows those of many vendors)"
    )
    assert line(rule("cost", "mean", side="max", limit=0.01), planned) == told
    assert line(rule("cost", "ratio", side="max", limit=1.1), planned) == (
        "the price of old and new is unknown: "
        "write price = { input = ..., output = ... } in their tables "
        "(the extra 'prices' knows those of many vendors)"
    )
    assert "price" not in line(rule("cost", "mean", side="max", limit=0.01), priced(200))


def test_the_earliest_decision_is_the_one_of_a_perfect_record():
    told = foresee(rule(limit=0.45), plan(60))
    scene = Scene(plan(60)).battles(["win"] * 60)
    assert decide(rule(limit=0.45), scene.ledger).n == told.earliest < 60
    assert foresee(rule("ttft", "p95", side="max", limit=1.0), plan(60)).earliest == 60


@pytest.mark.parametrize("truth", ["passes", "fails"])
@pytest.mark.parametrize("n", [50, 200])
def test_what_is_foreseen_comes_true_about_four_times_in_five(n, truth):
    gate, planned = rule(limit=0.45), plan(n)
    told = foresee(gate, planned)
    rate = getattr(told.reach, truth)
    chance = random.Random(n)
    words = ("win", "tie", "loss")
    shares = (rate - 0.2, 0.4, 0.8 - rate)  # four of ten are ties, as the spread assumes
    wanted = {"passes": "pass", "fails": "fail"}[truth]
    runs = 60
    decided = sum(
        decide(gate, Scene(planned).battles(chance.choices(words, shares, k=n)).ledger).decision
        == wanted
        for _ in range(runs)
    )
    assert 0.65 <= decided / runs <= 0.95


def test_a_percentile_comes_true_about_four_times_in_five():
    gate, planned = rule("ttft", "p95", side="max", limit=1.0), plan(100)
    told = foresee(gate, planned)
    chance = random.Random(1)
    runs = 150
    passed = sum(
        decide(
            gate,
            Scene(planned)
            .clocks(2.0 * (chance.random() < told.reach.passes) for _ in range(100))
            .ledger,
        ).decision
        == "pass"
        for _ in range(runs)
    )
    assert 0.70 <= passed / runs <= 0.90


def priced(n):
    price = Price(input=1.0, output=2.0)
    planned = plan(n)
    return replace(
        planned,
        baseline=replace(contestant("old"), price=price),
        candidates=(replace(contestant("new"), price=price),),
    )
