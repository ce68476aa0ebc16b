"""Whether the judges of a gate decide anything: a judge that does not must not decide a release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from arenatest.gates.conduct import MEASURES, Part, golden_part, labels_of, seen_battles, total
from arenatest.gates.evidence import Games, Jury
from arenatest.model.plan import Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger
from arenatest.model.said import chairs_of, said_in

ENOUGH_PROMPTS = 20
_ROUNDING = 1e-9  # 0.55 * 100 is 55.00000000000001


class Health:
    """Adds up what each judge did among prompts with different texts.

    Judges are looked at one by one: one that always ties, or that names the first answer every
    time, pulls the mean of a jury towards a tie and would hide what the others see. And they are
    looked at together: sound judges that never agree make a jury that never decides.

    Args:
        plan: The judges, and what they are held to.
        candidates: Whose battles the gate rests on.
        prompts: Those of the gate's slice.
    """

    __slots__ = (
        "_candidates",
        "_golden",
        "_jury",
        "_labels",
        "_limits",
        "_names",
        "_seen",
        "_watched",
    )

    def __init__(self, plan: Plan, candidates: Sequence[str], prompts: Sequence[Prompt]) -> None:
        self._names = [judge.name for judge in plan.judges]
        self._limits = plan.limits
        self._seen = [Games() for _ in self._names]
        self._jury = Games()
        self._candidates = candidates
        self._labels = labels_of(plan)
        labelled = sum(
            any((prompt.id, name) in self._labels for name in candidates) for prompt in prompts
        )
        self._watched = [
            _Watched(limit, share, min(limit.enough, labelled) if limit.human else limit.enough)
            for limit in _LIMITS
            if (share := getattr(plan.limits, limit.metric)) is not None
        ]
        held = plan.limits.golden_agreement is not None and bool(plan.golden)
        self._golden: list[Part] | None = None if held else []

    def add(self, games: Jury, jury: Games) -> None:
        """Take one prompt's games, and what the judges made of them together."""
        if games:
            self._jury = _sum(self._jury, jury)
            self._seen = [_sum(seen, new) for seen, new in zip(self._seen, games, strict=True)]

    def look(self, ledger: Ledger, prompts: Iterable[Prompt]) -> None:
        """Take what the record says of settled prompts, for the limits that are set."""
        if not self._watched:
            return
        look = said_in(ledger, chairs_of(ledger.plan.judges))
        for prompt in prompts:
            judged = [
                seen_battles(ledger, name, prompt, look, labels=self._labels) or []
                for name in self._candidates
            ]
            for watched in self._watched:
                measure = MEASURES[watched.limit.metric]
                watched.add(
                    [total(map(measure, chain(*own))) for own in zip(*judged, strict=False)]
                )

    def ready(self, ledger: Ledger) -> bool:
        """Return whether the golden set is judged, where a limit is about it: that comes first."""
        if self._golden is None:
            self._golden = _golden(ledger)
        return self._golden is not None

    @property
    def problem(self) -> str:
        """What is wrong with a judge so far, for people; empty where nothing is."""
        return next(filter(None, self._problems()), "")

    @property
    def waiting(self) -> bool:
        """Whether a limit that is set cannot be looked at yet."""
        return any(watched.waiting for watched in self._watched)

    @property
    def silence(self) -> str:
        """Which judge has not preferred an answer yet, for people; empty where each has.

        Fewer than ``ENOUGH_PROMPTS`` ties may be ties, which is no fault of the judge; but they
        are no proof of anything either, for a judge that always ties says the same.
        """
        for place, seen in enumerate(self._seen):
            if seen.prompts and not seen.decisive:
                return self._named(place, _preferred(seen))
        jury = self._jury
        return f"the jury {_preferred(jury)}" if jury.prompts and not jury.decisive else ""

    @property
    def golden_problem(self) -> str:
        """Which judge is wrong on the golden set, for people; no battle can mend that."""
        least = self._limits.golden_agreement
        for place, (right, read) in enumerate(self._golden or ()):
            if least is not None and (_under(right, least, read) or not read):
                return self._named(place, f"was right in only {right:g} of {read:g} golden games")
        return ""

    def _problems(self) -> Iterable[str]:
        for place, seen in enumerate(self._seen):
            yield self._named(place, self._problem(seen))
            for watched in self._watched:
                yield self._named(place, watched.problem(place))
        if self._undecided(self._jury):
            yield f"the jury {_preferred(self._jury)}"

    def _problem(self, seen: Games) -> str:
        limits = self._limits
        if _under(seen.read, limits.parse_rate, seen.played):
            return f"gave a verdict in only {seen.read} of {seen.played} games"
        if _over(seen.flips, limits.flip_rate, seen.pairs):
            return (
                f"named another winner after the answers changed places in {seen.flips} of "
                f"{seen.pairs} pairs of games"
            )
        return _preferred(seen) if self._undecided(seen) else ""

    def _undecided(self, seen: Games) -> bool:
        few = _under(seen.decisive, self._limits.decisive_rate, seen.prompts)
        return seen.prompts >= ENOUGH_PROMPTS and few

    def _named(self, place: int, problem: str) -> str:
        who = "the judge" if len(self._names) == 1 else f"the judge {self._names[place]}"
        return problem and f"{who} {problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """A limit that a suite may set.

    Attributes:
        metric: What is limited; its measure and its key.
        bound: Whether the share may be at most the limit, at least, or neither it nor the rest
            above it.
        words: What a judge beyond it did, with ``{part}`` and ``{whole}``.
        enough: Prompts from which on it is looked at; until then nothing is decided.
        human: Whether there may be fewer prompts, because people labelled no more.
    """

    metric: str
    bound: Literal["most", "least", "either"]
    words: str
    enough: int = ENOUGH_PROMPTS
    human: bool = False


_LIMITS = (
    _Limit(
        metric="judge_error_rate", bound="most", words="failed in {part} of {whole} games", enough=0
    ),
    _Limit(
        metric="first_share",
        bound="either",
        words="named the first answer in {part} of {whole} decided games",
    ),
    _Limit(
        metric="length_preference",
        bound="most",
        words="preferred the longer answer in {part} of {whole} decided battles",
    ),
    _Limit(
        metric="human_agreement",
        bound="least",
        words="named the winner that people name in only {part} of {whole} labelled battles",
        human=True,
    ),
)


class _Watched:
    """What each judge did so far about one limit."""

    __slots__ = ("_enough", "_seen", "_share", "limit")

    def __init__(self, limit: _Limit, share: float, enough: int) -> None:
        self.limit = limit
        self._share = share
        self._enough = enough
        self._seen: list[tuple[Part, int]] = []

    def add(self, parts: list[Part]) -> None:
        """Take what each judge did on one prompt."""
        before = self._seen or [(Part(), 0)] * len(parts)
        self._seen = [
            (total((seen, part)), prompts + bool(part.whole))
            for (seen, prompts), part in zip(before, parts, strict=False)
        ]

    @property
    def waiting(self) -> bool:
        """Whether a judge has not been seen on enough prompts."""
        if not self._seen:
            return self._enough > 0
        return any(prompts < self._enough for _, prompts in self._seen)

    def problem(self, place: int) -> str:
        """What one judge did beyond the limit; empty where nothing."""
        if not self._seen:
            return ""
        (part, whole), prompts = self._seen[place]
        if not whole or prompts < self._enough:
            return ""
        beyond = {
            "most": _over(part, self._share, whole),
            "least": _under(part, self._share, whole),
            "either": _over(max(part, whole - part), self._share, whole),
        }
        if not beyond[self.limit.bound]:
            return ""
        return self.limit.words.format(part=f"{part:g}", whole=f"{whole:g}")


def _over(part: float, share: float, whole: float) -> bool:
    return part > share * whole + _ROUNDING


def _under(part: float, share: float, whole: float) -> bool:
    return part < share * whole - _ROUNDING


def _golden(ledger: Ledger) -> list[Part] | None:
    """Return how often each judge was right; None while a golden game is missing."""
    found = []
    for seat in ledger.plan.judges:
        parts = [golden_part(ledger, seat, battle) for battle in ledger.plan.golden]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        found.append(total(known))
    return found


def _sum(seen: Games, new: Games) -> Games:
    return Games(
        seen.played + new.played,
        seen.read + new.read,
        seen.pairs + new.pairs,
        seen.flips + new.flips,
        seen.prompts + new.prompts,
        seen.decisive + new.decisive,
    )


def _preferred(seen: Games) -> str:
    return f"preferred an answer on only {seen.decisive} of {seen.prompts} prompts"
