import asyncio
import random
from collections import Counter

import pytest

from arenatest.arena import retries
from arenatest.arena.engine import AHEAD
from arenatest.arena.stops import Stop
from arenatest.errors import StoreError
from arenatest.gates.needs import Needs
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import AnswerPlaced, Generation, JudgmentPlaced
from fakes.models import ScriptedProvider, failed, letters, said
from fakes.plans import ledger_of
from fakes.runs import FakeJournal, FakeJudge, FakeWatcher, Stage, game_slot, naming, placed

BOTH = list(Order)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


def play(ledger, providers=None, during=None, **parts):
    """Run an engine to its end; `during(stage)` runs beside it. Return the stage."""

    async def run():
        stage = Stage(ledger, providers or models(ledger), **parts)
        beside = [during(stage)] if during else []
        stage.stopped, *_ = await asyncio.gather(stage.engine.run(), *beside)
        return stage

    return asyncio.run(run())


def models(ledger, **fields):
    return {c.name: naming(c.name, **fields) for c in ledger.plan.contestants}


def one_endpoint(ledger):
    """Contestants that share a provider's endpoint, and all the calls in their order."""
    asked = []

    def model(name):
        def answer(call):
            asked.append((name, call.prompt.id))
            return said(f"{name} says {call.prompt.id}")

        return ScriptedProvider(answer)

    return {c.name: model(c.name) for c in ledger.plan.contestants}, asked


def two_endpoints():
    return {"old": naming("old", endpoint="a"), "new": naming("new", endpoint="b")}


async def until(condition):
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


# Order of calls


def test_the_calls_of_one_prompt_stand_side_by_side_in_the_order_of_the_plan():
    ledger = ledger_of(letters(20))
    providers, asked = one_endpoint(ledger)
    play(ledger, providers, width=1)
    pairs = [asked[i : i + 2] for i in range(0, len(asked), 2)]
    assert [pair[0][1] for pair in pairs] == letters(20)
    assert all(pair[0][1] == pair[1][1] for pair in pairs)


def test_each_contestant_is_asked_first_equally_often():
    ledger = ledger_of(letters(60), candidates=("new", "other"))
    providers, asked = one_endpoint(ledger)
    play(ledger, providers, width=1)
    first = Counter(asked[i][0] for i in range(0, len(asked), 3))
    assert first == {"old": 20, "new": 20, "other": 20}


def test_contestants_with_one_endpoint_are_asked_one_after_another():
    ledger = ledger_of(letters(1))
    shared = naming("any")
    shared_by_both = {"old": shared, "new": shared}
    stage = play(ledger, shared_by_both, width=8)
    assert shared.most == 1
    assert len(stage.ledger.answers) == 2


def test_contestants_with_an_endpoint_each_are_asked_at_once():
    ledger = ledger_of(letters(1))
    providers = two_endpoints()

    async def both_are_asked(stage):
        await until(lambda: all(p.running == 1 for p in providers.values()))
        for provider in providers.values():
            provider.gate.set()

    for provider in providers.values():
        provider.gate = asyncio.Event()
    play(ledger, providers, both_are_asked)


def test_prompts_are_asked_concurrently_as_wide_as_the_lanes():
    ledger = ledger_of(letters(40))
    shared = naming("any")
    play(ledger, {"old": shared, "new": shared}, width=5)
    assert shared.most == 5


# Games


def test_a_pair_is_judged_while_others_are_still_being_asked():
    ledger = ledger_of(letters(2))
    hung = asyncio.Event()
    judge = FakeJudge()

    class Slow(ScriptedProvider):
        async def answer(self, call):
            if call.prompt.id == "p1":
                await hung.wait()
            return said(f"{call.chat_id} says {call.prompt.id}")

    async def judged_before(stage):
        await until(lambda: len(ledger.judgments) == 2)
        assert {game.prompt.id for game in judge.games} == {"p0"}
        hung.set()

    play(ledger, {"old": Slow(), "new": Slow()}, judged_before, judge=judge)
    assert len(ledger.judgments) == 4


