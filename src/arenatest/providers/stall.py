"""Notices that an answer stopped coming: bytes may still arrive, comments for one, but no text."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp

from arenatest.alarms import Alarms
from arenatest.providers.clocks import Clocks

LONGEST_PAUSE = 60.0
"""Seconds between two pieces of text, where the suite does not say."""

_SHARE = 0.5  # of a call's time
_SECOND_LOOK = 0.05  # seconds: what came while the loop was busy is read before


class Stalled(aiohttp.ClientError):
    """Nothing more was generated for too long."""


class StallWatch:
    """While an answer is read, looks how long ago the last piece of text came.

    It looks only where text has come: before the first, a model may think in silence, for as long
    as the call may take. One alarm a call; a read costs nothing.

    Args:
        content: Its reader is woken with ``Stalled``.
        clocks: Of the call.
        clock: Monotonic seconds, as in ``clocks``.
        idle: Seconds without a piece of text.
        alarms: On the loop of the call.
    """

    def __init__(
        self,
        content: aiohttp.StreamReader,
        clocks: Clocks,
        clock: Callable[[], float],
        idle: float,
        alarms: Alarms,
    ) -> None:
        self._content = content
        self._clocks = clocks
        self._clock = clock
        self._idle = idle
        self._alarms = alarms
        self._doubted = False
        self._alarm = 0

    def __enter__(self) -> None:
        self._wait(self._idle)

    def __exit__(self, *error: object) -> None:
        self._alarms.off(self._alarm)

    def _wait(self, seconds: float) -> None:
        self._alarm = self._alarms.set(seconds, self._look)

    def _look(self) -> None:
        last = self._clocks.last
        quiet = 0.0 if last is None else self._clock() - last
        if quiet < self._idle:
            self._doubted = False
            self._wait(self._idle - quiet)
        elif not self._doubted:
            self._doubted = True
            self._wait(min(_SECOND_LOOK, self._idle))
        else:
            self._content.set_exception(Stalled())


def was_stalled(clocks: Clocks, now: float, within: float) -> bool:
    """Whether a call that ran out of time had begun its answer and then said nothing for long.

    Args:
        clocks: Of the call.
        now: Its end, on their clock.
        within: Seconds that it had: half of them without a piece of text is long.
    """
    return clocks.last is not None and now - clocks.last >= _SHARE * within
