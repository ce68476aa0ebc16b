"""Has battles judged: every game in both orders, blind, and measures plugins' metrics."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from arenatest.arena.answers import Answers
from arenatest.arena.asking import Asking
from arenatest.arena.calls import Caller
from arenatest.arena.cast import Cast, SeatedJudge
from arenatest.arena.foreign import guarded, measured_of, told, within
from arenatest.arena.journal import Journal
from arenatest.arena.keys import copies, measurement_key
from arenatest.arena.redact import Redactor
from arenatest.arena.reuse import Reuse
from arenatest.arena.seating import Said, Seated, seated
from arenatest.arena.stops import Stop
from arenatest.hookspec import Metric, Sample
from arenatest.model.answer import Answer
from arenatest.model.health import GOLDEN
from arenatest.model.judgment import Game, Judgment, Verdict, VoidCause
from arenatest.model.prompt import Prompt
from arenatest.model.record import (
    AnswerSlot,
    GameSlot,
    JudgmentPlaced,
    Ledger,
    Measured,
    MeasurementPlaced,
    MetricSlot,
)
from arenatest.suite.suite import MetricSetup

Work = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the plan one stands: a prompt, a repeat, and the rank of the prompt's block."""

    prompt: Prompt
    repeat: int
    rank: int


class _Pair(NamedTuple):
    """An answer that is at hand, and the baseline's to the same prompt, if that is too.

    Before them, in a conversation, come both contestants' earlier replies.
    """

    name: str
    prompt: Prompt
    repeat: int
    ours: Answer
    theirs: Answer | None
    ours_before: tuple[str, ...]
    theirs_before: tuple[str, ...]


class Wanted(Protocol):
    """Whose battles are to be judged, and which metrics measured."""

    @property
    def judgments(self) -> frozenset[str]:
        """Candidates."""

    @property
    def metrics(self) -> frozenset[tuple[str, str]]:
        """Names of metrics, each with whom it is measured on."""


