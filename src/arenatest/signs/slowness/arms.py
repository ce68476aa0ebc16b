"""One contestant's calls as causes of slowness are looked for in them: figures in columns."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from arenatest.model.answer import Answer, Timing
from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.model.record import Answered, Ledger, Setbacks

Clock = Literal["ttft", "ttfat", "e2e", "queue_wait"]

Figure = Literal[
    "started",  # wall clock
    "ttft",
    "ttfat",
    "e2e",
    "queue_wait",
    "taken",  # seconds until the stream had ended
    "first",  # TTFT; of an answer that was not streamed, the time until it came
    "ready",  # the same without the time to connect, which is a cause of its own
    "connecting",  # seconds to connect; 0 where the connection was open before
    "load",
    "server_queue",
    "streamed",  # output tokens that were streamed, thoughts included
    "said",  # output tokens of the answer alone
    "characters",
    "hidden",  # tokens of thoughts that were not streamed
    "thoughts",  # tokens of thoughts, streamed or not
    "aloud",  # seconds from the first streamed thought to the answer's first text
    "read",  # input tokens
    "cached",  # of them, those that were cached
    "whole",  # 1 where a long answer came in one read
]
FIGURES: tuple[Figure, ...] = get_args(Figure)

WHOLE_FROM = 20
"""Streamed tokens from which one read is no chance: a slow network bundles a few, never all."""


Place = tuple[str, int]
"""What a call answers: a prompt's id, and which of its repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The calls of one contestant in a run.

    Attributes:
        name: Whose calls.
        places: Those that gates look at: answered at the first attempt, with fit clocks of this
            run or of a recording.
        columns: Figures of these calls, in the order of ``places``; 0 where one is unknown.
        told: Figures that are known of some call.
        lagged: Places whose call came while our own event loop lagged too much, with the lag in
            seconds: no gate looks at them.
        lost: Places without a clock because the contestant failed, by the kind of failure;
            ``retried`` where a later attempt was answered.
        setbacks: Attempts that failed, by kind, whether or not a later one was answered.
        delay: Mean seconds that retried calls began later; None where none was.
    """

    name: str
    places: Sequence[Place]
    columns: Mapping[Figure, Sequence[float]]
    told: frozenset[Figure] = frozenset()
    lagged: Mapping[Place, float] = field(default_factory=dict)
    lost: Mapping[Place, str] = field(default_factory=dict)
    setbacks: Mapping[str, int] = field(default_factory=dict)
    delay: float | None = None

    def __getitem__(self, figure: Figure) -> Sequence[float]:
        """Return a column."""
        return self.columns[figure]

    def __len__(self) -> int:
        """Return how many calls have clocks."""
        return len(self.places)

    @property
    def asked(self) -> int:
        """Calls that were to have a clock."""
        return len(self.places) + len(self.lagged) + len(self.lost)

    @property
    def losses(self) -> Counter[str]:
        """How many calls were lost, by kind."""
        return Counter(self.lost.values())

    def on(self, places: Sequence[Place]) -> Arm:
        """Return the same with some of the calls, in the order of ``places``."""
        if places == self.places:
            return self
        rows = {place: row for row, place in enumerate(self.places)}
        chosen = [rows[place] for place in places]
        columns = {
            figure: [column[row] for row in chosen] for figure, column in self.columns.items()
        }
        return replace(self, places=places, columns=columns)


def arms_of(ledger: Ledger) -> dict[str, Arm]:
    """Return the calls of every contestant: those that were timed, else those that bought answers.

    It is read once for all of them: a ledger holds thousands.
    """
    gathered: defaultdict[str, _Gathered] = defaultdict(_Gathered)
    apart = ledger.plan.latency.dedicated
    for slot, answered in ledger.timings.items():
        gathered[slot.contestant].add(slot[1:], answered, apart=apart)
    for slot, answered in ledger.answers.items():
        if slot not in ledger.timings:
            gathered[slot.contestant].add(slot[1:], answered)
    names = [contestant.name for contestant in ledger.plan.contestants]
    return {name: gathered[name].arm(name, ledger.setbacks.get(name)) for name in names}


class _Gathered:
    """The calls of one contestant while they are read."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._rows: list[tuple[float | None, ...]] = []
        self._lost: dict[Place, str] = {}
        self._lagged: dict[Place, float] = {}

    def add(self, place: Place, answered: Answered, *, apart: bool = False) -> None:
        """Take a call in its place, unless it says nothing of this run, or nothing of time.

        Args:
            place: What it answers.
            answered: The call.
            apart: Whether it was made for its clocks alone: the time to connect is then taken off.
        """
        answer, timing = answered.answer, answered.answer.timing
        if answered.reused and (timing is None or timing.source == "measured"):
            return
        if answer.failure is not None:
            self._lost[place] = answer.failure.kind
        elif not answer.text:
            self._lost[place] = "empty"
        elif answered.attempts != 1 and (timing is None or timing.source == "measured"):
            self._lost[place] = "retried"
        elif timing is None or timing.source == "unfit":
            return
        elif (timing.lag or 0.0) > max(LAG, LAG_SHARE * (timing.ttft or timing.e2e or 0.0)):
            self._lagged[place] = timing.lag or 0.0
        else:
            self._places.append(place)
            self._rows.append(figures_of(answer, timing, answered.started, apart=apart))

    def arm(self, name: str, setbacks: Setbacks | None) -> Arm:
        """Return all that was taken."""
        nothing = [0.0] * len(self._places)
        columns: dict[Figure, Sequence[float]] = dict.fromkeys(FIGURES, nothing)
        told = set()
        for figure, column in zip(FIGURES, zip(*self._rows, strict=True), strict=False):
            if column.count(None) < len(column):
                told.add(figure)
                columns[figure] = [value or 0.0 for value in column]
        return Arm(
            name=name,
            places=self._places,
            columns=columns,
            told=frozenset(told),
            lagged=self._lagged,
            lost=self._lost,
            setbacks={} if setbacks is None else setbacks.failed,
            delay=None if setbacks is None else setbacks.delay,
        )


