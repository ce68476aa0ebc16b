"""What the engine asks of whoever watches the gates: what they need, and what is decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from arenatest.model.decision import Decision
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger

StopCause = Literal["plan", "budget"]


class Wants(Protocol):
    """What undecided gates still need for one prompt, by the names of contestants and metrics."""

    @property
    def answers(self) -> frozenset[str]:
        """Contestants whose texts are needed."""

    @property
    def timings(self) -> frozenset[str]:
        """Contestants whose clocks are needed, from calls of this run."""

    @property
    def loads(self) -> frozenset[str]:
        """Contestants that must be put under load."""

    @property
    def judgments(self) -> frozenset[str]:
        """Candidates whose battles must be judged."""

    @property
    def metrics(self) -> frozenset[tuple[str, str]]:
        """Plugins' metrics, each with a contestant whose answers it must be measured on."""


class Watcher(Protocol):
    """Tells the engine what the gates still need, and decides them."""

    def wanted(self, prompt: Prompt | None = None) -> Wants:
        """Return what undecided gates need: for one prompt, or for any."""

    def lose(self, name: str, *, judging: bool) -> None:
        """Want nothing more for gates that rest on a model that cannot be asked any more."""

    def settle(self, ledger: Ledger) -> Sequence[Decision]:
        """Look at what is new in the record; return the gates that are now decided for good."""

    def conclude(self, ledger: Ledger, stopped: tuple[StopCause, str] | None) -> Sequence[Decision]:
        """Return the decisions of all selected gates; nothing more will come."""

    def running(self, candidate: str) -> float | None:
        """Return the win rate so far, for the progress line."""
