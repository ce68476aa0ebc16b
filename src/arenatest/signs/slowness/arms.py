"""One contestant's calls as causes of slowness are looked for in them: figures in columns."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from arenatest.model.answer import Timing
from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.model.record import Answered, Ledger, Setbacks
from arenatest.signs.slowness.figures import READ, Figure

Clock = Literal["ttft", "ttfat", "e2e", "queue_wait"]

Place = tuple[str, int]
"""What a call answers: a prompt's id, and which of its repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The calls of one contestant in a run.

    Figures are read when somebody asks for them: of most contestants nobody asks for more than two.

    Attributes:
        name: Whose calls.
        places: Those that gates look at: answered at the first attempt, with fit clocks of this
            run or of a recording.
        calls: These calls, in the order of ``places``; without the time to connect where they were
            made for their clocks alone.
        lagged: Places whose call came while our own event loop lagged too much, with the lag in
            seconds: no gate looks at them.
        lost: Places without a clock because the contestant failed, by the kind of failure;
            ``retried`` where a later attempt was answered.
        setbacks: Attempts that failed, by kind, whether or not a later one was answered.
        delay: Mean seconds that retried calls began later; None where none was.
    """

    name: str
    places: Sequence[Place]
    calls: Sequence[Answered]
    lagged: Mapping[Place, float] = field(default_factory=dict)
    lost: Mapping[Place, str] = field(default_factory=dict)
    setbacks: Mapping[str, int] = field(default_factory=dict)
    delay: float | None = None
    _columns: dict[Figure, Sequence[float]] = field(default_factory=dict)

    def __getitem__(self, figure: Figure) -> Sequence[float]:
        """Return a figure of every call; 0 where it is unknown."""
        if figure not in self._columns:
            read = READ[figure]
            column = array("d", [read(call) or 0.0 for call in self.calls])
            self._columns[figure] = column
        return self._columns[figure]

    def __len__(self) -> int:
        """Return how many calls have clocks."""
        return len(self.places)

    def tells(self, figure: Figure) -> bool:
        """Return whether a figure is known of some call."""
        read = READ[figure]
        return any(read(call) is not None for call in self.calls)

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
        calls = dict(zip(self.places, self.calls, strict=True))
        chosen = [calls[place] for place in places]
        return replace(self, places=places, calls=chosen, _columns={})


def arms_of(ledger: Ledger) -> dict[str, Arm]:
    """Return the calls of every contestant: those made for their clocks alone, where there are any.

    They are gathered once for all contestants: a ledger holds thousands.
    """
    apart = ledger.plan.latency.dedicated and bool(ledger.timings)
    gathered: defaultdict[str, _Gathered] = defaultdict(_Gathered)
    for slot, answered in ledger.timings.items():
        gathered[slot.contestant].add(slot[1:], answered, apart=apart)
    for slot, answered in () if apart else ledger.answers.items():
        if slot not in ledger.timings:
            gathered[slot.contestant].add(slot[1:], answered)
    names = [contestant.name for contestant in ledger.plan.contestants]
    return {name: gathered[name].arm(name, ledger.setbacks.get(name)) for name in names}


class _Gathered:
    """The calls of one contestant while they are sorted."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._calls: list[Answered] = []
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
        elif answer.silent:
            self._lost[place] = "empty"
        elif answered.attempts != 1 and (timing is None or timing.source == "measured"):
            self._lost[place] = "retried"
        elif timing is None or timing.source == "unfit":
            return
        elif lag := _lag_of(timing):
            self._lagged[place] = lag
        else:
            self._places.append(place)
            self._calls.append(_connected(answered, timing) if apart else answered)

    def arm(self, name: str, setbacks: Setbacks | None) -> Arm:
        """Return all that was taken."""
        return Arm(
            name=name,
            places=self._places,
            calls=self._calls,
            lagged=self._lagged,
            lost=self._lost,
            setbacks={} if setbacks is None else setbacks.failed,
            delay=None if setbacks is None else setbacks.delay,
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


def _lag_of(timing: Timing) -> float:
    """Return our own lag where it is too much of the time that it overlapped, and else 0."""
    first = timing.lag or 0.0
    whole = max(first, timing.stream_lag or 0.0)
    if whole > max(LAG, LAG_SHARE * (timing.e2e or 0.0)):
        return whole
    return first if first > max(LAG, LAG_SHARE * (timing.ttft or timing.e2e or 0.0)) else 0.0


def _connected(answered: Answered, timing: Timing) -> Answered:
    """Return a call as if its connection had been open before."""
    connect = timing.connect
    if timing.connection_reused is not False or not connect:
        return answered
    ttft, ttfat, e2e = (
        None if seconds is None else max(seconds - connect, 0.0)
        for seconds in (timing.ttft, timing.ttfat, timing.e2e)
    )
    clocks = replace(timing, ttft=ttft, ttfat=ttfat, e2e=e2e, connect=0.0)
    return replace(answered, answer=replace(answered.answer, timing=clocks))
