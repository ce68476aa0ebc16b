"""What causes are read from, one by one, with figures that can be checked by hand."""

import tracemalloc

import pytest

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.latency import Latency
from arenatest.model.record import Answered, AnswerSlot, Setbacks
from arenatest.signs.slowness.advice import advise
from arenatest.signs.slowness.arms import arms_of, in_flight
from fakes.ledgers import LedgerBuilder, plan, prompt

N = 40


def call(
    number, *, ttft=0.5, pace=0.02, tokens=100, text="An answer.", start=None, attempts=1, **more
):
    usage = {"input_tokens": 1000, "output_tokens": tokens, "reasoning_tokens": 0}
    usage |= {key: more.pop(key) for key in list(more) if key.endswith("_tokens")}
    timing = Timing(
        **(
            {"ttft": ttft, "ttfat": ttft, "e2e": (ttft or 0.0) + pace * tokens, "reads": tokens}
            | {"connection_reused": True, "connect": 0.0}
            | more
        )
    )
    answer = Answer(text=text, finish="stop", usage=Usage(**usage), timing=timing)
    started = 1000.0 + (10.0 * number if start is None else start)
    return Answered(answer=answer, chat_id=f"c{number}", attempts=attempts, started=started)


def broken(kind):
    return Answered(answer=Answer(failure=Failure(kind=kind, message="away")), chat_id="c")


def arms(new, old=call, *, n=N, setbacks=None, latency=None):
    """The calls of both contestants; each is made by a function of its number."""
    prompts = [prompt(f"p{i}") for i in range(n)]
    built = LedgerBuilder(
        plan(prompts, baseline="old", candidates=["new"], latency=latency or Latency())
    )
    for i in range(n):
        built.ledger.timings[AnswerSlot("new", f"p{i}")] = new(i)
        built.ledger.timings[AnswerSlot("old", f"p{i}")] = old(i)
    built.ledger.setbacks = {} if setbacks is None else {"new": setbacks}
    found = arms_of(built.ledger)
    return found["new"], found["old"]


def only(*arguments, clocks=("ttft", "e2e"), asked="alone", **more):
    (finding,) = advise(*arms(*arguments, **more), **{asked: clocks})
    return finding


def test_longer_answers_are_told_with_their_tokens_and_the_pace():
    finding = only(lambda i: call(i, tokens=180 + i % 5), clocks=())
    assert finding.cause == "answers"
    assert finding.figures["ratio"] == pytest.approx(1.82)
    assert finding.figures["tokens"] == 182.0
    assert finding.figures["tokens_other"] == 100.0
    assert finding.figures["pace_ratio"] == pytest.approx(1.0)
    assert finding.shares == {"e2e": pytest.approx(1.0)}
    assert finding.against == "old"


def test_where_nobody_counts_tokens_answers_are_measured_in_characters():
    def uncounted(length):
        return lambda i: call(i, tokens=0, text="x" * length, e2e=0.5 + length / 100)

    finding = only(uncounted(300), uncounted(100), clocks=())
    assert (finding.cause, finding.figures["characters"]) == ("answers", 300.0)


def test_slower_tokens_explain_what_longer_answers_do_not():
    findings = advise(*arms(lambda i: call(i, tokens=150, pace=0.04)))
    assert {finding.cause for finding in findings} == {"answers", "tokens"}
    shares = {finding.cause: finding.shares["e2e"] for finding in findings}
    # of 4 s more, 50 tokens at 20 ms are 1 s, and 150 tokens at 20 ms more are 3 s
    assert shares == {"answers": pytest.approx(0.25), "tokens": pytest.approx(0.75)}


def test_thoughts_that_are_not_streamed_hold_back_the_first_text():
    finding = only(lambda i: call(i, ttft=4.5, reasoning_tokens=200, output_tokens=300), clocks=())
    assert finding.cause == "reasoning"
    assert finding.figures["hidden"] == 200.0
    assert finding.figures["held"] == pytest.approx(4.0)
    assert finding.shares["ttft"] == pytest.approx(1.0)


def test_thoughts_that_are_streamed_hold_back_the_answer_alone():
    def aloud(number):
        made = call(number, ttfat=3.5, e2e=5.5, reasoning_tokens=150, output_tokens=250)
        answer = made.answer
        spoken = Answer(
            text=answer.text, reasoning="hm " * 150, usage=answer.usage, timing=answer.timing
        )
        return Answered(answer=spoken, chat_id=made.chat_id, started=made.started)

    (finding,) = advise(*arms(aloud))
    assert finding.cause == "reasoning"
    assert set(finding.shares) == {"ttfat", "e2e"}
    assert finding.figures["aloud"] == pytest.approx(3.0)


