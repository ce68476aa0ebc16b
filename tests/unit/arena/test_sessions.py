"""The ids by which servers may tell conversations apart."""

import asyncio
from dataclasses import replace

from arenatest.gates.needs import Needs
from fakes.models import ScriptedProvider, failed, said
from fakes.plans import ledger_of, prompt_of
from fakes.runs import Stage, naming

TALK = [prompt_of(f"talk/{n + 1}", conversation="talk", turn=n) for n in range(3)]
OTHER = [prompt_of(f"chat/{n + 1}", conversation="chat", turn=n) for n in range(2)]


def sessions(prompts, *, run="run", new=None, **fields):
    """The sessions of all calls: by contestant, prompt and repeat, in the order of the calls."""
    ledger = ledger_of(prompts, **fields)
    ledger.run = replace(ledger.run, id=run)
    models = {"old": naming("old"), "new": new or naming("new")}
    judge_model = ScriptedProvider(said("fine"), endpoint="judges")

    async def play():
        stage = Stage(ledger, models, judge_model=judge_model)
        await stage.engine.run()

    asyncio.run(play())
    found = {}
    for name, model in models.items():
        for call in model.calls:
            found.setdefault((name, call.prompt.id), []).append(call.session)
    return found, judge_model


def every(found):
    return {session for several in found.values() for session in several}


def test_the_turns_of_a_conversation_share_a_session_that_no_other_has():
    found, _ = sessions([*TALK, *OTHER])
    ours = {found["new", turn.id][0] for turn in TALK}
    others = {found["new", turn.id][0] for turn in OTHER} | {found["old", t.id][0] for t in TALK}
    assert len(ours) == 1
    assert not ours & others


def test_single_prompts_and_repeats_have_sessions_of_their_own():
    found, _ = sessions(["p0", "p1"], repeats=3)
    said_ = [session for sessions_ in found.values() for session in sessions_]
    assert len(said_) == len(set(said_)) == 12


def test_every_run_has_new_sessions_and_a_continued_one_keeps_its_own():
    first, _ = sessions(TALK, run="one")
    other, _ = sessions(TALK, run="two")
    again, _ = sessions(TALK, run="one")
    assert first == again
    assert not every(first) & every(other)


def test_a_retry_stays_in_its_session(monkeypatch):
    monkeypatch.setattr("arenatest.arena.retries.FIRST_PAUSE", 0.001)
    found, _ = sessions(["p0"], new=ScriptedProvider(failed(), said("fine")))
    first, second = found["new", "p0"]
    assert first == second


def test_a_session_says_nothing_of_what_it_is_about():
    found, _ = sessions(TALK)
    for session in every(found):
        assert len(session) == 32
        assert int(session, 16)


def test_a_judge_has_no_session_for_each_of_its_calls_stands_alone():
    _, judge = sessions(["p0"])
    assert judge.calls
    assert {call.session for call in judge.calls} == {None}


def test_calls_for_timing_alone_have_sessions_of_their_own():
    ledger = ledger_of(["p0"])
    models = {"old": naming("old"), "new": naming("new")}
    names = frozenset(models)

    async def play():
        wants = Needs(answers=names)
        stage = Stage(ledger, models)
        stage.watcher.wants = wants
        await stage.engine.run()
        later = Stage(ledger, models)
        later.watcher.wants = Needs(timings=names)
        await later.engine.run()

    asyncio.run(play())
    first, second = (call.session for call in models["new"].calls)
    assert first != second


def test_each_repeat_of_a_conversation_goes_on_from_its_own_replies():
    ledger = ledger_of(TALK, repeats=3)
    counted = iter(range(1000))
    new = ScriptedProvider(lambda _call: said(f"reply {next(counted)}"))

    async def play():
        stage = Stage(ledger, {"old": naming("old"), "new": new})
        await stage.engine.run()

    asyncio.run(play())
    for repeat in range(3):
        replies = [ledger.answers["new", turn.id, repeat].answer.text for turn in TALK]
        (last,) = (
            call
            for call in new.calls
            if call.prompt.id == "talk/3"
            and call.session == session_of(new, f"reply {replies[0].split()[1]}")
        )
        assert [m.content for m in last.messages if m.role == "assistant"] == replies[:2]


def session_of(model, reply):
    """The session in which a reply was heard again."""
    (found,) = {
        call.session
        for call in model.calls
        if any(m.role == "assistant" and m.content == reply for m in call.messages)
    }
    return found
