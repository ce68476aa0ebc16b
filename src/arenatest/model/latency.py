"""How the clocks of a suite are taken: on the answers' own calls, or on calls of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lane = Literal["inline", "dedicated"]

LAG = 0.005
"""Seconds that our own event loop may lag behind: they never matter."""
LAG_SHARE = 0.05
"""Lag that does not matter, as a share of the time that was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Where the clocks come from that latency gates look at.

    Attributes:
        lane: ``inline``: the calls that buy answers, pairs side by side. ``dedicated``: calls of
            their own, one at a time on each host, after all else; the rest is only about them.
        warmup: Calls to each endpoint that are made first, and never looked at.
        repeats: How often each prompt is timed; every second time in reversed order.
        nonce: Whether each repeat of a prompt begins with words of its own, the same for all
            contestants, so that no cache of prompts knows it.
    """

    lane: Lane = "inline"
    warmup: int = 2
    repeats: int = 2
    nonce: bool = True

    @property
    def dedicated(self) -> bool:
        """Whether calls are made for the clocks alone."""
        return self.lane == "dedicated"