def figures_of(
    answer: Answer, timing: Timing, started: float | None, *, apart: bool = False
) -> tuple[float | None, ...]:
    """Return the ``FIGURES`` of one answered call, in their order; None where one is unknown."""
    ttft, ttfat, e2e = timing.ttft, timing.ttfat, timing.e2e
    connect = timing.connect if timing.connection_reused is False else 0.0
    if apart and connect:
        ttft, ttfat, e2e = (
            None if t is None else max(t - connect, 0.0) for t in (ttft, ttfat, e2e)
        )
        connect = 0.0
    usage, thinking = answer.usage, answer.reasoning
    said = streamed = hidden = thoughts = read = cached = None
    if usage is not None:
        thoughts, read, cached = usage.reasoning_tokens, usage.input_tokens, usage.cached_tokens
        hidden = 0 if thinking else thoughts
        if usage.output_tokens:
            said = max(usage.output_tokens - (thoughts or 0), 0)
            streamed = max(usage.output_tokens - (hidden or 0), 0)
    if thinking and not thoughts:
        thoughts = round(len(thinking) / _CHARACTERS)
    aloud = ttfat - ttft if thinking and ttft is not None and ttfat is not None else None
    first = e2e if ttft is None else ttft
    whole = timing.reads == 1 and (streamed or 0) >= WHOLE_FROM
    return (
        started,
        ttft,
        ttfat,
        e2e,
        timing.queue_wait,
        e2e if timing.wall is None else timing.wall,
        first,
        None if first is None else first - (connect or 0.0),
        connect,
        timing.load,
        timing.server_queue,
        streamed,
        said,
        len(answer.text),
        hidden,
        thoughts,
        aloud,
        read,
        cached,
        float(whole),
    )


def in_flight(arm: Arm) -> list[float] | None:
    """Return how many other calls of an arm were in flight when each began; None where unknown."""
    if not known(arm, "started"):
        return None
    starts = arm["started"]
    ends = sorted(map(sum, zip(starts, arm["taken"], strict=True)))
    order = sorted(range(len(starts)), key=starts.__getitem__)
    flying = [0.0] * len(starts)
    for before, row in enumerate(order):
        flying[row] = float(max(before - bisect_right(ends, starts[row]), 0))
    return flying


def known(arm: Arm, *figures: Figure, of: float = 1.0) -> bool:
    """Return whether figures are there for a share of an arm's calls."""
    return bool(arm.places) and all(
        sum(value > 0.0 for value in arm[figure]) >= of * len(arm) for figure in figures
    )


def in_common(ours: Arm, theirs: Arm) -> list[Place]:
    """Return the places where both have a clock, in the first one's order."""
    other = set(theirs.places)
    return [place for place in ours.places if place in other]


_CHARACTERS = 4.0  # of a token, where nobody counts thoughts
