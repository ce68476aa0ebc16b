"""Whether the judges of a gate decide anything: a judge that does not must not decide a release."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.gates.evidence import Games, Jury

LEAST_READ = 0.95
MOST_FLIPS = 0.50
LEAST_DECISIVE = 0.05
ENOUGH_PROMPTS = 20


class Health:
    """Adds up what each judge did among prompts with different texts.

    Judges are looked at one by one: one that always ties, or that names the first answer every
    time, pulls the mean of a jury towards a tie and would hide what the others see.

    Args:
        judges: Their names, in the order of the plan.
    """

    __slots__ = ("_judges", "_seen")

    def __init__(self, judges: Sequence[str]) -> None:
        self._judges = judges
        self._seen = [Games() for _ in judges]

    def add(self, games: Jury) -> None:
        """Take one prompt's games."""
        if games:
            self._seen = [_sum(seen, new) for seen, new in zip(self._seen, games, strict=True)]

    @property
    def problem(self) -> str:
        """What is wrong with a judge so far, for people; empty where nothing is."""
        problems = (self._named(place, _problem(seen)) for place, seen in enumerate(self._seen))
        return next(filter(None, problems), "")

    @property
    def silence(self) -> str:
        """Which judge has not preferred an answer yet, for people; empty where each has.

        Fewer than ``ENOUGH_PROMPTS`` ties may be ties, which is no fault of the judge; but they
        are no proof of anything either, for a judge that always ties says the same.
        """
        for place, seen in enumerate(self._seen):
            if seen.prompts and not seen.decisive:
                return self._named(place, _preferred(seen))
        return ""

    def _named(self, place: int, problem: str) -> str:
        who = "the judge" if len(self._judges) == 1 else f"the judge {self._judges[place]}"
        return problem and f"{who} {problem}"


def _sum(seen: Games, new: Games) -> Games:
    return Games(
        seen.played + new.played,
        seen.read + new.read,
        seen.pairs + new.pairs,
        seen.flips + new.flips,
        seen.prompts + new.prompts,
        seen.decisive + new.decisive,
    )


def _problem(seen: Games) -> str:
    if seen.read < LEAST_READ * seen.played:
        return f"gave a verdict in only {seen.read} of {seen.played} games"
    if seen.flips > MOST_FLIPS * seen.pairs:
        return (
            f"named another winner after the answers changed places in {seen.flips} of "
            f"{seen.pairs} pairs of games"
        )
    if seen.prompts >= ENOUGH_PROMPTS and seen.decisive < LEAST_DECISIVE * seen.prompts:
        return _preferred(seen)
    return ""


def _preferred(seen: Games) -> str:
    return f"preferred an answer on only {seen.decisive} of {seen.prompts} prompts"
