import asyncio
import random
from dataclasses import replace

import pytest

from arenatest.arena import breaker, calls, retries
from arenatest.arena.budget import Budget, Limits, OwnAccount
from arenatest.arena.calls import Caller
from arenatest.arena.loop_lag import Lags
from arenatest.arena.redact import Redactor
from arenatest.arena.stops import Shut, Stop
from arenatest.errors import StoreError
from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.price import Price
from arenatest.store.codec import cell_from_text
from fakes.models import ScriptedProvider, contestant, failed, said, target
from fakes.plans import ledger_of
from unit.arena.asking import ask


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


def test_a_failure_worth_retrying_is_retried_and_every_attempt_is_kept():
    provider = ScriptedProvider(failed(), failed(), said("at last"))
    (answered,), kept, _ = ask(provider)
    assert answered.answer.text == "at last"
    assert answered.attempts == 3
    assert [record.final for record in kept] == [False, False, True]
    assert len({record.chat_id for record in kept}) == 3
    assert [call.chat_id for call in provider.calls] == [record.chat_id for record in kept]


def test_a_failure_not_worth_retrying_is_final():
    (answered,), kept, caller = ask(ScriptedProvider(failed("auth", retryable=False)))
    assert answered.answer.failure.kind == "auth"
    assert len(kept) == 1
    assert caller.failed_calls == 1


def test_retries_end():
    (answered,), kept, _ = ask(ScriptedProvider(failed("timeout")))
    assert answered.attempts == retries.ATTEMPTS == len(kept)


def test_a_prompt_over_which_a_server_breaks_each_time_does_not_close_it(monkeypatch):
    monkeypatch.setattr(breaker, "PAUSES", (0.001, 0.001))
    monkeypatch.setattr(breaker, "FIRST_PAUSES", (0.001, 0.001))
    broke = Answer(failure=Failure(kind="server", message="HTTP 500", status=500, retryable=True))
    (answered,), kept, caller = ask(ScriptedProvider(broke))
    assert (answered.attempts, answered.answer.failure.kind) == (retries.ATTEMPTS, "server")
    assert [record.final for record in kept] == [False, False, False, True]
    assert not caller.lost


def test_the_servers_wish_to_wait_holds_the_whole_lane():
    provider = ScriptedProvider(failed("rate_limited", after=0.05), said("ok"))

    async def run():
        return asyncio.get_running_loop().time()

    started = asyncio.run(run())
    answers, _, _ = ask(provider, count=3, width=1)
    assert asyncio.run(run()) - started >= 0.05
    assert [a.answer.text for a in answers] == ["ok"] * 3


def test_a_wish_to_wait_longer_than_anybody_would_closes_the_key_and_is_no_last_word():
    provider = ScriptedProvider(failed("rate_limited", after=3600.0))
    answers, kept, caller = ask(provider, count=3, width=1)
    assert [type(answer) for answer in answers] == [Shut] * 3
    assert [record.final for record in kept] == [False]
    (closing,) = caller.lost.values()
    assert (closing.cause, closing.reason) == ("plan", "fake asks to wait for 60 min")


def test_a_key_whose_money_is_used_up_is_not_asked_again():
    answers, kept, caller = ask(ScriptedProvider(failed("spent", retryable=False)), count=9)
    assert [type(answer) for answer in answers] == [Shut] * 9
    assert [record.final for record in kept] == [False] * 8  # those in flight
    (closing,) = caller.lost.values()
    assert (closing.cause, closing.reason) == ("budget", "the account at fake is used up: spent")


def test_no_more_calls_are_in_flight_than_the_lane_is_wide():
    provider = ScriptedProvider()
    ask(provider, count=12, width=3)
    assert provider.most == 3


def test_an_exception_in_a_provider_is_a_failure_and_names_it():
    (answered,), _, _ = ask(ScriptedProvider(ZeroDivisionError("oops")))
    assert answered.answer.failure.kind == "provider"
    assert answered.answer.failure.message == "ZeroDivisionError: oops"


def test_a_provider_that_returns_nonsense_is_a_failure():
    (answered,), _, _ = ask(ScriptedProvider({"text": "not an Answer"}))
    assert answered.answer.failure.message == "returned dict, expected an Answer"


def test_a_name_that_no_store_could_take_is_nonsense():
    (answered,), _, _ = ask(ScriptedProvider(replace(said("yes"), model=7)))
    assert answered.answer.failure.message == "returned an Answer whose model is int"


def test_words_of_a_server_are_cut_to_what_every_store_can_look_up():
    long = replace(said("yes"), model="m" * 9000, finish="f" * 9000)
    (answered,), (generation,), _ = ask(ScriptedProvider(long))
    assert answered.answer.model == generation.answer.model == "m" * 200
    assert answered.answer.finish == generation.answer.finish == "f" * 200
    assert len(cell_from_text("\0" + "\U0001f600" * 199).encode()) < 2704