def test_every_battle_is_judged_once_in_both_orders():
    ledger = ledger_of(letters(30), candidates=("new", "other"))
    stage = play(ledger)
    wanted = {
        game_slot(p, order, c) for p in letters(30) for order in BOTH for c in ("new", "other")
    }
    assert set(ledger.judgments) == wanted
    assert len(stage.judge.games) == len(wanted)
    seats = {(game.prompt.id, game.text_a.split()[0]) for game in stage.judge.games}
    assert ("p0", "old") in seats
    assert ("p0", "new") in seats


def test_equal_texts_are_not_judged():
    ledger = ledger_of(letters(3))
    same = ScriptedProvider(said("the same"))
    stage = play(ledger, {"old": same, "new": same})
    assert stage.judge.games == []
    assert stage.stopped is None


def test_a_battle_with_a_failed_side_is_not_judged():
    ledger = ledger_of(letters(3))
    broken = ScriptedProvider(failed("auth", retryable=False))
    stage = play(ledger, {"old": naming("old"), "new": broken})
    assert stage.judge.games == []
    assert len(ledger.answers) == 6


def test_repeats_are_battles_of_their_own_with_answers_of_their_own():
    ledger = ledger_of(letters(4), repeats=3)
    stage = play(ledger)
    assert len(ledger.answers) == 2 * 4 * 3
    assert len(ledger.judgments) == 2 * 4 * 3
    assert {game.repeat for game in stage.judge.games} == {0, 1, 2}
    keys = [r.key for r in stage.journal.records if isinstance(r, Generation)]
    assert len(keys) == len(set(keys))


def test_a_judge_with_repeats_plays_each_game_so_often():
    seat = JudgeSeat(name="judge", kind="fake", fingerprint="fp", settings={}, repeats=2)
    ledger = ledger_of(letters(3), repeats=2, judges=(seat,))
    stage = play(ledger)
    assert len(ledger.judgments) == 3 * 2 * 2 * 2
    keys = [r.key for r in stage.journal.records if isinstance(r, JudgmentPlaced)]
    assert len(keys) == len(set(keys))


def test_what_a_killed_process_left_is_neither_asked_nor_judged_again():
    ledger = ledger_of(letters(3))
    for slot, answered in (placed("old", "p0", "old says p0"), placed("new", "p0", "new says p0")):
        ledger.answers[slot] = answered
    ledger.answers.update([placed("new", "p1", "new says p1")])
    ledger.judgments[game_slot("p0", BOTH[0])] = Judgment(verdict=Verdict.TIE)
    stage = play(ledger)
    asked = Counter(r.owner for r in stage.journal.records if isinstance(r, Generation))
    assert asked == {"old": 2, "new": 1}
    assert len(stage.judge.games) == 5
    assert ledger.judgments[game_slot("p0", BOTH[0])].verdict is Verdict.TIE
    assert len(ledger.judgments) == 6


# What judges may do wrong


@pytest.mark.parametrize(
    ("returned", "said_of_it"),
    [
        (None, "returned NoneType, expected a Judgment"),
        (Judgment(), "returned the verdict None with the void None"),
        (Judgment(verdict="A>B"), "returned the verdict 'A>B'"),
        (Judgment(verdict=Verdict.TIE, void="call"), "with the void 'call'"),
        (Judgment(verdict=Verdict.TIE, explanation=None), "None as an explanation"),
    ],
)
def test_a_judge_that_returns_nonsense_gives_a_void_that_says_so(returned, said_of_it):
    class Odd:
        async def judge(self, game, ask):
            return returned

    ledger = ledger_of(letters(1))
    stage = play(ledger, judge=Odd())
    assert {judgment.void for judgment in ledger.judgments.values()} == {"judge"}
    stored = [record for record in stage.journal.records if isinstance(record, JudgmentPlaced)]
    assert len(stored) == 2
    assert all(said_of_it in record.judgment.explanation for record in stored)


