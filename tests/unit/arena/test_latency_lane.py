"""Clocks from calls of their own: who is asked when, what is dropped, what a kill loses."""

import asyncio
import gc
import re
from contextlib import asynccontextmanager
from itertools import groupby

from arenatest.arena.answers import begun_with
from arenatest.arena.on_record import OnRecord
from arenatest.gates.needs import Needs
from arenatest.model.answer import Timing
from arenatest.model.judgment import Judgment, Verdict
from arenatest.model.latency import Latency
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import Answered, AnswerPlaced, AnswerSlot, Generation
from fakes.models import ScriptedProvider, failed, letters, said
from fakes.plans import ledger_of
from fakes.runs import FakeJudge, FakeWatcher, Stage

APART = Latency(lane="dedicated")
CLOCKS = Needs(timings=frozenset({"old", "new"}))
NONCE = re.compile(r"^\[[0-9a-f]{12}\] ")


class Floor:
    """Two models and a judge that write down who is asked, and how many are in flight."""

    def __init__(self, ledger, *, endpoints=None):
        self.ledger = ledger
        self.asked = []
        self.calls = []
        self.flying = []
        self.together = set()
        self.collecting = set()
        names = [one.name for one in ledger.plan.contestants]
        ends = endpoints or dict.fromkeys(names, "https://api.example/v1")
        self.models = {name: self._model(name, ends[name]) for name in names}

    def _model(self, name, endpoint):
        provider = ScriptedProvider(lambda call: self._answer(name, call), endpoint=endpoint)
        plain = provider.answer

        async def answer(call):
            self.asked.append((name, call.prompt.id))
            self.calls.append((name, call))
            self.flying.append(name)
            self.together.add(tuple(sorted(self.flying)))
            self.collecting.add(gc.isenabled())
            try:
                return await plain(call)
            finally:
                self.flying.remove(name)

        provider.answer = answer
        return provider

    def _answer(self, name, call):
        return said(f"{name} says {call.prompt.id}", timing=Timing(ttft=0.1, e2e=0.2, wall=0.2))

    def play(self, wants=CLOCKS, **parts):
        watcher = parts.pop("watcher", None) or FakeWatcher(self.ledger.plan, wants=wants)

        async def run():
            stage = Stage(self.ledger, self.models, watcher=watcher, **parts)
            stage.stopped = await stage.engine.run()
            return stage

        return asyncio.run(run())


def floor(prompts=4, latency=APART, *, endpoints=None, **fields):
    asked = letters(prompts) if isinstance(prompts, int) else prompts
    return Floor(ledger_of(asked, latency=latency, **fields), endpoints=endpoints)


def roles(stage):
    calls = [record for record in stage.journal.records if isinstance(record, Generation)]
    return [(call.role, call.owner) for call in calls]


def test_each_prompt_is_timed_a_b_b_a_or_b_a_a_b_in_equal_numbers():
    laid = floor(20, Latency(lane="dedicated", warmup=0))

    laid.play()

    blocks = ["".join(name[0] for name, _ in calls) for calls in chunks(laid.asked, 4)]
    assert sorted(blocks) == ["noon"] * 10 + ["onno"] * 10
    assert blocks != sorted(blocks)
    assert [{prompt for _, prompt in calls} for calls in chunks(laid.asked, 4)] == [
        {f"p{i}"} for i in range(20)
    ]


def test_four_repeats_turn_round_twice():
    laid = floor(2, Latency(lane="dedicated", warmup=0, repeats=4))

    laid.play()

    assert {"".join(name[0] for name, _ in calls) for calls in chunks(laid.asked, 8)} == {
        "onnonoon",
        "noononno",
    }


def test_one_call_is_in_flight_on_a_host_whatever_its_ports_and_names():
    endpoints = {"old": "http://gpu-1:8000/v1", "new": "https://GPU-1:8001/v1"}
    laid = floor(6, endpoints=endpoints)

    laid.play(width=8)

    assert laid.together == {("new",), ("old",)}


def test_models_on_two_hosts_are_timed_at_the_same_moment_and_prompts_one_by_one():
    laid = floor(6, endpoints={"old": "https://a.example/v1", "new": "https://b.example/v1"})

    laid.play(width=8)

    assert ("new", "old") in laid.together
    assert max(map(len, laid.together)) == 2
    assert not any(len(set(pair)) == 1 for pair in laid.together if len(pair) == 2)
    timed = [prompt for _, prompt in laid.asked[4:]]
    assert [prompt for prompt, _ in groupby(timed)] == [f"p{i}" for i in range(6)]


