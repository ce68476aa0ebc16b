"""Engines and whole runs put together from fakes, without a suite file."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from arenatest.arena.answers import Answers
from arenatest.arena.budget import Budget, Limits, OwnAccount
from arenatest.arena.calls import Caller
from arenatest.arena.cast import Cast, SeatedJudge
from arenatest.arena.engine import Engine
from arenatest.arena.games import Games
from arenatest.arena.minute import Rate
from arenatest.arena.redact import Redactor
from arenatest.arena.reuse import Reuse
from arenatest.arena.run import Conditions
from arenatest.gates.needs import Needs
from arenatest.hookspec import Kind
from arenatest.model.decision import Decision
from arenatest.model.judgment import Game, Judgment, Order, Verdict
from arenatest.model.plan import Plan
from arenatest.model.prompt import Message
from arenatest.model.record import Answered, AnswerSlot, GameSlot, Ledger, Record
from arenatest.suite.suite import JudgeSetup, RunSettings, Setup, Suite
from fakes.kinds import EmptyOptions
from fakes.models import ScriptedProvider, said, target


def naming(name: str, **fields: Any) -> ScriptedProvider:
    """A model that says its own name and the prompt's."""
    return ScriptedProvider(lambda call: said(f"{name} says {call.prompt.id}"), **fields)


class FakeJudge:
    """Finds the candidate better, whatever its seat; keeps the games. May ask a model first."""

    def __init__(self, *, asks: bool = False) -> None:
        self.games: list[Game] = []
        self.asks = asks

    async def judge(self, game: Game, ask: Any) -> Judgment:
        self.games.append(game)
        if self.asks:
            said = f"{game.text_a} or {game.text_b}?"
            await ask(game.prompt, (Message(role="user", content=said),))
        first = game.text_a.startswith("old")
        return Judgment(verdict=Verdict.B_BETTER if first else Verdict.A_BETTER)


class FakeWatcher:
    """One gate that wants all until enough prompts have all their verdicts."""

    def __init__(
        self,
        plan: Plan,
        *,
        wants: Needs | None = None,
        enough: Callable[[Ledger], bool] = lambda _: False,
    ) -> None:
        names = frozenset(contestant.name for contestant in plan.contestants)
        rivals = names - {plan.baseline.name}
        judged = rivals if plan.judges else frozenset()
        self.wants = wants or Needs(answers=names, judgments=judged)
        self.enough = enough
        self.decided = False
        self.stopped: Any = None
        self.lost: list[tuple[str, bool]] = []

    def wanted(self, prompt: Any = None) -> Needs:
        return Needs() if self.decided else self.wants

    def lose(self, name: str, *, judging: bool) -> None:
        self.lost.append((name, judging))
        self.decided = True

    def settle(self, ledger: Ledger) -> Sequence[Decision]:
        if self.decided or not self.enough(ledger):
            return []
        self.decided = True
        return [decision("pass")]

    def conclude(self, ledger: Ledger, stopped: Any) -> Sequence[Decision]:
        self.stopped = stopped
        return [decision("pass" if self.decided or stopped is None else "inconclusive")]

    def running(self, candidate: str) -> float | None:
        return None


def decision(outcome: str) -> Decision:
    """What the fake gate decides."""
    return Decision(
        suite="suite",
        candidate="new",
        gate="win_rate",
        metric="win_rate",
        stat="rate",
        unit="fraction",
        side="min",
        threshold=0.5,
        decision=outcome,
        cause="plan" if outcome == "inconclusive" else None,
        passed=outcome == "pass",
        level=0.9,
        planned=1,
        reason=outcome,
    )


class FakeJournal:
    """Keeps records in a list; ``fails`` says which are refused."""

    def __init__(self, fails: Callable[[Record], BaseException | None] = lambda _: None) -> None:
        self.records: list[Record] = []
        self._fails = fails

    async def keep(self, *records: Record) -> None:
        await asyncio.sleep(0)
        self.post(*records)

    def post(self, *records: Record) -> None:
        for record in records:
            if (error := self._fails(record)) is not None:
                raise error
        self.records += records

    async def flush(self) -> None:
        await asyncio.sleep(0)