@pytest.mark.parametrize("raised", [SystemExit(2), asyncio.CancelledError(), ValueError("x")])
def test_whatever_a_judge_raises_is_a_void_of_that_game(raised):
    class Broken:
        async def judge(self, game, ask):
            raise raised

    ledger = ledger_of(letters(2))
    play(ledger, judge=Broken())
    assert {judgment.void for judgment in ledger.judgments.values()} == {"judge"}
    assert len(ledger.judgments) == 4


def test_a_judge_that_never_returns_is_a_void_of_that_game():
    class Lost:
        async def judge(self, game, ask):
            await asyncio.Event().wait()

    ledger = ledger_of(letters(2))
    stage = play(ledger, judge=Lost(), patience=0.01)
    assert {judgment.void for judgment in ledger.judgments.values()} == {"judge"}
    stored = [record for record in stage.journal.records if isinstance(record, JudgmentPlaced)]
    said = "TimeoutError: gave nothing within 0.01 s"
    assert {record.judgment.explanation for record in stored} == {said}


def test_an_answer_that_cannot_be_recorded_is_a_failure():
    ledger = ledger_of(letters(1))
    stage = play(ledger, {"old": naming("old"), "new": ScriptedProvider(said(None))})
    (failure,) = [a.answer.failure for a in ledger.answers.values() if a.answer.failure]
    assert failure.message == "returned an Answer whose text is NoneType"
    assert stage.stopped is None


# Conversations


def talk(*turns):
    messages = [Message(role="user", content=turn) for turn in turns]
    return [
        Prompt(
            id=f"t{number}",
            messages=tuple(messages[: number + 1]),
            conversation="talk",
            turn=number,
        )
        for number in range(len(turns))
    ]


def test_a_conversation_goes_on_from_the_contestants_own_replies():
    ledger = ledger_of(talk("one", "two", "three"))
    providers = models(ledger)
    play(ledger, providers)
    last = providers["new"].calls[-1]
    assert [(m.role, m.content) for m in last.messages] == [
        ("user", "one"),
        ("assistant", "new says t0"),
        ("user", "two"),
        ("assistant", "new says t1"),
        ("user", "three"),
    ]
    assert len(ledger.judgments) == 6


def test_a_failed_turn_gives_up_the_turns_after_it_without_a_call():
    ledger = ledger_of(talk("one", "two", "three"))
    broken = ScriptedProvider(failed("auth", retryable=False))
    play(ledger, {"old": naming("old"), "new": broken})
    assert len(broken.calls) == 1
    kinds = [ledger.answers["new", f"t{n}", 0].answer.failure.kind for n in range(3)]
    assert kinds == ["auth", "conversation", "conversation"]


# Stopping


def enough(prompts):
    """Decided once so many prompts have both verdicts."""
    return lambda ledger: len(ledger.judgments) >= 2 * prompts


def test_a_decided_gate_stops_buying():
    ledger = ledger_of(letters(100))
    watcher = FakeWatcher(ledger.plan, enough=enough(5))
    stage = play(ledger, watcher=watcher, width=2)
    assert [decision.decision for decision in stage.decisions] == ["pass"]
    assert sum(ledger.calls.values()) <= 2 * (5 + 2 * 4)


def test_calls_that_wait_in_a_lane_are_not_made_once_the_gate_is_decided():
    ledger = ledger_of(letters(20))
    watcher = FakeWatcher(ledger.plan, enough=enough(1))
    judge_model = ScriptedProvider(said("fine"), endpoint="judges")
    play(ledger, watcher=watcher, judge_model=judge_model, width=1)
    assert len(judge_model.calls) <= 4


def test_contestants_do_not_run_far_ahead_of_a_slow_judge():
    ledger = ledger_of(letters(200))
    judge_model = ScriptedProvider(said("fine"), endpoint="judges")
    judge_model.gate = asyncio.Event()

    async def look(stage):
        await until(lambda: judge_model.running == 2)
        for _ in range(3000):
            await asyncio.sleep(0)
        assert len(ledger.answers) <= 2 * AHEAD * (2 + 2 + 2)
        judge_model.gate.set()

    play(ledger, two_endpoints(), look, judge_model=judge_model, width=2)
    assert len(ledger.judgments) == 400


