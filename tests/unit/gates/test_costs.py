"""What answers cost: by the prices of the plan, never zero where they are unknown."""

from dataclasses import replace

import pytest

from arenatest.gates.costs import Prices, cost_of
from arenatest.gates.decide import decide
from arenatest.model.answer import Usage
from arenatest.model.price import Price
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, answered, contestant, plan, prompt, rule

TOTAL = rule("cost", "total", side="max", limit=0.001)


def scene(price, n=12):
    planned = plan(n)
    made = Scene(replace(planned, candidates=(replace(contestant("new"), price=price),)))
    for i in range(n):
        made.answer(i, tokens=100)
    return made


def test_an_unknown_price_makes_a_cost_gate_inconclusive_with_the_way_to_mend_it():
    decision = decide(TOTAL, scene(None).ledger)
    assert (decision.decision, decision.cause, decision.value) == ("inconclusive", "void", None)
    assert decision.reason.endswith(
        "the price of new is unknown: write price = { input = ..., output = ... } in its table "
        "(the extra 'prices' knows those of many vendors)"
    )


def test_the_price_of_the_plan_counts_for_answers_that_were_bought_before_it_was_known():
    decision = decide(TOTAL, scene(Price(input=0.1, output=0.4)).ledger)
    assert decision.value == pytest.approx(12 * 100 * 0.5 / 1e6)
    assert decision.decision == "pass"


def test_a_free_model_costs_nothing_and_that_is_known():
    decision = decide(TOTAL, scene(Price(input=0.0, output=0.0)).ledger)
    assert (decision.value, decision.decision) == (0.0, "pass")


def silent(price):
    made = scene(price)
    for slot, said in made.ledger.answers.items():
        made.ledger.answers[slot] = replace(said, answer=replace(said.answer, usage=None))
    return made.ledger


def test_a_free_model_costs_nothing_though_it_counts_no_tokens():
    decision = decide(TOTAL, silent(Price(input=0.0, output=0.0)))
    assert (decision.decision, decision.value) == ("pass", 0.0)


@pytest.mark.parametrize("gate", [TOTAL, rule("output_tokens", "p50", side="max", limit=9.0)])
def test_a_model_that_counts_no_tokens_is_named(gate):
    decision = decide(gate, silent(Price(input=0.1, output=0.4)))
    assert (decision.decision, decision.cause) == ("inconclusive", "void")
    assert decision.reason.endswith("; new told no count of tokens")


def test_what_was_recorded_counts_where_the_plan_has_no_price():
    assert cost_of(answered(cost=0.25), None) == 0.25
    assert cost_of(answered(cost=0.25), Price(input=1.0, output=1.0)) == 0.25


def test_each_part_of_a_contestant_has_its_own_price():
    cheap, dear = Price(input=1.0, output=1.0), Price(input=9.0, output=9.0)
    parts = (
        replace(contestant("mini"), price=cheap, where=(("category", ("chat",)),)),
        replace(contestant("large"), price=dear, where=(("category", ("code",)),)),
    )
    asked = (prompt(0, category="chat"), prompt(1, category="code"))
    prices = Prices(replace(plan(asked), baseline=replace(contestant("old"), parts=parts)))
    assert prices(AnswerSlot("old", "p0")) == cheap
    assert prices(AnswerSlot("old", "p1")) == dear
    assert prices(AnswerSlot("new", "p1")) is None


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(input_tokens=1000, output_tokens=100), 0.003),
        (Usage(input_tokens=1000, output_tokens=100, cached_tokens=400), 0.0024),
        (Usage(input_tokens=1000, output_tokens=100, reasoning_tokens=50), 0.0025),
        (Usage(input_tokens=2001, output_tokens=100, cached_tokens=1), 0.010006),
        (Usage(input_tokens=None, output_tokens=100), None),
        (Usage(input_tokens=10**400, output_tokens=0), None),
        (None, None),
    ],
)
def test_tokens_cost_what_the_price_says_of_their_kind(usage, dollars):
    price = Price(
        input=2.0,
        output=10.0,
        cached_input=0.5,
        reasoning=0.0,
        tiers=((2000, Price(input=4.0, output=20.0, cached_input=6.0)),),
    )
    assert price.of(usage) == (None if dollars is None else pytest.approx(dollars))
