"""Load phases, in no time: the schedule, what it finds out, and what ends it."""

import asyncio
import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from arenatest.arena.loading import LEAD, offsets
from arenatest.arena.minute import Rate
from arenatest.gates.load_values import client_problem, lag
from arenatest.gates.needs import Needs
from arenatest.model.answer import Answer, Failure
from arenatest.model.load import Load, LoadSlot
from arenatest.model.record import Generation, LoadPlaced
from fakes.plans import ledger_of
from fakes.runs import FakeWatcher, Stage
from fakes.timeless import QueueingServer, timeless

TIMEOUT = 60.0


def load_of(**changes):
    values = {"arrivals": "constant", "levels": (5.0,), "requests": 40, "warmup": 4}
    return Load(**(values | changes))


def play(load, servers=None, *, ledger=None, names=("new",), **parts):
    """Put contestants under load; `servers` makes the models by name. Return the stage."""
    ledger = ledger or ledger_of(["a", "b", "c"], judges=(), load=load)
    patient = [replace(c, timeout=TIMEOUT) for c in ledger.plan.contestants]
    plan = replace(ledger.plan, baseline=patient[0], candidates=tuple(patient[1:]))
    ledger = replace(ledger, plan=plan)
    made = servers or {}

    async def run():
        models = {
            c.name: made.get(c.name, lambda: QueueingServer(lambda _: 0.05))()
            for c in ledger.plan.contestants
        }
        watcher = FakeWatcher(ledger.plan, wants=Needs(loads=frozenset(names)))
        stage = Stage(ledger, models, watcher=watcher, **parts)
        stage.models = models
        stage.stopped = await stage.engine.run()
        return stage

    return timeless(run())


def times_of(stage, name="new"):
    return [at for at, _ in stage.models[name].calls]


def level(stage, name="new", at=5.0):
    return stage.ledger.loads[LoadSlot(name, at)]


def test_the_clock_jumps_and_a_cancelled_timer_does_not_move_it():
    async def run():
        loop = asyncio.get_running_loop()
        loop.call_later(5, lambda: None).cancel()
        await asyncio.sleep(1.5)
        return loop.time()

    assert timeless(run()) == 1.5


def test_requests_at_a_constant_rate_are_sent_at_even_times():
    stage = play(load_of())
    assert times_of(stage) == pytest.approx([LEAD + n / 5 for n in range(44)])
    assert [one.due for one in level(stage)] == pytest.approx([n / 5 for n in range(44)])
    assert lag(level(stage)) == pytest.approx(0.0, abs=1e-9)


def test_all_contestants_get_the_same_requests_at_the_same_times_and_never_at_once():
    stage = play(load_of(arrivals="poisson"), names=("new", "old"))
    new, old = (stage.models[name].calls for name in ("new", "old"))
    assert [call.messages for _, call in new] == [call.messages for _, call in old]
    gaps = ([later - earlier for (earlier, _), (later, _) in pairwise(c)] for c in (new, old))
    assert next(gaps) == pytest.approx(next(gaps))
    spans = sorted((calls[0][0], calls[-1][0]) for calls in (new, old))
    assert spans[0][1] < spans[1][0]


def test_every_request_begins_with_words_of_its_own():
    asked = [call.messages[0].content for _, call in play(load_of()).models["new"].calls]
    assert len(set(asked)) == 44
    assert {text.partition("] ")[2] for text in asked} == {"ask a", "ask b", "ask c"}


def test_one_stall_makes_every_request_late_that_was_due_meanwhile():
    """Ten seconds of silence under 5 requests a second keep fifty users waiting, not one."""
    stalled = {"new": lambda: QueueingServer(lambda n: 10.0 if n == 20 else 0.05)}
    stage = play(load_of(requests=100), stalled)
    late = [one for one in level(stage) if one.user_latency > 1.0]
    assert len(late) > 40
    assert max(one.user_latency for one in late) == pytest.approx(10.05, abs=0.1)
    assert lag(level(stage)) == pytest.approx(0.0, abs=1e-9)  # it kept on sending


def test_a_closed_loop_does_not_notice_the_same_stall():
    stalled = {"new": lambda: QueueingServer(lambda n: 10.0 if n == 20 else 0.05)}
    stage = play(load_of(requests=100, arrivals="closed", levels=(1.0,)), stalled)
    assert sum(one.user_latency > 1.0 for one in level(stage, at=1.0)) == 1


def test_a_server_that_falls_behind_meets_the_whole_schedule():
    stage = play(load_of(), {"new": lambda: QueueingServer(lambda _: 0.4)})
    found = level(stage)
    assert stage.models["new"].most > 15
    assert found[-1].user_latency > 5 * found[4].user_latency


def test_a_closed_loop_keeps_as_many_under_way_as_it_says():
    server = {"new": lambda: QueueingServer(lambda _: 0.2, width=9)}
    stage = play(load_of(arrivals="closed", levels=(1.0, 3.0)), server)
    assert stage.models["new"].most == 3
    assert len(level(stage, at=1.0)) == len(level(stage, at=3.0)) == 44
    assert all(one.user_latency == pytest.approx(0.2) for one in level(stage, at=3.0))


