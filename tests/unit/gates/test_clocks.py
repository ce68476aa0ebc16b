"""Which clocks may be used: those that our own lag, or a new connection, did not make."""

import pytest

from arenatest.gates.clocks import Bar, clock_of, is_ours
from arenatest.gates.decide import decide
from arenatest.model.answer import Timing
from arenatest.model.latency import Latency
from arenatest.model.record import AnswerSlot
from unit.gates.scenes import Scene, answered, failed, plan, rule

APART = Latency(lane="dedicated", repeats=2)


def timing(**changes):
    return Timing(**({"ttft": 0.4, "ttfat": 0.4, "e2e": 2.0, "tpot": 0.01, "icl": 0.02} | changes))


@pytest.mark.parametrize(
    ("ttft", "lag", "ours"),
    [
        (0.05, 0.005, False),  # never more than 5 ms on a short time
        (0.05, 0.0051, True),
        (0.4, 0.02, False),  # nor more than 5 % of a long one
        (0.4, 0.021, True),
        (0.4, None, False),  # nobody watched
    ],
)
def test_lag_beyond_5_ms_and_5_percent_makes_a_first_token_invalid(ttft, lag, ours):
    clocks = timing(ttft=ttft, ttfat=ttft, lag=lag)

    assert is_ours(clocks, "ttft") is ours
    assert (clock_of(clocks, "ttft", apart=False) is None) is ours


def test_lag_after_the_first_token_is_no_matter_of_the_first_token():
    clocks = timing(lag=0.0, stream_lag=0.3)

    assert not is_ours(clocks, "ttft")
    assert is_ours(clocks, "e2e")
    assert is_ours(clocks, "tpot")
    assert is_ours(clocks, "icl")


def test_lag_before_the_first_token_is_no_matter_of_the_pace():
    clocks = timing(lag=0.3, stream_lag=0.0)

    assert not is_ours(clocks, "tpot")
    assert not is_ours(clocks, "icl")
    assert is_ours(clocks, "e2e")


def test_lag_while_a_model_reasons_aloud_is_a_matter_of_its_first_answer():
    clocks = timing(ttfat=1.5, lag=0.0, stream_lag=0.3)

    assert is_ours(clocks, "ttfat")
    assert not is_ours(timing(ttfat=0.4, lag=0.0, stream_lag=0.3), "ttfat")


def test_lag_is_measured_against_the_time_that_it_overlapped():
    clocks = timing(lag=0.0, stream_lag=0.075)  # of 1.6 s of streaming, and of 2 s in all

    assert not is_ours(clocks, "tpot")
    assert is_ours(timing(stream_lag=0.081), "tpot")
    assert not is_ours(timing(stream_lag=0.081), "e2e")


def test_an_answer_in_one_piece_has_the_lag_of_its_whole():
    assert is_ours(Timing(e2e=1.0, lag=0.06), "e2e")
    assert not is_ours(Timing(e2e=1.0, lag=0.04), "e2e")


def test_our_own_queue_and_recorded_clocks_know_no_lag():
    assert not is_ours(timing(queue_wait=0.1, lag=1.0), "queue_wait")
    assert not is_ours(timing(source="recorded", lag=1.0), "ttft")


def test_apart_the_time_to_open_a_connection_is_taken_off():
    fresh = timing(connection_reused=False, connect=0.15)

    assert clock_of(fresh, "ttft", apart=True) == pytest.approx(0.25)
    assert clock_of(fresh, "e2e", apart=True) == pytest.approx(1.85)
    assert clock_of(fresh, "tpot", apart=True) == 0.01
    assert clock_of(fresh, "ttft", apart=False) == 0.4
    assert clock_of(timing(connection_reused=True, connect=0.0), "ttft", apart=True) == 0.4
    assert clock_of(timing(connection_reused=False), "ttft", apart=True) is None


def test_apart_lag_is_weighed_where_the_time_to_connect_is_taken_off():
    fresh = timing(ttft=0.6, ttfat=0.6, connection_reused=False, connect=0.15, lag=0.1)

    assert clock_of(fresh, "ttft", apart=True, bar=Bar(0.4, "max")) is None  # 0.35 to 0.45 s
    assert clock_of(fresh, "ttft", apart=True, bar=Bar(0.5, "max")) == pytest.approx(0.45)
    assert clock_of(fresh, "ttft", apart=False, bar=Bar(0.4, "max")) == 0.6


def test_lag_is_held_against_the_gaps_between_reads_not_against_the_whole_stream():
    late = timing(icl=0.04, stream_lag=0.03)  # less than 5 % of 1.6 s, and most of a gap

    assert not is_ours(late, "tpot")
    assert is_ours(late, "icl")
    assert is_ours(late, "icl", Bar(0.03, "max"))
    assert not is_ours(late, "icl", Bar(0.04, "max"))
    assert not is_ours(timing(icl=0.04, stream_lag=0.005), "icl")