def test_the_time_to_read_a_token_is_taken_from_prompts_of_different_lengths():
    def reading(times):
        return lambda i: call(
            i, ttft=0.1 + times * (500 + 10 * i) * 0.001, input_tokens=times * (500 + 10 * i)
        )

    finding = only(reading(3), reading(1), clocks=())
    assert finding.cause == "prompts"
    assert finding.figures["slope"] == pytest.approx(0.001)
    assert finding.shares["ttft"] == pytest.approx(1.0)


def test_a_cache_that_only_the_other_one_has_is_told_with_both_shares():
    finding = only(
        lambda i: call(i, ttft=0.9, input_tokens=3000, cached_tokens=0),
        lambda i: call(i, ttft=0.5, input_tokens=3000, cached_tokens=2400),
        clocks=(),
    )
    assert finding.cause == "cache"
    assert finding.figures == {"share": 0.0, "share_other": 0.8}


def test_calls_in_flight_are_counted_at_the_start_of_each():
    starts = [0.0, 1.0, 2.0, 6.0, 6.5]
    new, _ = arms(lambda i: call(i, start=100.0 + starts[i], ttft=0.5, tokens=125), n=5)
    assert in_flight(new) == [0, 1, 2, 0, 1]


def test_a_server_that_says_how_long_calls_queued_is_believed():
    finding = only(lambda i: call(i, ttft=1.7, server_queue=1.2), clocks=())
    assert finding.cause == "queueing"
    assert finding.figures == {"told": pytest.approx(1.2), "ttft": pytest.approx(1.7)}


def test_ttft_that_grows_with_the_calls_in_flight_is_queueing():
    def crowded(number):  # waves of one, two ... eight calls at once
        wave, place = divmod(number, 8)
        return call(number, start=100.0 * wave + 0.01 * place, ttft=0.3 + 0.4 * place)

    (finding, *_) = advise(*arms(crowded, n=80), alone=("ttft",))
    assert finding.cause == "queueing"
    assert finding.figures["ttft_many"] > 3.0 * finding.figures["ttft_few"]
    assert finding.figures["few"] < 2.5
    assert finding.figures["many"] > 6.5


def test_the_first_calls_of_a_cold_server_are_told_apart_from_the_rest():
    finding = only(lambda i: call(i, start=0.0 if i < 3 else 20.0 * i, ttft=9.0 if i < 3 else 0.5))
    assert finding.cause == "cold_start"
    assert finding.figures == {"calls": 3.0, "of": 40.0, "ttft": 9.0, "later": 0.5}


def test_a_model_that_is_loaded_for_many_calls_is_told_with_their_number():
    finding = only(lambda i: call(i, ttft=2.5 if i % 2 else 0.5, load=2.0 if i % 2 else 0.002))
    assert finding.cause == "cold_start"
    assert finding.figures == {"calls": 20.0, "of": 40.0, "load": 2.0}


def test_calls_that_were_refused_for_their_rate_are_throttling_not_failures():
    finding = only(
        lambda i: call(i, attempts=3 if i % 5 == 0 else 1),
        setbacks=Setbacks(failed={"rate_limited": 16}, delay=3.5),
    )
    assert finding.cause == "throttling"
    assert finding.figures == {"refusals": 16.0, "calls": 8.0, "of": 40.0, "delay": 3.5}
    assert finding.strength == 1.0


def test_timeouts_are_told_by_their_kind():
    finding = only(lambda i: broken("timeout") if i % 4 == 0 else call(i))
    assert finding.cause == "failures"
    assert finding.figures == {"timeout": 10.0, "calls": 10.0, "of": 40.0}


def test_a_loss_that_both_share_is_no_difference_between_them():
    def failing(number):
        return broken("timeout") if number % 4 == 0 else call(number)

    assert advise(*arms(failing, failing), compared=("ttft", "e2e")) == ()


def test_a_busy_process_is_told_and_its_calls_are_no_slow_ones():
    lagging = arms(lambda i: call(i, ttft=5.0, lag=4.5) if i % 8 == 0 else call(i))
    (finding,) = advise(*lagging, lagging=("ttft",))
    assert finding.cause == "lag"
    assert finding.figures == {"calls": 5.0, "of": 40.0, "longest": 4.5}
    assert advise(*lagging) == ()


def test_a_busy_process_does_not_explain_a_gate_that_was_decided_in_spite_of_it():
    lagging = arms(lambda i: call(i, ttft=0.5, lag=0.026 if i % 20 == 0 else 0.0))
    assert advise(*lagging, alone=("ttft",), compared=("ttft",)) == ()


def test_a_lag_that_is_nothing_beside_the_call_is_none():
    assert advise(*arms(lambda i: call(i, lag=0.02)), alone=("ttft",)) == ()


def test_connections_that_had_to_be_made_are_inside_ttft():
    finding = only(lambda i: call(i, ttft=0.9, connect=0.4, connection_reused=False), clocks=())
    assert finding.cause == "connections"
    assert finding.figures["calls_other"] == 0.0
    assert finding.shares["ttft"] == pytest.approx(1.0)