def test_a_provider_that_never_returns_is_timed_out(monkeypatch):
    monkeypatch.setattr(calls, "GRACE", 0.0)
    provider = ScriptedProvider(said("never"))

    async def hang(call):
        provider.calls.append(call)
        await asyncio.Event().wait()

    provider.answer = hang
    (answered,), kept, _ = ask(provider, timeout=0.01)
    assert answered.answer.failure.kind == "timeout"
    assert len(kept) == retries.ATTEMPTS


def test_the_wait_in_our_own_queue_is_told_apart_and_gaps_stay_on_disk_only():
    timed = replace(said("hi"), timing=Timing(ttft=0.2, gaps=(0.1, 0.1), reads=3))
    (answered,), (kept,), _ = ask(ScriptedProvider(timed))
    assert answered.answer.timing.ttft == 0.2
    assert answered.answer.timing.queue_wait >= 0
    assert answered.answer.timing.gaps == ()
    assert kept.answer.timing.gaps == (0.1, 0.1)


def test_costs_and_calls_are_counted_and_an_unknown_cost_is_not_zero():
    priced = replace(said("x"), usage=Usage(input_tokens=1_000_000, output_tokens=500_000))
    ledger = ledger_of([])
    (answered,), _, _ = ask(
        ScriptedProvider(priced), ledger=ledger, price=Price(input=2.0, output=4.0)
    )
    assert answered.cost == pytest.approx(4.0)
    assert (ledger.cost, ledger.uncosted, ledger.calls) == (pytest.approx(4.0), 0, {"model": 1})
    (unpriced,), _, _ = ask(ScriptedProvider(priced), ledger=ledger)
    assert unpriced.cost is None
    assert ledger.uncosted == 1


def test_a_budget_of_calls_stops_before_the_next_call():
    answers, kept, caller = ask(ScriptedProvider(), count=5, width=1, max_calls=2)
    assert sum(isinstance(answer, Stop) for answer in answers) == 3
    assert len(kept) == 2
    assert caller.closed == "the 2 calls allowed are used up"


DOLLAR = replace(said("x"), usage=Usage(input_tokens=1_000_000, output_tokens=0))


def test_a_budget_of_money_stops_before_the_call_that_could_exceed_it():
    answers, _, caller = ask(
        ScriptedProvider(DOLLAR), count=4, width=1, max_cost=2.5, price=Price(input=1.0, output=0)
    )
    assert sum(isinstance(answer, Stop) for answer in answers) == 2
    assert caller.closed == ("another call could exceed the $2.5 allowed, of which $2 are spent")


def test_a_budget_of_money_holds_back_what_calls_in_flight_will_cost():
    price = Price(input=200_000.0, output=0.0)  # a dollar for the five tokens of the prompt
    provider = ScriptedProvider(said("x"))
    ask(provider, count=50, width=8, max_cost=5.0, price=price)
    assert provider.most == len(provider.calls) == 5


def test_a_budget_of_money_counts_calls_whose_cost_nobody_tells_as_what_was_expected():
    price = Price(input=200_000.0, output=0.0)  # a dollar for the five tokens of the prompt
    lost = ScriptedProvider(failed("timeout", retryable=False))
    answers, _, _ = ask(lost, count=6, width=1, max_cost=3.5, price=price)
    assert len(lost.calls) == 3
    refused = ScriptedProvider(failed("rate_limited", retryable=False))
    ask(refused, count=6, width=1, max_cost=3.5, price=price)
    assert len(refused.calls) == 6
    assert sum(isinstance(answer, Stop) for answer in answers) == 3


def test_no_call_is_made_under_a_limit_of_cost_that_cannot_be_kept():
    billed = contestant("gpt", metered=True)
    provider = ScriptedProvider()
    _, _, caller = ask(provider, max_cost=1.0, admitted=[billed, contestant("function")])
    assert provider.calls == []
    assert caller.closed == (
        "the price of gpt is unknown: write price = { input = ..., output = ... } in its table "
        "(the extra 'prices' knows those of many vendors); the limit of cost cannot be kept else"
    )
    ask(provider, max_calls=1, admitted=[billed])
    assert len(provider.calls) == 1


def test_a_call_that_one_budget_refuses_costs_the_others_nothing():
    rich, poor = (Budget(Limits(max_calls=n), OwnAccount()) for n in (9, 1))
    for budget in (rich, poor):
        assert budget.take(0.5) == ""
    assert rich.take(0.5) == ""
    rich.give_back(0.5)
    assert poor.take(0.5) == "the 1 call allowed is used up"
    assert [rich.take(0.0) for _ in range(9)].count("") == 8


