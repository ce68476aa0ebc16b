"""Gates on one level of a load phase."""

import math
import random
import re
from dataclasses import replace

import pytest

from arenatest.gates.decide import decide, decide_again
from arenatest.gates.foresight import foresee
from arenatest.gates.load_values import blocks, good, lag, rates, times
from arenatest.gates.needs import Needs, needs
from arenatest.gates.referee import Referee
from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.load import Load, Loaded, LoadSlot, Slo, loaded
from arenatest.model.record import Ledger, Run
from unit.gates.scenes import plan, rule

LEVEL = 4.0
WARMUP = 5
SLO = Slo(ttft=0.5, tpot=0.05)


def load_of(requests=100, **changes):
    values = {"arrivals": "poisson", "levels": (1.0, LEVEL), "warmup": WARMUP, "slo": SLO}
    return Load(requests=requests, **(values | changes))


def request(number, **changes):
    values = {"ttft": 0.2, "tpot": 0.01, "e2e": 0.8, "tokens": 40, "user_latency": 0.8}
    times = {"due": number / LEVEL, "queue_wait": 0.001}
    return Loaded(chat_id=f"c{number}", **(values | times | changes))


def failed(number):
    times = dict.fromkeys(("ttft", "tpot", "e2e", "user_latency"))
    return request(number, failure="timeout", tokens=0, **times)


def level(n=100, make=request):
    """All requests of a level; those that warm up fail, which nobody may notice."""
    warmup = [failed(number) for number in range(WARMUP)]
    return (*warmup, *(make(number) for number in range(WARMUP, WARMUP + n)))


def ledger_of(new, old=None, **changes):
    planned = plan(3, load=load_of(len(new) - WARMUP, **changes))
    run = Run(id="run", session="session", plan_hash="plan", started=0.0, finished=9.0)
    ledger = Ledger(run=run, plan=planned)
    ledger.loads[LoadSlot("new", LEVEL)] = new
    if old is not None:
        ledger.loads[LoadSlot("old", LEVEL)] = old
    return ledger


def p95(requests, limit=2.0, metric="user_latency"):
    gate = rule(metric, "p95", side="max", limit=limit, at=LEVEL)
    return decide(gate, ledger_of(requests))


def goodput(requests, limit=0.95, **changes):
    return decide(rule("goodput", limit=limit, at=LEVEL), ledger_of(requests, **changes))


def spread(seed=0):
    chance = random.Random(seed)
    return lambda number: request(number, user_latency=chance.uniform(0.5, 1.0))


def test_fast_requests_pass_and_the_warm_up_is_no_part_of_them():
    decision = p95(level(make=spread()))
    assert decision.decision == "pass"
    assert (decision.n, decision.planned, decision.counted) == (100, 100, "requests")
    assert decision.reason.startswith("user latency p95 (load 4) ")
    assert decision.reason.endswith("needs <= 2 s (n=100 requests, approximate): pass")


def test_too_few_requests_say_how_many_it_takes():
    decision = p95(level(58))
    assert (decision.decision, decision.cause, decision.needed) == ("inconclusive", "evidence", 59)
    assert decision.reason.endswith("58 requests cannot pass this gate at any record; p95 needs 59")


def test_timeouts_are_slower_than_every_limit():
    decision = p95(level(make=lambda n: failed(n) if n % 5 == 0 else request(n)))
    assert decision.decision == "fail"
    assert decision.value is None
    assert p95(level(make=failed)).decision == "fail"


def test_one_timeout_in_sixty_is_no_proof_of_speed():
    slow = level(60, make=lambda n: failed(n) if n == 30 else request(n))
    assert p95(slow).cause == "evidence"


def test_requests_that_wait_for_each_other_are_worth_fewer():
    chance, wait, waits = random.Random(0), 0.0, []
    for _ in range(WARMUP + 100):
        wait = max(0.0, wait + chance.expovariate(1) - 1.25)
        waits.append(0.2 + 0.1 * wait)
    decision = p95(level(make=lambda n: request(n, user_latency=waits[n])), limit=5.0)
    assert decision.cause == "evidence"
    assert decision.needed > 100
    assert "requests that waited for each other: 100 are worth " in decision.reason


def test_a_clock_under_load_is_gated_like_user_latency():
    assert p95(level(), limit=0.3, metric="ttft").decision == "pass"
    assert p95(level(), limit=0.1, metric="ttft").decision == "fail"


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"ttft": 0.6}, False),
        ({"tpot": 0.06}, False),
        ({"tpot": None, "tokens": 1}, True),
        ({"tpot": None, "tokens": None}, None),
        ({"ttft": None}, None),
        ({"ttft": None, "tpot": 0.06}, False),
        ({"failure": "server"}, False),
    ],
)
def test_a_good_request_keeps_every_limit(changes, kept):
    assert good(request(0, **changes), SLO) is kept


def test_goodput_is_the_share_of_good_requests():
    decision = goodput(level())
    assert (decision.decision, decision.value) == ("pass", 1.0)
    bad = level(make=lambda n: request(n, ttft=0.9) if n % 4 == 0 else request(n))
    decision = goodput(bad)
    assert (decision.decision, decision.value) == ("fail", 0.75)
    assert decision.low < 0.75 < decision.high < 0.95