def test_of_calls_for_their_clocks_alone_the_time_to_connect_is_taken_off():
    connecting = arms(
        lambda i: call(i, ttft=0.9, connect=0.4, connection_reused=False),
        latency=Latency(lane="dedicated"),
    )
    assert list(connecting[0]["ttft"]) == [pytest.approx(0.5)] * N
    assert advise(*connecting, compared=("ttft",), alone=("ttft",)) == ()


def test_answers_in_one_read_that_are_too_long_for_one_were_held_back():
    held = arms(lambda i: call(i, ttft=None, ttfat=None, e2e=2.5, reads=1))
    for asked in ("compared", "alone"):
        (finding,) = advise(*held, **{asked: ("ttft",)})
        assert finding.cause == "buffering"
        assert finding.shares == {"ttft": 1.0}
        assert finding.figures["calls"] == finding.figures["of"] == 40.0


def test_a_short_answer_in_one_read_is_none():
    assert not advise(*arms(lambda i: call(i, tokens=5, reads=1)), alone=("ttft",))


def test_waiting_in_our_own_queue_is_told_only_where_a_gate_asks_for_it():
    queued = arms(lambda i: call(i, queue_wait=3.0))
    assert advise(*queued, alone=("ttft", "e2e")) == ()
    (finding,) = advise(*queued, alone=("queue_wait",))
    assert (finding.cause, finding.figures["wait"]) == ("own_queue", 3.0)


def test_a_drift_is_told_where_nothing_else_explains_it():
    finding = only(lambda i: call(i, ttft=0.4 + 0.03 * i))
    assert finding.cause == "drift"
    assert finding.figures["first"] < 0.6
    assert finding.figures["last"] > 1.3


def test_two_kinds_of_calls_are_told_with_both_times():
    finding = only(lambda i: call(i, ttft=(4.0 if i % 3 == 0 else 0.5) + 0.001 * (i % 7)))
    assert finding.cause == "two_kinds"
    assert finding.figures["high"] == pytest.approx(4.0, abs=0.01)
    assert finding.figures["share"] == pytest.approx(14 / 40)


def test_two_kinds_of_prompts_are_not_two_kinds_of_calls():
    def mixed(factor):
        return lambda i: call(i, ttft=factor * (4.0 if i % 3 == 0 else 0.5))

    causes = {finding.cause for finding in advise(*arms(mixed(2.0), mixed(1.0)))}
    assert "two_kinds" not in causes


def test_reused_answers_and_clocks_of_others_say_nothing():
    def unfit(number):
        return call(number, ttft=5.0, source="unfit")

    assert advise(*arms(unfit), alone=("ttft",)) == ()


def test_a_contestant_that_is_no_slower_is_not_asked_about():
    assert advise(*arms(call)) == ()
    assert advise(*arms(lambda i: call(i, ttft=0.4)), compared=("ttft", "e2e")) == ()


def test_a_run_without_any_call_gives_none():
    assert advise(*arms(lambda i: broken("auth"), lambda i: broken("auth")), alone=("ttft",)) == ()


def test_lag_while_an_answer_streams_takes_its_call_out_as_well():
    def late(i):
        return call(i, stream_lag=0.2 if i < 4 else 0.0)  # of 2.5 s

    new, _old = arms(late)
    assert (len(new), len(new.lagged), new.lagged["p0", 0]) == (N - 4, 4, 0.2)
    finding = only(late, asked="lagging")
    assert (finding.cause, finding.figures["calls"]) == ("lag", 4.0)


def test_calls_of_the_quality_part_do_not_fill_in_for_those_made_for_their_clocks():
    built = LedgerBuilder(
        plan(
            [prompt("p0"), prompt("p1")],
            baseline="old",
            candidates=["new"],
            latency=Latency(lane="dedicated"),
        )
    )
    built.ledger.answers |= {AnswerSlot("new", f"p{i}"): call(i, ttft=9.0) for i in range(2)}
    assert list(arms_of(built.ledger)["new"]["ttft"]) == [9.0, 9.0]
    built.ledger.timings[AnswerSlot("new", "p0")] = call(0, ttft=1.0)
    assert list(arms_of(built.ledger)["new"]["ttft"]) == [1.0]


def test_where_nothing_is_slow_calls_take_hardly_any_memory():
    built = LedgerBuilder(plan([prompt("p0")], baseline="old", candidates=["new"]))
    calls = [call(i, stream_lag=0.0) for i in range(1000)]
    for name in ("old", "new"):
        built.ledger.answers |= {AnswerSlot(name, f"p{i}"): calls[i] for i in range(1000)}
    tracemalloc.start()
    try:
        found = arms_of(built.ledger)
        assert advise(found["new"], found["old"]) == ()
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most / 2000 < 250  # bytes for each call