class Stage:
    """An engine with all its parts; make it on a running loop."""

    def __init__(
        self,
        ledger: Ledger,
        providers: Mapping[str, ScriptedProvider],
        *,
        judge: Any = None,
        judge_model: ScriptedProvider | None = None,
        watcher: Any = None,
        journal: Any = None,
        width: int = 8,
        patience: float = 60.0,
        max_calls: int | None = None,
        rate: Rate | None = None,
    ) -> None:
        self.ledger, plan = ledger, ledger.plan
        self.watcher = watcher or FakeWatcher(plan)
        self.journal = journal or FakeJournal()
        self.judge = judge or FakeJudge(asks=judge_model is not None)
        self.decisions: list[Decision] = []
        clock = asyncio.get_running_loop().time
        cast = Cast()
        lanes: dict[str, Any] = {}
        for contestant in plan.contestants:
            provider = providers[contestant.name]
            aim = target(provider, width=width, clock=clock, name=contestant.name, rate=rate)
            lane = lanes.setdefault(provider.endpoint, aim.lane)
            seated = type(aim)(contestant=contestant, provider=provider, params={}, lane=lane)
            cast.targets[contestant.name] = (seated,)
            cast.places[provider.endpoint] = lane.places
        model = judge_model and target(judge_model, width=width, clock=clock, name="judge")
        if model:
            cast.places[judge_model.endpoint] = model.lane.places
        for seat in plan.judges:
            setup = JudgeSetup(name=seat.name, kind_name="fake", kind=None, options=None, seat=seat)
            cast.judges.append(SeatedJudge(setup=setup, judge=self.judge, target=model))
        ids = iter(range(100_000))
        self.caller = Caller(
            ledger=ledger,
            journal=self.journal,
            paid=(),
            clock=clock,
            wall=lambda: 1.0,
            new_id=lambda: f"chat-{next(ids)}",
            chance=random.Random(0),
            redactor=Redactor((), {}),
            budgets=[Budget(Limits(max_calls=max_calls), OwnAccount())],
            on_lost=self.watcher.lose,
        )
        shared = {"ledger": ledger, "cast": cast, "caller": self.caller, "journal": self.journal}
        reuse = Reuse(None, None)
        self.games = Games(
            **shared,
            reuse=reuse,
            redactor=Redactor((), {}),
            wall=lambda: 1.0,
            patience=patience,
        )
        self.answers = Answers(**shared, reuse=reuse)
        self.engine = Engine(
            ledger=ledger,
            watcher=self.watcher,
            cast=cast,
            caller=self.caller,
            answers=self.answers,
            games=self.games,
            reuse=reuse,
            journal=self.journal,
            on_decided=self.decisions.append,
            clock=clock,
        )


def placed(name: str, prompt: str, text: str, repeat: int = 0) -> tuple[AnswerSlot, Answered]:
    """An answer that an earlier process of the run left."""
    return AnswerSlot(name, prompt, repeat), Answered(answer=said(text), chat_id=f"{name} {prompt}")


def game_slot(prompt: str, order: Order, candidate: str = "new") -> GameSlot:
    """The place of a game of the only judge."""
    return GameSlot(candidate, prompt, 0, "judge", 0, order)


def suite_of(
    plan: Plan, providers: Mapping[str, Any], judge: Any, *, folder: Path, **settings: Any
) -> Suite:
    """A suite whose kinds give these very objects."""

    def setup(name: str, made: Any) -> dict[str, Any]:
        kind = Kind(options=EmptyOptions, build=lambda _options, _context: made)
        return {"name": name, "kind_name": "fake", "kind": kind, "options": EmptyOptions()}

    return Suite(
        plan=plan,
        directory=folder,
        contestants=tuple(
            Setup(**setup(model.name, providers[model.label]))
            for contestant in plan.contestants
            for model in contestant.models
        ),
        judges=tuple(JudgeSetup(**setup(seat.name, judge), seat=seat) for seat in plan.judges),
        metrics=(),
        settings=RunSettings(**settings),
        environment={},
        latency_gated=False,
    )


def conditions(session: str = "session") -> Conditions:
    """The outside as tests want it: real clocks, ids that count up."""
    import itertools
    import time

    ids = itertools.count()
    return Conditions(
        session=session,
        fresh=False,
        clock=time.perf_counter,
        wall=lambda: 1_790_000_000.0,
        new_id=lambda: f"{session}-{next(ids)}",
        environ={},
    )