def test_failures_and_timeouts_are_not_good():
    decision = goodput(level(make=lambda n: failed(n) if n % 4 == 0 else request(n)))
    assert (decision.decision, decision.value) == ("fail", 0.75)


def test_a_goodput_of_one_cannot_be_proven():
    assert "no number of requests passes this gate" in goodput(level(), limit=1.0).reason


def test_answers_without_the_clock_of_an_slo_decide_nothing():
    decision = goodput(level(make=lambda n: request(n, ttft=None)))
    assert (decision.decision, decision.cause) == ("inconclusive", "latency")
    assert "new: 100 of 100 requests lack a clock of the slo (ttft, tpot)" in decision.reason


def test_a_client_that_cannot_keep_to_the_schedule_is_no_slow_server():
    late = level(make=lambda n: request(n, queue_wait=0.3 if n % 20 == 0 else 0.0))
    for decision in (p95(late), p95(late, limit=0.1), goodput(late)):
        assert (decision.decision, decision.cause) == ("inconclusive", "latency")
        assert "new: requests were sent or seen late, by up to 300 ms in 99" in decision.reason


def test_a_client_that_was_busy_while_answers_came_is_no_slow_server():
    busy = level(make=lambda n: request(n, loop_lag=0.2 if n % 20 == 0 else 0.0))
    assert p95(busy, limit=0.1).cause == "latency"
    once = level(200, make=lambda n: request(n, loop_lag=0.2 if n == 60 else 0.0))
    assert p95(once).decision == "pass"


def test_a_lag_that_is_small_beside_the_latency_is_none():
    late = level(make=lambda n: request(n, queue_wait=0.3, user_latency=20.0))
    assert p95(late, limit=30.0).decision == "pass"
    assert lag(late[WARMUP:]) == 0.3


def test_clocks_that_were_not_measured_decide_nothing():
    decision = p95(level(make=lambda n: request(n, source="unfit")))
    assert (decision.cause, "its clocks are unfit" in decision.reason) == ("latency", True)


def test_tokens_a_second_are_those_of_all_requests_together():
    gate = rule("tokens_per_second", "mean", limit=100.0, at=LEVEL)
    decision = decide(gate, ledger_of(level(200)))
    assert decision.value == pytest.approx(40 * LEVEL, rel=0.05)
    assert (decision.decision, decision.counted, decision.planned) == ("pass", "blocks", 20)
    assert decision.reason.startswith("tokens per second (load 4) ")


def test_tokens_of_the_warm_up_are_still_coming_when_it_begins():
    answers = [request(n, ttft=1.0, e2e=11.0, tokens=100) for n in range(200)]
    found = rates(answers, 50, 20)
    assert found[0] == pytest.approx(100 * LEVEL, rel=0.1)
    assert rates(answers[50:], 0, 20)[0] < 0.3 * found[0]


def test_a_level_without_length_has_no_rate():
    assert rates([request(0)], 0, 20) == []
    assert rates([], 0, 20) == []


def test_throughput_may_be_compared_with_the_baselines():
    half = level(200, make=lambda n: request(n, tokens=20))
    gate = rule("tokens_per_second", "ratio", limit=0.9, at=LEVEL)
    decision = decide(gate, ledger_of(half, level(200)))
    assert (decision.decision, decision.unit) == ("fail", "ratio")
    assert decision.value == pytest.approx(0.5, rel=0.02)


def test_times_are_compared_request_by_request_in_blocks():
    gate = rule("user_latency", "ratio", side="max", limit=1.1, at=LEVEL)
    same, slower = spread(), spread()
    slow = level(make=lambda n: request(n, user_latency=1.3 * slower(n).user_latency))
    decision = decide(gate, ledger_of(slow, level(make=same)))
    assert decision.decision == "fail"
    assert decision.value == pytest.approx(1.3)
    assert (decision.n, decision.counted) == (20, "blocks")
    assert decide(gate, ledger_of(level(make=spread(1)), level(make=spread(1)))).decision == "pass"


def test_a_comparison_says_how_many_requests_it_takes_not_how_many_blocks():
    gate = rule("user_latency", "ratio", side="max", limit=1.1, at=LEVEL)
    decision = decide(gate, ledger_of(level(make=spread(1)), level(make=spread(2))))
    near = replace(gate, limit=decision.value * 1.01)
    decision = decide(near, ledger_of(level(make=spread(1)), level(make=spread(2))))
    assert (decision.cause, decision.needed) == ("evidence", None)
    told = re.search(r"about ([\d,]+) requests would decide it", decision.reason)
    assert int(told[1].replace(",", "")) > 1000


def test_a_candidate_cannot_pass_a_comparison_by_failing():
    gate = rule("user_latency", "ratio", side="max", limit=1.1, at=LEVEL)
    often = level(make=lambda n: failed(n) if n % 5 == 0 else request(n))
    assert decide(gate, ledger_of(often, level())).decision == "inconclusive"
    assert decide(gate, ledger_of(level(), often)).decision == "inconclusive"
    seldom = level(make=lambda n: failed(n) if n % 25 == 0 else request(n))
    assert decide(gate, ledger_of(level(), seldom)).decision == "pass"


