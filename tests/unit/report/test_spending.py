from arenatest.report.spending import faults, spendings
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
