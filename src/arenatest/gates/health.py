"""Whether the judges of a gate decide anything: a judge that does not must not decide a release."""

from __future__ import annotations

from arenatest.gates.evidence import Games

LEAST_READ = 0.95
MOST_FLIPS = 0.50
LEAST_DECISIVE = 0.05
ENOUGH_PROMPTS = 20


class Health:
    """Adds up what the judges did among prompts with different texts."""

    __slots__ = ("_decisive", "_flips", "_pairs", "_played", "_prompts", "_read")

    def __init__(self) -> None:
        self._played = self._read = self._pairs = self._flips = 0
        self._prompts = self._decisive = 0

    def add(self, games: Games) -> None:
        """Take one prompt's games."""
        self._played += games.played
        self._read += games.read
        self._pairs += games.pairs
        self._flips += games.flips
        self._prompts += games.prompts
        self._decisive += games.decisive

    @property
    def problem(self) -> str:
        """What is wrong with the judges so far, for people; empty where nothing is."""
        if self._read < LEAST_READ * self._played:
            return f"the judge gave a verdict in only {self._read} of {self._played} games"
        if self._flips > MOST_FLIPS * self._pairs:
            return (
                f"the judge named another winner after the answers changed places in "
                f"{self._flips} of {self._pairs} pairs of games"
            )
        if self._prompts >= ENOUGH_PROMPTS and self._decisive < LEAST_DECISIVE * self._prompts:
            return (
                f"the judge preferred an answer on only {self._decisive} of {self._prompts} prompts"
            )
        return ""
