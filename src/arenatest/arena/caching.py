"""What a session says of cached answers, and what that means for one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from arenatest.arena.memory import Memory
from arenatest.arena.reuse import Levels
from arenatest.arena.shared import Shared, Standing
from arenatest.hookspec import Cache, Context

Mode = Literal["off", "read", "refresh"]
"""Answers are neither taken nor left; taken where there are some; or bought anew and left."""

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caching:
    """How a session caches answers.

    Attributes:
        mode: What the user wants.
        memory: What this process has bought, for all its suites.
        standing: How the shared cache does, for all suites of this process; None without one.
        cache: Makes one run's connection to it.
    """

    mode: Mode = "read"
    memory: Memory = field(default_factory=Memory)
    standing: Standing | None = None
    cache: Callable[[Context], Cache] | None = None

    def levels(
        self,
        context: Context,
        *,
        contestants: Iterable[str],
        not_before: float,
        days: float,
        fresh: bool,
        wall: Callable[[], float],
    ) -> Levels:
        """Return where one run looks for answers, and leaves them.

        Args:
            context: For a plugin's cache.
            contestants: The fingerprints of who may be asked.
            not_before: Seconds since 1970; older answers are bought again.
            days: How long answers may be used.
            fresh: Whether everything is to be bought again, whatever the mode.
            wall: Seconds since 1970, now.
        """
        if self.mode == "off":
            return Levels(stored=False, leaves=False, wall=wall)
        return Levels(
            since=None if fresh else not_before,
            stored=self.mode == "read",
            memory=self.memory if self.memory.serves(contestants) else None,
            shared=self._shared(context, days * DAY, reads=self.mode == "read" and not fresh),
            wall=wall,
        )

    def _shared(self, context: Context, lifetime: float, *, reads: bool) -> Shared | None:
        if self.cache is None or self.standing is None or self.standing.broken:
            return None
        try:
            cache = self.cache(context)
        except Exception as error:  # plugin code: its failure costs its answers
            self.standing.fail(error)
            return None
        return Shared(cache, self.standing, lifetime=lifetime, reads=reads)