def test_warm_up_calls_come_first_are_recorded_and_fill_no_place():
    laid = floor(3, Latency(lane="dedicated", warmup=2, repeats=1))

    stage = laid.play()

    assert [role for role, _ in roles(stage)] == ["warmup"] * 4 + ["timing"] * 6
    assert sorted(roles(stage)[:4]) == [("warmup", "new")] * 2 + [("warmup", "old")] * 2
    placed = [record for record in stage.journal.records if isinstance(record, AnswerPlaced)]
    assert {record.purpose for record in placed} == {"timing"}
    assert len(placed) == len(laid.ledger.timings) == 6
    assert laid.ledger.calls == {"old": 5, "new": 5}


def test_a_warm_up_that_fails_changes_nothing():
    laid = floor(2, Latency(lane="dedicated", warmup=1, repeats=1))
    laid.models["new"]._script = [failed(retryable=False), said("fine")]

    laid.play()

    assert all(found.answer.ok for found in laid.ledger.timings.values())


def test_a_nonce_begins_what_the_user_says_equal_for_both_and_new_in_every_repeat():
    laid = floor(3)

    laid.play()

    sent = {}
    for name, call in laid.calls[4:]:
        said_first = call.messages[0].content
        assert said_first == f"{NONCE.match(said_first)[0]}ask {call.prompt.id}"
        sent.setdefault((call.prompt.id, NONCE.match(said_first)[0]), []).append(name)
    assert len(sent) == 6  # a prompt and a repeat
    assert all(sorted(names) == ["new", "old"] for names in sent.values())
    assert len({nonce for _, nonce in sent}) == 6


def test_a_nonce_is_another_one_in_another_run():
    first, again = floor(1), floor(1)
    again.ledger.run = type(again.ledger.run)(
        id="another", session="s", plan_hash="plan", started=0.0
    )
    for laid in (first, again):
        laid.play()

    nonces = [{call.messages[0].content for _, call in laid.calls} for laid in (first, again)]
    assert not nonces[0] & nonces[1]


def test_without_a_nonce_prompts_are_sent_as_they_are():
    laid = floor(2, Latency(lane="dedicated", nonce=False))

    laid.play()

    assert {call.messages[0].content for _, call in laid.calls} == {"ask p0", "ask p1"}


def test_a_nonce_stands_before_the_first_words_of_the_user_and_not_of_the_system():
    system = Message(role="system", content="Be kind.")
    user = Message(role="user", content="Hello?")
    reply = Message(role="assistant", content="Hi.")

    marked = begun_with("[1] ", (system, user, reply, user))

    assert marked == (system, Message(role="user", content="[1] Hello?"), reply, user)
    assert begun_with("", (system, user)) == (system, user)
    assert begun_with("[1] ", (system,)) == (system,)


def test_the_lane_opens_when_all_answers_are_judged():
    laid = floor(5)
    finished = []

    class Judge(FakeJudge):
        async def judge(self, game, ask):
            await asyncio.sleep(0)
            finished.append(len(laid.asked))
            return Judgment(verdict=Verdict.TIE)

    names = frozenset({"old", "new"})
    wants = Needs(answers=names, timings=names, judgments=frozenset({"new"}))
    stage = laid.play(wants, judge=Judge())

    assert len(finished) == 10
    assert max(finished) <= 10  # no call for clocks until then
    assert [role for role, _ in roles(stage)] == ["answer"] * 10 + ["warmup"] * 4 + ["timing"] * 20
    texts = {call.messages[0].content for _, call in laid.calls[:10]}
    assert texts == {f"ask p{i}" for i in range(5)}
    assert all(not NONCE.match(found.answer.text) for found in laid.ledger.answers.values())


def test_no_search_for_cycles_disturbs_the_lane():
    laid = floor(3)

    laid.play()

    assert laid.collecting == {False}
    assert gc.isenabled()