def test_a_contestant_that_no_gate_wants_any_more_does_not_hold_up_the_others():
    ledger = ledger_of(letters(30), candidates=("new", "other"))

    class Halfway(FakeWatcher):
        def wanted(self, prompt=None):
            if len(ledger.judgments) < 20:
                return self.wants
            names = frozenset({"old", "other"})
            return Needs(answers=names, judgments=frozenset({"other"}))

    play(ledger, watcher=Halfway(ledger.plan), width=2)
    mine = Counter(slot.candidate for slot in ledger.judgments)
    assert mine["other"] == 60
    assert mine["new"] < 40


def test_a_used_up_budget_loses_no_call_in_flight_on_another_endpoint():
    ledger = ledger_of(letters(1))
    slow, quick = naming("old", endpoint="a"), ScriptedProvider(failed(), endpoint="b")
    slow.gate = asyncio.Event()

    async def wait(stage):
        await until(lambda: slow.running == 1 and stage.caller.closed)
        for _ in range(100):
            await asyncio.sleep(0)
        slow.gate.set()

    stage = play(ledger, {"old": slow, "new": quick}, wait, max_calls=2)
    assert stage.stopped == ("budget", "the 2 calls allowed are used up")
    kept = [r for r in stage.journal.records if isinstance(r, Generation)]
    assert {r.owner for r in kept} == {"old", "new"}
    assert ("old", "p0", 0) in ledger.answers


def test_a_store_that_fails_ends_the_run_before_another_call():
    ledger = ledger_of(letters(50))
    seen = []

    def third(record):
        seen.append(record)
        full = sum(isinstance(r, Generation) for r in seen) > 3
        return StoreError("no space left") if full else None

    providers, asked = one_endpoint(ledger)
    with pytest.raises(ExceptionGroup) as raised:
        play(ledger, providers, journal=FakeJournal(third), width=1)
    assert raised.group_contains(StoreError, match="no space left")
    assert len(asked) == 4


def test_a_judge_cannot_make_a_verdict_of_a_store_that_fails():
    ledger = ledger_of(letters(1))

    class Stubborn:
        async def judge(self, game, ask):
            try:
                await ask(game.prompt, game.prompt.messages)
            except Exception:
                return Judgment(verdict=Verdict.TIE)

    def judges_calls(record):
        if isinstance(record, Generation) and record.role == "judge":
            return StoreError("no space left")
        return None

    with pytest.raises(ExceptionGroup) as raised:
        play(
            ledger,
            judge=Stubborn(),
            judge_model=ScriptedProvider(endpoint="judges"),
            journal=FakeJournal(judges_calls),
        )
    assert raised.group_contains(StoreError)
    assert ledger.judgments == {}


def test_a_judge_cannot_make_a_verdict_of_a_used_up_budget():
    ledger = ledger_of(letters(1))

    class Stubborn:
        async def judge(self, game, ask):
            try:
                await ask(game.prompt, game.prompt.messages)
            except Stop:
                return Judgment(verdict=Verdict.TIE)

    stage = play(
        ledger, judge=Stubborn(), judge_model=ScriptedProvider(endpoint="judges"), max_calls=2
    )
    assert ledger.judgments == {}
    assert stage.stopped[0] == "budget"


# Models that cannot be asked


class Losing(FakeWatcher):
    """Goes on without whom nobody can ask."""

    def lose(self, name, *, judging):
        self.lost.append((name, judging))
        judged = frozenset() if judging else self.wants.judgments - {name}
        answers = self.wants.answers if judging else self.wants.answers - {name}
        self.wants = Needs(answers=answers, judgments=judged)