class Games:
    """Fills the places of judgments and measurements in the ledger.

    Args:
        ledger: Where they are placed.
        cast: The judges and the metrics.
        caller: Makes the judges' calls.
        journal: Puts records on disk.
        reuse: What earlier runs bought.
        redactor: Takes secrets out of what judges say.
        wall: Seconds since 1970.
        patience: Seconds for a judge that asks no model, and for a metric.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        cast: Cast,
        caller: Caller,
        journal: Journal,
        reuse: Reuse,
        redactor: Redactor,
        wall: Callable[[], float],
        patience: float,
    ) -> None:
        self._ledger = ledger
        self._cast = cast
        self._caller = caller
        self._journal = journal
        self._reuse = reuse
        self._redactor = redactor
        self._wall = wall
        self._patience = patience
        self._copies = copies(ledger.plan)
        self._begun: set[GameSlot | MetricSlot] = set()
        self._told = _Told()
        self._candidates = [candidate.name for candidate in ledger.plan.candidates]
        self._before = {
            prompt.id: block[:number]
            for block in ledger.plan.blocks
            for number, prompt in enumerate(block)
            if number
        }

    async def preload(self, answers: Answers, wanted: Wanted) -> None:
        """Look up, in one go, what earlier runs made of answers that need no call."""
        if not self._reuse.active:
            return
        games: list[str] = []
        values: list[str] = []
        for block in self._ledger.plan.blocks:
            for number in range(len(block)):
                for pair in self._pairs(answers, block[: number + 1]):
                    games += (key for _, key in self._due_games(pair, wanted))
                    values += (key for _, key in self._due_values(pair, wanted))
        await self._reuse.load_judgments(games)
        await self._reuse.load_measurements(values)

    def known(self, answers: Answers, turns: Sequence[Prompt], wanted: Wanted) -> bool:
        """Return whether nothing of the last of ``turns`` needs a call, a judge or a metric."""
        return all(
            all(self._reuse.judgment(key) for _, key in self._due_games(pair, wanted))
            and all(self._reuse.measurement(key) for _, key in self._due_values(pair, wanted))
            for pair in self._pairs(answers, turns)
        )

    def _pairs(self, answers: Answers, turns: Sequence[Prompt]) -> Iterator[_Pair]:
        """Yield every contestant's answer that takes no call, beside the baseline's."""
        baseline = self._ledger.plan.baseline.name
        for repeat in range(self._ledger.plan.repeats):
            theirs = answers.known(baseline, turns, repeat)
            before = answers.before(baseline, turns, repeat)
            for name in self._cast.targets:
                ours = answers.known(name, turns, repeat)
                if ours is not None and ours.ok:
                    own = answers.before(name, turns, repeat)
                    yield _Pair(name, turns[-1], repeat, ours, theirs, own, before)

    def _due_games(self, pair: _Pair, wanted: Wanted) -> Iterator[tuple[GameSlot, str]]:
        """Yield the wanted games that are not on record, with their keys."""
        theirs = pair.theirs
        if pair.name not in wanted.judgments or theirs is None:
            return
        if self._ledger.plan.finishes.judged(pair.ours, theirs):
            place = (pair.name, pair.prompt, pair.repeat)
            ours = Said(pair.ours.text, pair.ours_before)
            for _, slot, _, key in self._seated(place, Said(theirs.text, pair.theirs_before), ours):
                if slot not in self._ledger.judgments:
                    yield slot, key

    def _due_values(self, pair: _Pair, wanted: Wanted) -> Iterator[tuple[MetricSlot, str]]:
        """Yield the wanted values of metrics that are not on record, with their keys."""
        for setup, _ in self._cast.metrics:
            slot = MetricSlot(setup.name, pair.name, pair.prompt.id, pair.repeat)
            if (setup.name, pair.name) in wanted.metrics and slot not in self._ledger.measurements:
                sample = _sample(setup, pair.prompt, pair.ours, pair.theirs)
                if sample is not None:
                    yield slot, measurement_key(setup, sample)

    async def golden(self, look: Callable[[], Wanted]) -> Iterator[Work]:
        """Return the work of having the golden set judged, in both orders, where it is wanted.

        Args:
            look: Tells what undecided gates need; asked again before each call.
        """
        if GOLDEN not in look().judgments:
            return iter(())
        games = [
            game
            for battle in self._ledger.plan.golden
            for game in seated(
                self._cast.judges,
                (GOLDEN, battle.prompt, 0),
                Said(battle.text_a),
                Said(battle.text_b),
                copy=0,
            )
        ]
        await self._reuse.load_judgments([game.key for game in games])
        return self._plays(games, rank=-1, wanted=lambda: GOLDEN in look().judgments)

    def ready(
        self, name: str, prompt: Prompt, repeat: int, look: Callable[[], Wanted], *, rank: int
    ) -> Iterator[Work]:
        """Yield the work that the arrival of one contestant's answer makes possible, once.

        Args:
            name: Whose answer.
            prompt: To which prompt.
            repeat: In which repeat.
            look: Tells what undecided gates need of this prompt; asked again before each call.
            rank: The position of the prompt's block in the plan.
        """
        wanted = look()
        baseline = self._ledger.plan.baseline.name
        theirs = self._answer(baseline, prompt, repeat)
        arrived = [baseline, *self._candidates] if name == baseline else [name]
        spot = Spot(prompt, repeat, rank)
        for contestant in arrived:
            ours = self._answer(contestant, prompt, repeat)
            if ours is None:
                continue
            if contestant in wanted.judgments and theirs is not None:
                yield from self._battle(contestant, spot, theirs, ours, look)
            if ours.ok:
                yield from self._measurements(contestant, spot, ours, theirs, wanted)

    def _battle(
        self,
        candidate: str,
        spot: Spot,
        theirs: Answer,
        ours: Answer,
        look: Callable[[], Wanted],
    ) -> Iterator[Work]:
        if not self._ledger.plan.finishes.judged(ours, theirs):
            return

        def wanted() -> bool:
            return candidate in look().judgments

        place = (candidate, spot.prompt, spot.repeat)
        baseline = self._ledger.plan.baseline.name
        base = Said(theirs.text, self._said_before(baseline, spot))
        own = Said(ours.text, self._said_before(candidate, spot))
        yield from self._plays(self._seated(place, base, own), rank=spot.rank, wanted=wanted)

    def _plays(
        self, games: Iterable[Seated], *, rank: int, wanted: Callable[[], bool]
    ) -> Iterator[Work]:
        for seat, slot, game, key in games:
            if slot not in self._ledger.judgments and slot not in self._begun:
                self._begun.add(slot)
                asking = Asking(
                    seat, self._caller, key=key, repeat=game.repeat, rank=rank, wanted=wanted
                )
                yield self._play(seat, slot, game, key, asking)

    def _measurements(
        self,
        name: str,
        spot: Spot,
        ours: Answer,
        theirs: Answer | None,
        wanted: Wanted,
    ) -> Iterator[Work]:
        for setup, metric in self._cast.metrics:
            slot = MetricSlot(setup.name, name, spot.prompt.id, spot.repeat)
            if (setup.name, name) not in wanted.metrics or slot in self._begun:
                continue
            sample = _sample(setup, spot.prompt, ours, theirs)
            if sample is not None and slot not in self._ledger.measurements:
                self._begun.add(slot)
                yield self._measure(slot, setup, metric, sample)

    def _seated(self, place: tuple[str, Prompt, int], theirs: Said, ours: Said) -> Iterator[Seated]:
        copy = self._copies[place[1].id]
        return seated(self._cast.judges, place, theirs, ours, copy=copy)

    def _said_before(self, name: str, spot: Spot) -> tuple[str, ...]:
        """Return a contestant's replies to the earlier turns of a conversation."""
        earlier = self._before.get(spot.prompt.id, ())
        answers = (self._answer(name, turn, spot.repeat) for turn in earlier)
        return tuple([answer.text for answer in answers if answer is not None])

    async def _play(
        self, seated: SeatedJudge, slot: GameSlot, game: Game, key: str, asking: Asking
    ) -> None:
        found = self._reuse.judgment(key)
        try:
            judgment = found or await self._judge(seated, game, asking)
        except Stop:
            return
        placed = JudgmentPlaced(
            run=self._ledger.run.id,
            slot=slot,
            key=key,
            judgment=judgment,
            made=self._wall(),
            reused=found is not None,
        )
        self._journal.post(placed)
        self._ledger.judgments[slot] = self._told[judgment.verdict, judgment.void]
        self._begun.discard(slot)

    async def _judge(self, seated: SeatedJudge, game: Game, asking: Asking) -> Judgment:
        try:
            judging = seated.judge.judge(game, asking.ask)
            if seated.target is None:
                judging = within(self._patience, judging)
            judgment = _sound(await guarded(judging))
        except Exception as error:  # plugin code: its failure is a value
            judgment = Judgment(void="judge", explanation=told(error))
        if asking.broken is not None:  # whatever the judge made of it: it is not its failure
            raise asking.broken
        return replace(
            judgment,
            explanation=self._redactor.text(judgment.explanation),
            chat_id=judgment.chat_id or asking.chat_id,
        )

    async def _measure(
        self, slot: MetricSlot, setup: MetricSetup, metric: Metric, sample: Sample
    ) -> None:
        key = measurement_key(setup, sample)
        measured = self._reuse.measurement(key)
        if measured is not None and measured.value is not None:
            measured = measured_of(measured.value, setup.spec)  # which it was not always
        if measured is None:
            try:
                value = await within(self._patience, metric.measure(sample))
                measured = measured_of(value, setup.spec)
            except Exception as error:  # plugin code: its failure is a value
                measured = Measured(error=self._redactor.text(told(error)))
        self._journal.post(
            MeasurementPlaced(run=self._ledger.run.id, slot=slot, key=key, measured=measured)
        )
        self._ledger.measurements[slot] = measured
        self._begun.discard(slot)

    def _answer(self, name: str, prompt: Prompt, repeat: int) -> Answer | None:
        placed = self._ledger.answers.get(AnswerSlot(name, prompt.id, repeat))
        return None if placed is None else placed.answer


