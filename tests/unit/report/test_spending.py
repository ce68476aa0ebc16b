from dataclasses import replace

from arenatest.model.price import Price
from arenatest.model.record import AnswerSlot, Bill
from arenatest.report.spending import faults, priced, spendings
from fakes.ledgers import LedgerBuilder, plan, prompt


def builder():
    made = LedgerBuilder(plan([prompt("a"), prompt("b")]))
    made.answer("gpt-4o", "a", "xxxx").answer("gpt-4o", "b", "xxxx", cost=None)
    return made.failure("gpt-5-mini", "a").failure("gpt-5-mini", "b")


def test_tokens_and_costs_are_summed_over_what_is_known():
    base, candidate, judge = spendings(builder().ledger)
    assert (base.answers, base.input_tokens, base.output_tokens, base.cost) == (2, 40, 4, 0.0002)
    assert (candidate.failed, candidate.retried, candidate.input_tokens) == (2, 2, None)
    assert (judge.role, judge.answers) == ("judge", None)


def test_a_judges_calls_tokens_and_cost_stand_beside_the_contestants():
    ledger = builder().ledger
    ledger.bills["sonnet"] = Bill(calls=4, input_tokens=900, output_tokens=80, cost=0.02)
    judge = spendings(ledger)[-1]
    assert (judge.calls, judge.input_tokens, judge.output_tokens, judge.cost) == (4, 900, 80, 0.02)


def test_prices_are_told_once_with_their_source():
    price = Price(input=2.5, output=10.0, source="list 1.0 on 2026-11-21")
    planned = plan([prompt("a")])
    baseline = replace(planned.baseline, price=price)
    seat = replace(planned.judges[0], price=price)
    assert priced(replace(planned, baseline=baseline, judges=(seat,))) == (
        ("gpt-4o", price),
        ("sonnet", price),
    )
    assert priced(planned) == ()


def test_the_models_names_are_those_the_servers_gave():
    assert spendings(builder().ledger)[0].models == ("gpt-4o-served",)


def test_failures_are_counted_by_contestant_kind_and_status():
    (fault,) = faults(builder().ledger)
    assert (fault.contestant, fault.kind, fault.status, fault.count) == (
        "gpt-5-mini",
        "server",
        503,
        2,
    )


def test_how_answers_ended_is_counted_and_what_did_not_stop_is_told():
    made = LedgerBuilder(plan([prompt(name) for name in "abcd"]))
    for name, finish in zip("abcd", ["stop", "refusal", "refusal", "length"], strict=True):
        made.answer("gpt-4o", name)
        slot = AnswerSlot("gpt-4o", name)
        placed = made.ledger.answers[slot]
        answer = replace(placed.answer, finish=finish)
        made.ledger.answers[slot] = made.ledger.timings[slot] = replace(placed, answer=answer)
    base = spendings(made.ledger)[0]
    assert base.finishes == (("refusal", 2), ("length", 1), ("stop", 1))
    assert base.unusual == "refusal 2, length 1"


def test_cached_answers_are_counted_by_level_and_old_records_were_of_the_store():
    made = LedgerBuilder(plan([prompt(name) for name in "abcd"]))
    for name, level in zip("abcd", ["redis", "redis", "", None], strict=True):
        changes = {} if level is None else {"reused": True, "level": level}
        made.answer("gpt-4o", name, **changes)
    base = spendings(made.ledger)[0]
    assert (base.reused, base.cached) == (3, (("redis", 2), ("store", 1)))
    assert base.levels == "redis 2, store 1"