def test_what_is_on_record_is_not_measured_again():
    laid = floor(4, Latency(lane="dedicated", warmup=1, repeats=2))
    kept = Answered(answer=said("then", timing=Timing(ttft=0.3)), chat_id="then")
    for slot in [
        AnswerSlot(who, f"p{i}", r) for who in ("old", "new") for i in (0, 1) for r in (0, 1)
    ]:
        laid.ledger.timings[slot] = kept
    laid.ledger.timings[AnswerSlot("old", "p2", 0)] = kept

    stage = laid.play()

    assert [role for role, _ in roles(stage)] == ["warmup"] * 2 + ["timing"] * 7
    assert laid.ledger.timings[AnswerSlot("old", "p2", 0)] is kept
    assert len(laid.ledger.timings) == 16


def test_a_record_that_is_complete_takes_no_call_at_all():
    laid = floor(2)
    laid.play()
    again = Floor(laid.ledger)

    again.play()

    assert again.asked == []


def test_the_lane_ends_with_the_last_gate_that_wants_it():
    laid = floor(10, Latency(lane="dedicated", warmup=0))
    enough = FakeWatcher(
        laid.ledger.plan, wants=CLOCKS, enough=lambda ledger: len(ledger.timings) >= 8
    )

    laid.play(watcher=enough)

    assert len(laid.asked) == 8


def test_a_budget_that_is_used_up_ends_the_lane_and_says_so():
    laid = floor(10)

    stage = laid.play(max_calls=7)

    assert len(laid.asked) == 7
    assert stage.stopped[0] == "budget"


def test_only_those_are_asked_whose_clocks_are_wanted():
    laid = floor(3)

    laid.play(Needs(timings=frozenset({"new"})))

    assert {name for name, _ in laid.asked} == {"new"}


def test_turns_of_a_conversation_are_timed_on_the_contestants_own_replies():
    turns = [
        Prompt(
            id=f"c#{turn}",
            conversation="c",
            turn=turn,
            messages=tuple(Message(role="user", content=f"turn {n}") for n in range(turn + 1)),
        )
        for turn in range(2)
    ]
    laid = floor(turns, Latency(lane="dedicated", warmup=0, repeats=1))

    stage = laid.play()

    assert sorted(roles(stage)) == sorted(
        [("timing", who) for who in ("old", "new")] * 2
        + [("answer", who) for who in ("old", "new")]
    )
    (last,) = [call for name, call in laid.calls if name == "new" and call.prompt.id == "c#1"]
    assert [message.role for message in last.messages] == ["user", "assistant", "user"]
    assert NONCE.match(last.messages[0].content)
    assert last.messages[1].content == "new says c#0"
    assert last.messages[2].content == "turn 1"


def test_a_turn_after_one_that_failed_has_no_clock_and_is_not_asked():
    turns = [
        Prompt(
            id=f"c#{turn}",
            conversation="c",
            turn=turn,
            messages=tuple(Message(role="user", content=f"turn {n}") for n in range(turn + 1)),
        )
        for turn in range(2)
    ]
    laid = floor(turns, Latency(lane="dedicated", warmup=0, repeats=1))
    laid.models["new"]._script = [failed(retryable=False)]

    laid.play()

    kind = laid.ledger.timings[AnswerSlot("new", "c#1", 0)].answer.failure.kind
    assert kind == "conversation"
    assert laid.ledger.timings[AnswerSlot("old", "c#1", 0)].answer.ok


def test_nobody_is_asked_where_only_judges_are_asked_again():
    laid = floor(2)
    laid.models = dict.fromkeys(laid.models, OnRecord())

    stage = laid.play()

    assert laid.asked == []
    assert stage.stopped[0] == "plan"


def test_two_lanes_are_never_open_at_once():
    held = []

    @asynccontextmanager
    async def alone():
        held.append("taken")
        yield
        held.append("given back")

    laid = floor(2)

    async def run():
        stage = Stage(laid.ledger, laid.models, watcher=FakeWatcher(laid.ledger.plan, wants=CLOCKS))
        stage.engine._alone = alone
        await stage.engine.run()

    asyncio.run(run())

    assert held == ["taken", "given back"]


def test_several_candidates_are_timed_side_by_side_and_mirrored():
    ledger = ledger_of(
        letters(8), latency=Latency(lane="dedicated", warmup=0), candidates=("new", "third")
    )
    laid = Floor(ledger)

    laid.play(Needs(timings=frozenset({"old", "new", "third"})))

    for calls in chunks(laid.asked, 6):
        names = [name for name, _ in calls]
        assert names[:3] == names[:2:-1]
        assert sorted(names[:3]) == ["new", "old", "third"]


def chunks(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]
