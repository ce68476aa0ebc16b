import asyncio
import random
from collections import Counter

import pytest

from arenatest.arena import retries
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import AnswerPlaced, Generation, JudgmentPlaced
from fakes.models import ScriptedProvider, failed, letters, said
from fakes.plans import ledger_of
from fakes.runs import FakeJudge, game_slot, naming, placed
from unit.arena.playing import models, one_endpoint, play, two_endpoints, until

BOTH = list(Order)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


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