def test_a_candidate_whose_money_is_used_up_is_left_out_and_the_others_go_on():
    ledger = ledger_of(letters(30), candidates=("new", "other"))
    spent = ScriptedProvider(failed("spent", retryable=False), endpoint="b")
    providers = {**models(ledger), "new": spent}
    stage = play(ledger, providers, watcher=Losing(ledger.plan))
    assert stage.stopped == ("budget", "the account at b is used up: spent")
    assert set(stage.watcher.lost) == {("new", False)}
    assert len(spent.calls) <= 8
    assert Counter(slot.contestant for slot in ledger.answers) == {"old": 30, "other": 30}
    assert {slot.candidate for slot in ledger.judgments} == {"other"}
    assert len(ledger.judgments) == 60


def test_a_judge_that_cannot_be_asked_leaves_no_game_behind_and_answers_are_bought():
    ledger = ledger_of(letters(12))
    spent = ScriptedProvider(failed("spent", retryable=False), endpoint="judges")
    stage = play(ledger, judge_model=spent, watcher=Losing(ledger.plan))
    assert stage.stopped == ("budget", "the account at judges is used up: spent")
    assert set(stage.watcher.lost) == {("judge", True)}
    assert ledger.judgments == {}
    assert len(ledger.answers) == 24
    assert stage.journal.records
    assert not [r for r in stage.journal.records if isinstance(r, JudgmentPlaced)]


def test_of_several_that_cannot_be_asked_all_reasons_are_told():
    ledger = ledger_of(letters(3), candidates=("new", "other"))
    providers = {
        **models(ledger),
        "new": ScriptedProvider(failed("spent", retryable=False), endpoint="b"),
        "other": ScriptedProvider(failed("rate_limited", after=7200.0), endpoint="c"),
    }
    stage = play(ledger, providers, watcher=Losing(ledger.plan))
    cause, reason = stage.stopped
    assert cause == "plan"
    assert set(reason.split("; ")) == {
        "the account at b is used up: spent",
        "c asks to wait for 120 min",
    }


# Whatever happens


@pytest.mark.parametrize("seed", range(20))
def test_every_place_is_filled_once_whatever_the_calls_do(seed):
    """Random failures, retries, endpoints, widths and repeats."""
    chance = random.Random(seed)
    candidates = ("new", "other")[: chance.choice([1, 2])]
    count = chance.randint(1, 25)
    ledger = ledger_of(letters(count), candidates=candidates, repeats=chance.choice([1, 2]))

    def moody(name, endpoint):
        def answer(call):
            if chance.random() < 0.3:
                return failed("timeout", retryable=chance.random() < 0.8)
            return said(chance.choice(["same", f"{name} says {call.prompt.id}"]))

        return ScriptedProvider(answer, endpoint=endpoint)

    places = ["a", chance.choice("ab"), chance.choice("abc")]
    providers = {
        c.name: moody(c.name, place)
        for c, place in zip(ledger.plan.contestants, places, strict=False)
    }
    judge_model = moody("judge", chance.choice("abj")) if chance.random() < 0.5 else None
    stage = play(ledger, providers, judge_model=judge_model, width=chance.randint(1, 6))
    records = stage.journal.records
    slots = [r.slot for r in records if isinstance(r, AnswerPlaced)]
    repeats = ledger.plan.repeats
    assert len(slots) == len(set(slots)) == count * (1 + len(candidates)) * repeats
    games = [r.slot for r in records if isinstance(r, JudgmentPlaced)]
    assert len(games) == len(set(games)) == len(ledger.judgments)
    assert set(games) == battles(ledger)
    chats = [r.chat_id for r in records if isinstance(r, Generation)]
    asked = [*providers.values(), *([judge_model] if judge_model else [])]
    sent = [call.chat_id for provider in asked for call in provider.calls]
    assert sorted(chats) == sorted(sent)
    assert sum(ledger.calls.values()) == len(sent)


def battles(ledger):
    """The games that the answers on record call for."""
    plan = ledger.plan
    return {
        game_slot(p.id, order, c.name)._replace(repeat=repeat)
        for p in plan.prompts
        for c in plan.candidates
        for repeat in range(plan.repeats)
        for order in BOTH
        for theirs in [ledger.answers["old", p.id, repeat].answer]
        for ours in [ledger.answers[c.name, p.id, repeat].answer]
        if ours.ok and theirs.ok and ours.text != theirs.text
    }
