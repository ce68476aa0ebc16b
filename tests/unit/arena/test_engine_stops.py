"""When an engine stops buying, and for whom."""

import asyncio
from collections import Counter

import pytest

from arenatest.arena import retries
from arenatest.arena.engine import AHEAD
from arenatest.arena.stops import Stop
from arenatest.errors import StoreError
from arenatest.gates.needs import Needs
from arenatest.model.judgment import Judgment, Verdict
from arenatest.model.record import Generation, JudgmentPlaced
from fakes.models import ScriptedProvider, failed, letters, said
from fakes.plans import ledger_of
from fakes.runs import FakeJournal, FakeWatcher, naming
from unit.arena.playing import models, one_endpoint, play, two_endpoints, until


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


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
