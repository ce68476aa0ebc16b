"""Why a call is not made; raised inside the engine only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol


class Stop(Exception):
    """Nothing more may be bought."""


class Unwanted(Stop):
    """This call is not needed any more: while it queued, the gates that wanted it were decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Why nobody is called at an endpoint, or with a key, any more.

    Attributes:
        cause: What gates that rest on it are inconclusive for.
        reason: A line for people, without secrets.
        until: Monotonic seconds from which on it may be tried again; None for never.
    """

    cause: Literal["plan", "budget"]
    reason: str
    until: float | None = None


class Shut(Stop):
    """The endpoint of this call, or its key, is closed: whoever else can be asked still is."""

    def __init__(self, closing: Closing) -> None:
        super().__init__(closing.reason)
        self.closing = closing


class OnLost(Protocol):
    """Told that a model cannot be asked any more."""

    def __call__(self, name: str, *, judging: bool) -> None:
        """Take note: the contestant's name, or the judge's."""


def unheard(name: str, *, judging: bool) -> None:
    """Take note of nothing."""


def together(closings: Iterable[Closing]) -> tuple[Literal["plan", "budget"], str]:
    """Return why a run could not go on where several are closed: a cause, and a line."""
    each = list(dict.fromkeys((closing.cause, closing.reason) for closing in closings))
    spent = all(cause == "budget" for cause, _ in each)
    return "budget" if spent else "plan", "; ".join(reason for _, reason in each)
