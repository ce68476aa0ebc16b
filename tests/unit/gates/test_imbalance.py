"""Whether two contestants were timed alike."""

import pytest

from arenatest.gates.imbalance import conditions, imbalances
from arenatest.model.answer import Timing, Usage
from arenatest.model.latency import Latency
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, answered, failed, plan


def call(*, reused=True, lag=0.001, cached=None, server=None, e2e=1.0, wall=None, **changes):
    timing = Timing(
        ttft=0.4,
        ttfat=0.4,
        e2e=e2e,
        wall=wall,
        lag=lag,
        connection_reused=reused,
        server=server,
    )
    usage = Usage(input_tokens=100, output_tokens=10, cached_tokens=cached)
    return answered(timing=timing, usage=usage, **changes)


def scene(ours, theirs, n=20, **changes):
    """A record of n prompts; each side is a function of the prompt's number to a call."""
    laid = Scene(plan(n, candidates=("new",), **changes))
    for i in range(n):
        for repeat in range(laid.plan.timed_repeats):
            laid.ledger.timings[AnswerSlot("new", f"p{i}", repeat)] = ours(i)
            laid.ledger.timings[AnswerSlot("old", f"p{i}", repeat)] = theirs(i)
    return laid.ledger


def same(_):
    return call()


def test_what_is_alike_is_not_told():
    assert imbalances(scene(same, same)) == ()


@pytest.mark.parametrize(
    ("condition", "ours"),
    [
        ("fresh", lambda i: call(reused=i >= 10)),
        ("retried", lambda i: call(attempts=2 if i < 10 else 1)),
        ("lagging", lambda i: call(lag=0.05 if i < 10 else 0.0)),
    ],
)
def test_a_condition_of_half_the_calls_of_one_side_is_told(condition, ours):
    (found,) = imbalances(scene(ours, same))

    assert (found.candidate, found.against, found.condition) == ("new", "old", condition)
    assert (found.ours, found.theirs, found.prompts) == (0.5, 0.0, 20)
    assert found.p_value == pytest.approx(2 / 1024)


def test_the_baselines_troubles_are_told_too():
    (found,) = imbalances(scene(same, lambda i: call(reused=i >= 10)))

    assert (found.condition, found.ours, found.theirs) == ("fresh", 0.0, 0.5)


def test_a_few_such_calls_may_be_chance():
    assert imbalances(scene(lambda i: call(reused=i >= 5), same)) == ()


def test_troubles_of_both_on_the_same_prompts_are_no_difference():
    def fresh(i):
        return call(reused=i >= 10)

    assert imbalances(scene(fresh, fresh)) == ()


def test_a_cache_that_knows_the_prompts_of_one_side_is_told():
    (found,) = imbalances(scene(lambda _: call(cached=80), lambda _: call(cached=0)))

    assert found.condition == "cached"
    assert (found.ours, found.theirs) == (pytest.approx(0.8), 0.0)
    assert imbalances(scene(lambda _: call(cached=4), lambda _: call(cached=0))) == ()


def test_a_cache_that_only_one_side_tells_of_cannot_be_compared():
    assert imbalances(scene(lambda _: call(cached=80), same)) == ()


def test_time_that_the_server_does_not_account_for_is_told_where_it_matters():
    ledger = scene(lambda _: call(server=0.7), lambda _: call(server=0.9))

    (found,) = imbalances(ledger)
    assert found.condition == "outside"
    assert (found.ours, found.theirs) == (pytest.approx(0.3), pytest.approx(0.1))
    assert imbalances(scene(lambda _: call(server=0.87), lambda _: call(server=0.9))) == ()


def test_a_servers_last_step_after_the_last_text_is_not_taken_from_what_is_outside():
    ledger = scene(
        lambda _: call(e2e=1.0, server=1.06, wall=1.08),  # its step takes six times as long
        lambda _: call(e2e=1.0, server=1.01, wall=1.03),
    )

    assert imbalances(ledger) == ()
    assert [one.outside for one in conditions(ledger)] == [pytest.approx(0.02)] * 2


def test_a_server_that_says_it_took_longer_than_the_call_leaves_unknown_what_is_outside():
    ledger = scene(lambda _: call(server=1.2, wall=1.1), lambda _: call(server=0.9, wall=1.1))

    old, new = conditions(ledger)
    assert (new.server, new.outside) == (1.2, None)
    assert old.outside == pytest.approx(0.2)
    assert imbalances(ledger) == ()


def test_a_longer_time_on_the_server_itself_is_what_gates_are_about():
    ledger = scene(lambda _: call(server=1.9, e2e=2.0), lambda _: call(server=0.9))

    assert imbalances(ledger) == ()


def test_repeats_of_a_prompt_count_once():
    apart = Latency(lane="dedicated", repeats=4)

    found = imbalances(scene(lambda i: call(reused=i >= 10), same, latency=apart))

    assert [one.prompts for one in found] == [20]
    assert found[0].p_value == pytest.approx(2 / 1024)


def test_the_conditions_of_each_are_counted():
    def ours(i):
        if i == 0:
            return failed()
        return call(reused=i > 3, lag=0.06 if i == 5 else 0.002, cached=10, server=0.9)

    new, old = reversed(conditions(scene(ours, same)))

    assert (new.contestant, new.calls, new.failed, new.retried) == ("new", 20, 1, 1)
    assert (new.fresh, new.lagging, new.largest_lag) == (3, 1, 0.06)
    assert (new.cached, new.server) == (pytest.approx(0.1), 0.9)
    assert new.outside == pytest.approx(0.1)
    assert (old.contestant, old.fresh, old.cached, old.server) == ("old", 0, None, None)


def test_who_tells_nothing_is_unknown_and_who_was_not_timed_is_not_there():
    laid = Scene(plan(1, candidates=("new",)))
    laid.ledger.timings[AnswerSlot("new", "p0", 0)] = answered()

    (only,) = conditions(laid.ledger)

    assert (only.contestant, only.fresh, only.largest_lag) == ("new", None, None)