def test_a_level_that_is_missing_leaves_a_gate_open():
    ledger = ledger_of(level())
    gate = rule("user_latency", "ratio", side="max", limit=1.1, at=LEVEL)
    assert not Referee(ledger.plan, [gate]).settle(ledger)
    assert decide(gate, ledger).cause == "plan"
    assert "was not measured whole" in decide(gate, ledger).reason
    assert "never put under load whom it looks at" in decide_again(gate, ledger).reason


def test_a_referee_wants_load_for_whom_its_gates_look_at_and_nothing_else():
    ledger = ledger_of(level())
    gate = rule("user_latency", "p95", side="max", limit=2.0, at=LEVEL)
    assert needs(gate, ledger.plan).loads == {"new"}
    referee = Referee(ledger.plan, [gate])
    wanted = referee.wanted(ledger.plan.prompts[0])
    assert wanted == Needs(loads=frozenset({"new"}))
    assert [decision.decision for decision in referee.settle(ledger)] == ["pass"]
    assert not referee.wanted().loads


@pytest.mark.parametrize(
    ("gate", "line"),
    [
        (rule("goodput", limit=0.95, at=LEVEL), "40 requests cannot pass this gate at any record"),
        (
            rule("user_latency", "p90", side="max", limit=2.0, at=LEVEL),
            "40 requests: will probably pass where",
        ),
        (
            rule("user_latency", "ratio", side="max", limit=1.1, at=LEVEL),
            "20 blocks: will probably pass from 0.9",
        ),
        (
            rule("tokens_per_second", "mean", limit=50.0, at=LEVEL),
            "20 blocks: will probably pass from 66.7 tokens/s up",
        ),
    ],
)
def test_what_a_gate_can_come_to_is_known_before(gate, line):
    assert foresee(gate, plan(3, load=load_of(40))).line.startswith(line)


def test_blocks_are_as_long_as_each_other():
    assert [len(block) for block in blocks(range(100))] == [5] * 20
    assert [len(block) for block in blocks(range(7), 3)] == [2, 2, 3]
    assert blocks([]) == []


def test_a_request_waits_from_when_it_was_due():
    timing = Timing(queue_wait=1.5, ttft=0.2, e2e=0.8, wall=1.0)
    usage = Usage(output_tokens=50, reasoning_tokens=30)
    one = loaded(Answer(text="Yes.", timing=timing, usage=usage), chat_id="c", due=3.0)
    assert (one.user_latency, one.tokens) == (2.5, 20)
    lagging = replace(timing, lag=0.01, stream_lag=0.03)
    assert loaded(Answer(text="Yes.", timing=lagging), chat_id="c", due=3.0).loop_lag == 0.03
    streamed = Answer(text="Yes.", reasoning="Hm.", timing=timing, usage=usage)
    assert loaded(streamed, chat_id="c", due=3.0).tokens == 50


def test_an_answer_without_text_has_failed():
    failure = Failure(kind="timeout", message="slow")
    assert loaded(Answer(failure=failure), chat_id="c", due=0.0).failure == "timeout"
    assert loaded(Answer(text=""), chat_id="c", due=0.0).failure == "malformed"
    assert times([loaded(Answer(), chat_id="c", due=0.0)], "ttft") == [math.inf]


@pytest.mark.parametrize(
    ("metric", "stat", "side", "limit"),
    [
        ("user_latency", "ratio", "max", 1.5),
        ("tokens_per_second", "ratio", "min", 0.5),
        ("tokens_per_second", "mean", "min", 1.0),
    ],
)
@pytest.mark.parametrize("broken", [90, 100])
def test_no_policy_passes_whoever_hardly_answers_under_load(metric, stat, side, limit, broken):
    def gone(number):
        return request(number) if number >= WARMUP + broken else failed(number)

    gate = rule(metric, stat, side=side, limit=limit, at=LEVEL, policy="no-regression")
    decision = decide(gate, ledger_of(level(make=gone), level()))

    assert not decision.passed
    if decision.decision == "inconclusive":
        assert decision.cause == "void"
        assert f"; {broken} of 100 requests of new failed, more than 0.05 of th" in decision.reason


def test_a_baseline_that_fails_under_load_makes_nobody_pass():
    def half(number):
        return failed(number) if number % 2 else request(number)

    gate = rule("tokens_per_second", "ratio", side="min", limit=0.9, at=LEVEL)
    decision = decide(gate, ledger_of(level(), level(make=half)))

    assert (decision.decision, decision.cause) == ("inconclusive", "void")
    assert "50 of 100 requests of old failed" in decision.reason


def test_a_few_failures_under_load_leave_a_ratio_decided():
    def few(number):
        return failed(number) if number in (20, 60, 90) else request(number)

    gate = rule("user_latency", "ratio", side="max", limit=1.5, at=LEVEL)
    assert decide(gate, ledger_of(level(make=few), level())).decision == "pass"