def test_what_keeps_this_machine_from_sending_is_its_own_lag():
    class Busy(QueueingServer):
        async def answer(self, call):
            asyncio.get_running_loop().now += 0.3  # as if it computed
            return await super().answer(call)

    stage = play(load_of(), {"new": lambda: Busy(lambda _: 0.01)})
    assert "could not keep to the schedule" in client_problem(level(stage))


def test_the_limits_of_a_key_are_kept_and_count_as_our_own_lag():
    """Two requests a second are allowed, and ten seconds' worth of them at once."""
    limit = Rate(requests=120)
    stage = play(load_of(), rate=limit)
    assert "limits of its own held it back" in client_problem(level(stage))
    assert times_of(stage)[-1] > 9.0  # where the schedule ends at 8.65


def test_a_key_that_is_refused_ends_the_level():
    class Refusing(QueueingServer):
        async def answer(self, call):
            if len(self.calls) < 5:
                return await super().answer(call)
            self.calls.append((asyncio.get_running_loop().time(), call))
            return Answer(failure=Failure(kind="spent", message="no money", status=429))

    stage = play(load_of(), {"new": lambda: Refusing(lambda _: 0.05)})
    assert len(stage.models["new"].calls) < 44
    assert not stage.ledger.loads


def test_a_late_request_delays_no_other_one():
    class Busy(QueueingServer):
        async def answer(self, call):
            if len(self.calls) == 10:
                asyncio.get_running_loop().now += 1.0
            return await super().answer(call)

    sent = times_of(play(load_of(), {"new": lambda: Busy(lambda _: 0.01)}))
    assert sent[-1] == pytest.approx(LEAD + 43 / 5)


def test_a_failure_is_a_failure_and_nobody_tries_again():
    flaky = {"new": lambda: QueueingServer(lambda n: -1 if n % 4 == 0 else 0.05)}
    stage = play(load_of(), flaky)
    assert len(stage.models["new"].calls) == 44
    assert [one.failure for one in level(stage)].count("server") == 11


def test_a_request_without_an_answer_in_time_has_failed():
    stage = play(
        load_of(), {"new": lambda: QueueingServer(lambda n: 90 if n == 9 else 0.05, width=44)}
    )
    failures = [one.failure for one in level(stage)]
    assert failures[8] == "timeout"
    assert level(stage)[8].user_latency is None


def test_every_request_is_recorded_with_its_place():
    records = play(load_of()).journal.records
    calls = {r.chat_id for r in records if isinstance(r, Generation) and r.role == "load"}
    placed = [r for r in records if isinstance(r, LoadPlaced)]
    assert [r.number for r in placed] == list(range(44))
    assert {r.chat_id for r in placed} == calls
    assert all(r.answer.text for r in records if isinstance(r, Generation))


def test_a_level_that_the_budget_cuts_is_no_evidence_and_what_was_bought_is_kept():
    stage = play(load_of(), max_calls=20)
    assert stage.stopped == ("budget", "the 20 calls allowed are used up")
    assert not stage.ledger.loads
    assert sum(isinstance(r, Generation) for r in stage.journal.records) == 20
    assert not any(isinstance(r, LoadPlaced) for r in stage.journal.records)


def test_a_level_on_record_is_not_measured_again():
    ledger = play(load_of()).ledger
    plan = replace(ledger.plan, load=load_of(levels=(5.0, 10.0)))
    again = play(plan.load, ledger=replace(ledger, plan=plan))
    assert len(again.models["new"].calls) == 44
    assert set(again.ledger.loads) == {LoadSlot("new", 5.0), LoadSlot("new", 10.0)}


def test_only_whom_gates_look_at_is_put_under_load():
    stage = play(load_of(), names=("new",))
    assert not stage.models["old"].calls


def test_nobody_is_put_under_load_where_no_gate_asks_for_it():
    assert not play(load_of(), names=()).models["new"].calls


@pytest.mark.parametrize("rate", [0.5, 4.0, 50.0])
def test_random_arrivals_come_at_their_rate(rate):
    load = load_of(arrivals="poisson", levels=(rate,), requests=4000, warmup=0)
    gaps = [later - earlier for earlier, later in pairwise(offsets(load, rate, seed=3))]
    assert statistics.fmean(gaps) == pytest.approx(1 / rate, rel=0.05)
    assert statistics.stdev(gaps) == pytest.approx(1 / rate, rel=0.1)  # as of an exponential
    assert min(gaps) >= 0.0


def test_random_arrivals_are_those_of_the_seed():
    load = load_of(arrivals="poisson")
    assert offsets(load, 5.0, seed=1) == offsets(load, 5.0, seed=1)
    assert offsets(load, 5.0, seed=1) != offsets(load, 5.0, seed=2)