def _sample(
    setup: MetricSetup, prompt: Prompt, ours: Answer, theirs: Answer | None
) -> Sample | None:
    """Return what a metric looks at; None while a metric of battles lacks the baseline's answer."""
    if setup.spec.of == "answer":
        return Sample(prompt=prompt, answer=ours, baseline=None)
    if theirs is None or not theirs.ok:
        return None
    return Sample(prompt=prompt, answer=ours, baseline=theirs)


class _Told(dict[tuple[Verdict | None, VoidCause | None], Judgment]):
    """What gates need of a judgment, each once: reasons and chat ids wait in the store."""

    def __missing__(self, said: tuple[Verdict | None, VoidCause | None]) -> Judgment:
        return self.setdefault(said, Judgment(verdict=said[0], void=said[1]))


def _sound(judgment: object) -> Judgment:
    """Return what a judge returned, if it is a judgment that can be counted.

    Raises:
        TypeError: It is something else, or holds something else.
    """
    if not isinstance(judgment, Judgment):
        raise TypeError(f"returned {type(judgment).__name__}, expected a Judgment")
    verdict, void = judgment.verdict, judgment.void
    if not isinstance(verdict, Verdict | None) or (verdict is None) == (void is None):
        raise TypeError(f"returned the verdict {verdict!r} with the void {void!r}, expected one")
    if not isinstance(judgment.explanation, str):
        raise TypeError(f"returned {judgment.explanation!r} as an explanation, expected text")
    return judgment