def scene(n, *, lagging=(), theirs=(), latency=None, **changes):
    """A record where these calls of the candidate, and of the baseline, came while we lagged."""
    laid = Scene(plan(n, latency=latency or Latency(), **changes))
    repeats = range(laid.plan.timed_repeats)
    for who, late in (("new", lagging), ("old", theirs)):
        for i in range(n):
            for repeat in repeats:
                lag = 0.038 if (i, repeat) in late or (i in late and repeat == 0) else 0.001
                slot = AnswerSlot(who, f"p{i}", repeat)
                clocks = timing(ttft=0.4 + i / 1000, lag=lag)
                laid.ledger.timings[slot] = answered(timing=clocks)
    return laid


P95 = rule("ttft", "p95", side="max", limit=0.8)
RATIO = rule("ttft", "ratio", side="max", limit=1.1)


def test_a_call_that_lagged_drops_out():
    decision = decide(RATIO, scene(100, lagging=[7, 8]).ledger)

    assert (decision.decision, decision.n, decision.voids) == ("pass", 98, 2)


def test_a_run_with_more_than_2_percent_of_its_calls_invalid_is_inconclusive():
    decision = decide(RATIO, scene(100, lagging=[1, 2], theirs=[3, 4, 5]).ledger)

    assert (decision.decision, decision.cause, decision.passed) == (
        "inconclusive",
        "latency",
        False,
    )
    assert decision.reason.endswith(
        "5 of 200 calls (2.5 %: 2 of new, 3 of old) came while our own event loop lagged, by up "
        "to 38 ms, which says nothing of a model: more than 2 %; measure with fewer calls at "
        'once, or with lane = "dedicated" in [latency]'
    )
    assert decide(RATIO, scene(100, lagging=[1, 2], theirs=[3, 4]).ledger).decision == "pass"


def test_no_lenient_policy_passes_it():
    gate = rule("ttft", "ratio", side="max", limit=1.1, policy="no-regression")

    assert not decide(gate, scene(100, lagging=[1, 2, 3, 4, 5]).ledger).passed


def test_nor_does_it_fail_a_candidate_that_is_proven_slow():
    slow = rule("ttft", "ratio", side="max", limit=0.5)

    assert decide(slow, scene(100, lagging=[1]).ledger).decision == "fail"
    assert decide(slow, scene(100, lagging=[1, 2, 3, 4, 5]).ledger).cause == "latency"


def test_a_single_invalid_call_says_nothing_of_a_share():
    assert decide(RATIO, scene(24, lagging=[7]).ledger).decision == "pass"
    assert decide(RATIO, scene(24, lagging=[7], theirs=[8]).ledger).cause == "latency"


def test_a_mean_has_no_limit_for_single_calls():
    mean = rule("ttft", "mean", side="max", limit=0.8)

    assert decide(mean, scene(100, lagging=[1, 2]).ledger).n == 98
    assert decide(mean, scene(100, lagging=[1, 2, 3]).ledger).cause == "latency"


def test_lag_only_adds_so_a_call_within_the_limit_is_within_it():
    decision = decide(P95, scene(100, lagging=range(100)).ledger)

    assert (decision.decision, decision.n, decision.voids) == ("pass", 100, 0)


def test_a_call_beyond_the_limit_by_more_than_the_lag_is_beyond_it():
    slow = rule("ttft", "p95", side="max", limit=0.3)

    assert decide(slow, scene(100, lagging=range(100)).ledger).decision == "fail"


def test_a_call_that_only_the_lag_may_have_put_beyond_the_limit_is_invalid():
    close = rule("ttft", "p50", side="max", limit=0.449)  # calls take 0.4 to 0.5 s

    few = decide(close, scene(100, lagging=[50, 60]).ledger)
    assert (few.n, few.voids) == (100, 0)
    assert decide(close, scene(100, lagging=[50, 60, 70]).ledger).cause == "latency"
    assert decide(close, scene(100, lagging=[10, 20, 30, 90]).ledger).n == 100


def test_calls_that_lag_may_have_put_beyond_a_limit_do_not_drop_out_of_a_percentile():
    """Else a candidate would pass for them: all of them seem to have broken the limit."""
    two_over = rule("ttft", "p95", side="max", limit=0.4975)  # of 100, where one may be

    assert decide(two_over, scene(100).ledger).decision == "inconclusive"
    assert decide(two_over, scene(100, lagging=[98, 99]).ledger).decision == "inconclusive"


def test_nor_do_they_fail_it():
    over = rule("ttft", "p50", side="max", limit=0.4415)  # by 58 of 100, where 59 fail it

    assert decide(over, scene(100).ledger).decision == "inconclusive"
    one_more = rule("ttft", "p50", side="max", limit=0.4405)
    assert decide(one_more, scene(100).ledger).decision == "fail"
    assert decide(one_more, scene(100, lagging=[60, 61]).ledger).decision == "inconclusive"