def test_a_secret_that_a_server_echoes_never_reaches_a_record():
    echo = replace(
        failed("server", retryable=False), text="key sk-canary-123 and c2stY2FuYXJ5LTEyMw"
    )
    (answered,), kept, _ = ask(ScriptedProvider(echo), secrets={"API_KEY": "sk-canary-123"})
    assert "canary" not in repr((answered, kept))
    assert "c2stY2FuYXJ5LTEyMw" not in repr((answered, kept))
    assert "[API_KEY]" in answered.answer.text


def test_a_call_that_a_killed_process_had_recorded_is_not_paid_again():
    first, kept, _ = ask(ScriptedProvider(said("paid")))
    provider = ScriptedProvider(said("paid twice"))
    (again,), kept_again, _ = ask(provider, paid=kept)
    assert again.answer.text == "paid"
    assert provider.calls == []
    assert kept_again == []
    assert again.chat_id == first[0].chat_id


def test_an_answer_that_cannot_be_had_is_recorded_without_a_call():
    kept = []

    class Kept:
        async def keep(self, *records):
            kept.extend(records)

    async def run():
        clock = asyncio.get_running_loop().time
        caller = Caller(
            ledger=ledger_of([]),
            journal=Kept(),
            paid=(),
            clock=clock,
            wall=lambda: 1.0,
            new_id=lambda: "id",
            chance=random.Random(0),
            redactor=Redactor((), {}),
        )
        return await caller.give_up(
            target(ScriptedProvider(), clock=clock),
            failed("conversation").failure,
            prompt="p",
            repeat=0,
            place=lambda _: (),
        )

    answered = asyncio.run(run())
    assert answered.attempts == 0
    assert kept[0].attempt == 0
    assert isinstance(answered.answer, Answer)


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (pytest.skip.Exception("no key"), "Skipped: no key"),
        (asyncio.CancelledError(), "CancelledError"),
        (TimeoutError("its own"), "TimeoutError: its own"),
    ],
)
def test_whatever_a_provider_raises_is_a_failure_of_that_call_alone(raised, message):
    (answered,), _, _ = ask(ScriptedProvider(raised, said("next")))
    assert answered.answer.failure.kind == "provider"
    assert answered.answer.failure.message == message


def test_a_failure_in_a_closed_run_is_not_the_last_word_of_its_place():
    provider = ScriptedProvider(said("one"), failed(), said("never asked"))
    answers, kept, _ = ask(provider, count=2, width=1, max_calls=2)
    assert [type(answer) for answer in answers].count(Stop) == 1
    assert [(record.attempt, record.final) for record in kept] == [(1, True), (1, False)]


def test_no_call_starts_after_a_record_could_not_be_written():
    provider = ScriptedProvider()
    ledger = ledger_of([])

    class Full:
        async def keep(self, *records):
            await asyncio.sleep(0)
            raise StoreError("no space")

    answers, _, caller = ask(provider, ledger=ledger, count=5, width=1, journal=Full())
    assert [type(answer) for answer in answers] == [StoreError, Stop, Stop, Stop, Stop]
    assert len(provider.calls) == 1
    assert caller.closed == "no space"


def test_all_that_a_busy_server_refused_get_through_once_it_lets_them():
    """A quota of one call in 5 ms, and sixteen that come at once."""
    allowed = 0.0

    def busy(_call):
        nonlocal allowed
        now = asyncio.get_running_loop().time()
        if now < allowed:
            return failed("rate_limited", after=allowed - now)
        allowed = now + 0.005
        return said("ok")

    answers, kept, _ = ask(ScriptedProvider(busy), count=16, width=16)
    assert [answer.answer.text for answer in answers] == ["ok"] * 16
    assert max(record.attempt for record in kept) <= retries.PATIENT_ATTEMPTS
    assert len(kept) < 16 * 4


class AlwaysLate:
    """A loop that is always late."""

    def during(self, timing, began, ended):
        assert began <= ended
        return Lags(0.03, 0.01)


def lag_of(timing, **asked):
    (answered,), kept, _ = ask(ScriptedProvider(said("a", timing=timing)), **asked)
    assert kept[0].answer.timing == answered.answer.timing
    return answered.answer.timing.lag, answered.answer.timing.stream_lag


def test_what_the_loop_lagged_is_kept_with_the_call():
    clocks = Timing(ttft=0.1, e2e=0.2)

    assert lag_of(clocks, lag=AlwaysLate()) == (0.03, 0.01)
    assert lag_of(clocks) == (None, None)  # nobody watched


def test_a_provider_that_reads_its_clocks_elsewhere_is_believed():
    assert lag_of(Timing(ttft=0.1, e2e=0.2, lag=0.0, stream_lag=0.0), lag=AlwaysLate()) == (0, 0)


def test_nobody_looks_at_the_clocks_of_judges():
    assert lag_of(Timing(ttft=0.1), lag=AlwaysLate(), role="judge") == (None, None)
