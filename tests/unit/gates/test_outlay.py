"""What suites will take: calls exactly, tokens and dollars by stated rules of thumb."""

from dataclasses import replace

import pytest

from arenatest.arena.minute import BURST
from arenatest.gates.decide import decide
from arenatest.gates.outlay import Past, Span, outlay
from arenatest.model.latency import Latency
from arenatest.model.load import Load
from arenatest.model.plan import JudgeSeat
from arenatest.model.price import Price
from unit.gates.scenes import Scene, contestant, plan, prompt, rule

WIN = rule(limit=0.45)
TTFT = rule("ttft", "p95", side="max", limit=1.0)
PRICE = Price(input=1.0, output=10.0)
SONNET = replace(contestant("sonnet"), price=PRICE, settings={"params": {"max_tokens": 400}})


def taken(rules, planned, *, judges=True, past=None):
    return outlay(
        rules,
        planned,
        judges={"sonnet": SONNET} if judges else {},
        past=past or {},
        concurrency=8,
    )


def suite(n=100, **changes):
    return plan(n, judges=("sonnet",), **changes)


def calls(found):
    return {share.name: share.calls for share in found.shares if share.calls.high}


def test_a_gate_that_stops_early_takes_from_its_clearest_record_to_the_whole_plan():
    scene = Scene(suite()).battles(["win"] * 100)
    least = decide(WIN, scene.ledger).n
    assert calls(taken([WIN], suite())) == {
        "old": Span(least, 100),
        "new": Span(least, 100),
        "sonnet": Span(2 * least, 200),
    }


def test_a_gate_on_times_waits_for_the_whole_plan_and_asks_no_judge():
    assert calls(taken([TTFT], suite())) == {"new": Span(100, 100)}
    assert calls(taken([WIN, TTFT], suite()))["new"] == Span(100, 100)


def test_without_early_stopping_the_least_is_the_whole_plan():
    assert calls(taken([WIN], suite(early_stop=False)))["old"] == Span(100, 100)


def test_repeats_multiply_and_a_judge_without_a_model_makes_no_call():
    seats = (JudgeSeat(name="sonnet", kind="llm", fingerprint="s", repeats=3, settings={}),)
    planned = plan(10, judges=seats, repeats=2, early_stop=False)
    assert calls(taken([WIN], planned)) == {
        "old": Span(20, 20),
        "new": Span(20, 20),
        "sonnet": Span(120, 120),
    }
    assert calls(taken([WIN], planned, judges=False)) == {"old": Span(20, 20), "new": Span(20, 20)}


def test_every_candidate_is_judged_and_the_baseline_asked_once():
    other = rule(limit=0.45, candidate="other")
    found = calls(taken([WIN, other], suite(50, early_stop=False)))
    assert found == {
        "old": Span(50, 50),
        "new": Span(50, 50),
        "other": Span(50, 50),
        "sonnet": Span(200, 200),
    }


def test_a_slice_takes_its_own_prompts():
    asked = [prompt(i, category="kids" if i < 10 else "work") for i in range(40)]
    kids = rule(limit=0.45, where=(("category", ("kids",)),))
    assert calls(taken([kids], plan(asked, judges=("sonnet",), early_stop=False)))["new"] == Span(
        10, 10
    )


def test_a_model_of_parts_shares_the_prompts_among_them():
    asked = [prompt(i, category="code" if i < 3 else "chat") for i in range(10)]
    parts = tuple(
        replace(contestant("old"), fingerprint=label, where=(("category", (label,)),), price=PRICE)
        for label in ("code", "chat")
    )
    planned = plan(asked, judges=("sonnet",), early_stop=False)
    planned = replace(planned, baseline=replace(contestant("old"), parts=parts))
    found = calls(taken([WIN], planned))
    assert (found["old[code]"], found["old[chat]"]) == (Span(3, 3), Span(7, 7))


def test_tokens_and_dollars_follow_the_stated_rules_of_thumb():
    bounded = {"params": {"max_tokens": 300}}
    planned = suite(10, early_stop=False)
    planned = replace(
        planned, candidates=(replace(contestant("new"), price=PRICE, settings=bounded),)
    )
    (_, new, sonnet) = taken([WIN], planned).shares
    assert new.input == Span(70, 70)  # "Question 0?" has 3 tokens, and 4 stand around it
    assert new.output == Span(2500, 3000)
    assert new.cost == pytest.approx((70e-6 + 2500e-5, 70e-6 + 3000e-5), rel=1e-3)
    assert new.seconds == Span(10 * 5.5, 10 * 6.5)
    assert sonnet.output == Span(20 * 250, 20 * 400)
    assert sonnet.input.low == pytest.approx(20 * (500 + 7 + 500), rel=0.01)
    assert "up to its limit" in new.basis