def test_a_pace_that_lag_made_may_be_any():
    paced = rule("tpot", "p95", side="max", limit=0.02)
    laid = Scene(plan(100))
    for i in range(100):
        late = timing(tpot=0.01, stream_lag=0.3 if i < 2 else 0.0)
        laid.ledger.timings[AnswerSlot("new", f"p{i}", 0)] = answered(timing=late)

    assert decide(paced, laid.ledger).decision == "inconclusive"  # two may be over the limit
    laid.ledger.timings[AnswerSlot("new", "p0", 0)] = answered(timing=timing(tpot=0.01))
    assert decide(paced, laid.ledger).decision == "pass"


@pytest.mark.parametrize(("limit", "ours"), [(0.35, False), (0.39, True), (0.41, False)])
def test_a_smallest_limit_is_kept_or_broken_in_spite_of_lag_too(limit, ours):
    assert is_ours(timing(lag=0.038), "ttft", Bar(limit, "min")) is ours


def test_lag_may_make_a_pace_faster_or_slower():
    assert is_ours(timing(stream_lag=0.5), "tpot", Bar(10.0, "max"))


def test_too_few_clocks_for_lag_say_so_too():
    decision = decide(RATIO, scene(100, lagging=range(20)).ledger)

    assert decision.cause == "latency"
    assert "6 prompts have no clock that may be used" in decision.reason
    assert "6 of 12 calls (50 %: 6 of new, 0 of old) came while our own event" in decision.reason


def test_a_dedicated_lane_is_told_to_move_to_another_machine():
    decision = decide(RATIO, scene(60, lagging=range(20), latency=APART).ledger)

    assert "measure with fewer calls at once, on a machine with less to do" in decision.reason


def test_a_prompt_with_one_good_repeat_has_a_clock():
    laid = scene(60, lagging=[(3, 0)], latency=APART)

    decision = decide(RATIO, laid.ledger)

    assert (decision.decision, decision.n, decision.voids) == ("pass", 60, 0)


def test_repeats_in_the_lane_are_no_further_evidence():
    short = decide(P95, scene(58, latency=APART).ledger)

    assert short.n == 58
    assert short.reason.endswith("58 prompts cannot pass this gate at any record; p95 needs 59")


def test_a_gate_waits_for_all_repeats_of_the_lane():
    laid = scene(10, latency=APART)
    del laid.ledger.timings[AnswerSlot("new", "p9", 1)]

    assert decide(RATIO, laid.ledger).cause == "plan"


@pytest.mark.parametrize("latency", [Latency(), APART])
def test_timeouts_are_slower_than_every_limit(latency):
    laid = scene(60, latency=latency)
    for i in range(20):
        for repeat in range(laid.plan.timed_repeats):
            laid.ledger.timings[AnswerSlot("new", f"p{i}", repeat)] = failed("timeout")

    assert decide(P95, laid.ledger).decision == "fail"


@pytest.mark.parametrize("latency", [Latency(), APART])
def test_timeouts_are_infinitely_slow_for_a_ratio_to_pass(latency):
    laid = scene(60, latency=latency, max_void=1.0)
    assert decide(RATIO, laid.ledger).decision == "pass"
    for i in range(40):
        for repeat in range(laid.plan.timed_repeats):
            laid.ledger.timings[AnswerSlot("new", f"p{i}", repeat)] = failed("timeout")

    decision = decide(RATIO, laid.ledger)

    assert (decision.decision, decision.high) == ("inconclusive", None)


@pytest.mark.parametrize("stat", ["ratio", "mean"])
@pytest.mark.parametrize("lost", [failed("timeout"), answered(timing=timing(), attempts=2)])
def test_whoever_loses_half_of_its_calls_is_not_known_by_the_other_half(stat, lost):
    """Every prompt has a clock, so none is void: the policy must not let it through."""
    laid = scene(60, latency=APART)
    for i in range(60):
        laid.ledger.timings[AnswerSlot("new", f"p{i}", i % 2)] = lost
    gate = rule("ttft", stat, side="max", limit=1.1, policy="no-regression")

    decision = decide(gate, laid.ledger)

    assert (decision.decision, decision.cause, decision.passed) == ("inconclusive", "void", False)
    assert "60 of 120 calls of new failed, or had to be made again, more than" in decision.reason


def test_a_few_lost_calls_leave_a_ratio_decided():
    laid = scene(60, latency=APART)
    for i in range(6):
        laid.ledger.timings[AnswerSlot("new", f"p{i}", 0)] = failed("timeout")

    assert decide(RATIO, laid.ledger).decision == "pass"
