"""What a run recorded: everything that measurements, decisions and reports are computed from."""

from __future__ import annotations

from abc import abstractmethod
from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from arenatest.model.answer import Answer
from arenatest.model.decision import Decision
from arenatest.model.judgment import Judgment, Order
from arenatest.model.load import Loaded, LoadSlot
from arenatest.model.plan import Plan


class AnswerSlot(NamedTuple):
    """The place of one answer in a plan."""

    contestant: str
    prompt: str
    repeat: int = 0


class GameSlot(NamedTuple):
    """The place of one judgment in a plan: one judge, one order, one battle."""

    candidate: str
    prompt: str
    repeat: int
    judge: str
    judge_repeat: int
    order: Order


class MetricSlot(NamedTuple):
    """The place of one value of a plugin's metric in a plan."""

    metric: str
    contestant: str
    prompt: str
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer in its place: the final one of its attempts.

    Attributes:
        answer: Text, usage, timing, or the failure after all retries.
        chat_id: The model call that gave it.
        attempts: Calls that were made for it; a latency gate takes only the first.
        reused: Whether it was bought by an earlier run.
        cost: US dollars; None where price or usage is unknown.
        started: Wall clock, seconds since 1970; filled where a run is read back.
        level: Which level of the cache a reused one came from: ``memory``, ``store``, or the
            scheme of the shared one's URL. Empty for others, and in older records.
    """

    answer: Answer
    chat_id: str
    attempts: int = 1
    reused: bool = False
    cost: float | None = None
    started: float | None = None
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value of a plugin's metric, or why there is none."""

    value: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One model call as it is stored: every attempt is one.

    Attributes:
        chat_id: Unique; sent to the server as ``X-Client-Request-Id``.
        role: What the call was for: an answer to be judged, a judge's verdict, timing alone, or
            load.
        owner: Name of the contestant or the judge.
        key: Content identity of what was asked of whom; equal keys may be reused.
        prompt: The prompt's id.
        attempt: From 1; 0 where an answer was given up without a call.
        final: Whether no further attempt follows.
        started: Wall clock, seconds since 1970; for display and expiry, never for a duration.
    """

    chat_id: str
    run: str
    role: Literal["answer", "judge", "timing", "warmup", "load"]
    owner: str
    key: str
    prompt: str
    repeat: int
    attempt: int
    final: bool
    started: float
    answer: Answer
    cost: float | None = None


Purpose = Literal["both", "text", "timing"]
"""What an answer is for: it is judged (``text``), its clocks count (``timing``), or both."""
JUDGED: tuple[Purpose, ...] = ("both", "text")
"""The purposes of answers that are judged."""
TIMED: tuple[Purpose, ...] = ("both", "timing")
"""The purposes of answers whose clocks count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPlaced:
    """Says which call fills a place of a run's plan.

    Attributes:
        purpose: What for. Where a place is filled for one purpose alone as well, that counts.
        reused: Whether the call was made by an earlier run.
        level: As of ``Answered``.
    """

    run: str
    slot: AnswerSlot
    purpose: Purpose
    chat_id: str
    attempts: int
    reused: bool = False
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlaced:
    """Says which call was which request of a level; all of a level are written together.

    Attributes:
        number: Of the request, from 0; the first ones warm up.
        due: Seconds from the start of the level, as in ``Loaded``.
    """

    run: str
    slot: LoadSlot
    number: int
    chat_id: str
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgmentPlaced:
    """A judgment in its place; ``key`` is the content identity of the game and its judge."""

    run: str
    slot: GameSlot
    key: str
    judgment: Judgment
    made: float
    reused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementPlaced:
    """A value of a plugin's metric in its place; ``key`` as for judgments."""

    run: str
    slot: MetricSlot
    key: str
    measured: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade:
    """A gate's decision, written once it stands."""

    run: str
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a run, or to what it recorded.

    Attributes:
        id: Unique; writing an event twice changes nothing.
        at: Wall clock, seconds since 1970.
        kind: One word, such as ``begun``, ``continued``, ``stopped``, ``finished`` or ``pruned``.
        details: What belongs to its kind.
    """

    id: str
    run: str
    at: float
    kind: str
    details: Mapping[str, str | int | float] = field(default_factory=dict)


Record = (
    Generation
    | AnswerPlaced
    | LoadPlaced
    | JudgmentPlaced
    | MeasurementPlaced
    | DecisionMade
    | Event
)
"""What is written to the store while a run goes on; writing one twice changes nothing."""

Served = Mapping[tuple[Literal["answer", "judge"], str], tuple[str, ...]]
"""The models that servers named in a run, sorted, by the role and the name of who was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One ``pytest --arena`` on one suite.

    Attributes:
        id: Unique.
        session: Shared by the suites and the processes of one invocation.
        started, finished: Wall clock, seconds since 1970; ``finished`` is None while it is open.
        attempt: How many runs of this plan there are, this one included.
        stopped: Why it ended before its plan: a cause and a line for people; None otherwise.
        versions: Of arenatest, Python and pytest.
        commit: The commit under test, in lower-case hexadecimal digits; None where unknown.
        source: What the run was imported from, such as ``evalscope``; None for our own.
        reuses_from: Wall clock from which on it may use what other runs bought, seconds since
            1970: when it was begun, or continued last, less the days for which its suite does so.
            None where unknown.
    """

    id: str
    session: str
    plan_hash: str
    started: float
    finished: float | None = None
    attempt: int = 1
    stopped: tuple[Literal["plan", "budget"], str] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    source: str | None = None
    reuses_from: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What the calls of one judge took in one run, failed ones included; None where nobody told."""

    calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setbacks:
    """What went wrong on the way to one contestant's answers.

    Attributes:
        failed: Attempts that failed, by kind, whether or not a later one was answered.
        delay: Mean seconds that the last attempt of a retried call began after its first; None
            where none was retried.
    """

    failed: Mapping[str, int]
    delay: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """What one ``--arena-rerun`` had bought anew, in its place.

    Attributes:
        at: Wall clock, seconds since 1970.
        what: ``failed`` or ``void``.
        answers: Failed answers that were asked again.
        judgments: Void judgments that were made again.
        values: Of metrics that could not give one.
    """

    at: float
    what: str
    answers: int = 0
    judgments: int = 0
    values: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What stood in the record before it was asked again.

    Attributes:
        answers: The first failure in each place.
        judgments: The first void in each place.
        decisions: Passes and fails that had fallen: they stand, by candidate and gate.
    """

    answers: MutableMapping[AnswerSlot, Answered] = field(default_factory=dict)
    judgments: MutableMapping[GameSlot, Judgment] = field(default_factory=dict)
    decisions: MutableMapping[tuple[str, str], Decision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """What is known of all calls whose clocks count, without a look at each.

    Attributes:
        largest_lag: No call came while our own event loop lagged by more: seconds.
        lost: Whether any call may have failed, said nothing or been made again.
    """

    largest_lag: float
    lost: bool


class Clocks(MutableMapping[AnswerSlot, Answered]):
    """Calls in their places which tell their clocks without a look at each call."""

    @abstractmethod
    def clear_clocks(self, slot: AnswerSlot, repeats: int, clock: str) -> Sequence[float] | None:
        """Return a clock of the calls in a place and its next repeats, where all of them are clear.

        A clock is clear that was measured in this run, of a call that was answered with text at
        the first attempt, on a connection that was open as far as anybody knows, while our own
        event loop never lagged by more than ``LAG``.

        Args:
            slot: The place of the first repeat.
            repeats: How many of them.
            clock: A field of ``Timing``.

        Returns:
            Seconds: finite, none below 0. None where a call is missing, or its clock is not clear
            or not known to be: then each is to be looked at.
        """


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The record of one run, as it stands: the engine fills it, everything else only reads it.

    Attributes:
        answers: The answers that are judged, by place; failures included.
        timings: The calls whose clocks count: made in this run, or recorded ones.
        loads: What came of the requests of each level that was measured whole, in their order,
            those that warmed up first.
        judgments: Verdicts and voids of games. Battles with equal texts have none: they tie.
        measurements: Values of plugins' metrics.
        calls: Model calls made in this run, by owner's name.
        cost: US dollars spent in this run, as far as known.
        uncosted: Calls whose cost is unknown.
        bills: What judges' calls took in this run, by judge; filled where a run is read back.
        setbacks: Of contestants whose attempts failed in this run, by name; filled likewise.
        unfit: Why no gate may rest on the judges, for people: the suite asks for an A/A run, and
            none counts. Empty where they may.
        facts: Of ``timings``; None while they may grow, or where nobody counted.
        asked_again: What was bought anew in its place, earliest first.
        before: What stood in these places; None where nothing was asked again.
    """

    run: Run
    plan: Plan
    answers: MutableMapping[AnswerSlot, Answered] = field(default_factory=dict)
    timings: MutableMapping[AnswerSlot, Answered] = field(default_factory=dict)
    loads: MutableMapping[LoadSlot, tuple[Loaded, ...]] = field(default_factory=dict)
    judgments: MutableMapping[GameSlot, Judgment] = field(default_factory=dict)
    measurements: MutableMapping[MetricSlot, Measured] = field(default_factory=dict)
    calls: MutableMapping[str, int] = field(default_factory=dict)
    cost: float = 0.0
    uncosted: int = 0
    warnings: list[str] = field(default_factory=list)
    bills: MutableMapping[str, Bill] = field(default_factory=dict)
    setbacks: Mapping[str, Setbacks] = field(default_factory=dict)
    unfit: str = ""
    facts: ClockFacts | None = None
    asked_again: tuple[AskedAgain, ...] = ()
    before: Before | None = None

    @property
    def at_first(self) -> Ledger:
        """The record with what had failed, or was void, before that was asked again."""
        if self.before is None:
            return self
        return replace(
            self,
            answers=ChainMap(self.before.answers, self.answers),
            judgments=ChainMap(self.before.judgments, self.judgments),
            before=None,
        )

    def stands(self, candidate: str, gate: str) -> Decision | None:
        """Return the decision of a gate that had fallen before anything was asked again."""
        return None if self.before is None else self.before.decisions.get((candidate, gate))