def test_what_is_recorded_replaces_every_guess():
    past = {"new": Past(calls=12, input_tokens=40.0, output_tokens=100.0, seconds=2.0)}
    planned = suite(10, early_stop=False)
    new = taken([WIN], planned, past=past).shares[1]
    assert (new.input, new.output, new.seconds) == (
        Span(400, 400),
        Span(1000, 1000),
        Span(20, 20),
    )
    assert new.basis == "100 output tokens a call, as in 12 recorded ones"


def test_an_unknown_price_is_unknown_and_told_where_somebody_bills():
    billed = replace(contestant("new"), metered=True)
    planned = replace(suite(10), candidates=(billed,))
    found = taken([WIN], planned, judges=False)
    assert [share.cost for share in found.shares] == [None, None]
    assert found.unpriced == ("new",)
    assert not found.priced


def test_the_time_is_between_side_by_side_and_one_after_another():
    past = {name: Past(calls=1, seconds=2.0) for name in ("old", "new", "sonnet")}
    found = taken([WIN], suite(80, early_stop=False), past=past)
    assert found.seconds == Span(160 * 2.0 / 8, (80 + 80 + 160) * 2.0 / 8)


def test_a_lane_of_its_own_takes_warm_ups_and_repeats_beside_the_answers():
    apart = Latency(lane="dedicated", warmup=3, repeats=4)
    ratio = rule("ttft", "ratio", side="max", limit=1.1)

    assert calls(taken([ratio], suite(10, latency=apart))) == {
        "old": Span(43, 43),
        "new": Span(43, 43),
    }
    both = calls(taken([WIN, ratio], suite(10, latency=apart, early_stop=False)))
    assert both["old"] == both["new"] == Span(53, 53)


def test_a_lane_of_its_own_takes_the_replies_that_a_conversation_goes_on_from():
    turns = [prompt(i, conversation="c", turn=i) for i in range(3)]
    apart = Latency(lane="dedicated", warmup=0, repeats=2)

    assert calls(taken([TTFT], plan(turns, latency=apart))) == {"new": Span(3 + 6, 3 + 6)}


def test_load_takes_its_whole_sweep_of_whom_its_gates_look_at():
    load = Load(arrivals="poisson", levels=(1.0, 4.0), requests=50, warmup=10)
    gate = rule("user_latency", "p90", side="max", limit=2.0, at=4.0)
    found = taken([gate], suite(3, load=load))
    assert calls(found) == {"new": Span(120, 120)}
    assert found.seconds.low == pytest.approx(60 / 1.0 + 60 / 4.0)  # as long as it is sent
    ratio = rule("user_latency", "ratio", side="max", limit=1.1, at=4.0)
    assert calls(taken([ratio], suite(3, load=load))) == dict.fromkeys(
        ("old", "new"), Span(120, 120)
    )
    assert calls(taken([TTFT], suite(3, load=load))) == {"new": Span(3, 3)}


def test_a_closed_loop_lasts_as_long_as_its_answers():
    load = Load(arrivals="closed", levels=(2.0,), requests=8, warmup=2)
    gate = rule("user_latency", "p90", side="max", limit=2.0, at=2.0)
    past = {"new": Past(calls=5, output_tokens=20.0, seconds=3.0)}
    assert taken([gate], suite(3, load=load), past=past).seconds.low == pytest.approx(15.0)


def test_limits_of_a_minute_are_the_least_that_calls_take():
    limited = plan(100, candidates=("new",))
    past = {
        name: Past(calls=9, input_tokens=50.0, output_tokens=50.0, seconds=1.0)
        for name in ("old", "new")
    }
    assert taken([TTFT], limited, past=past).seconds == Span(100 / 8, 100 / 8)
    for limits, least in (
        ({"requests_per_minute": 60}, 100.0 - BURST),
        ({"tokens_per_minute": 1000}, 600.0 - BURST),
        ({"requests_per_minute": 60, "tokens_per_minute": 1000}, 600.0 - BURST),
        ({"requests_per_minute": 100_000}, 100 / 8),
    ):
        (candidate,) = limited.candidates
        slow = replace(limited, candidates=(replace(candidate, **limits),))
        assert taken([TTFT], slow, past=past).seconds == Span(least, least)


def test_calls_of_a_lane_of_its_own_take_their_time_one_after_another():
    past = {"new": Past(calls=100, seconds=2.0)}
    inline = taken([TTFT], suite(80), past=past)
    apart = taken([TTFT], suite(80, latency=Latency(lane="dedicated", repeats=1)), past=past)

    assert inline.seconds == Span(20.0, 20.0)  # eight at a time
    assert apart.seconds == Span(164.0, 164.0)  # with two warm-up calls
