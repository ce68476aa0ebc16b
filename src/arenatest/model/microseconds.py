"""Clocks in whole microseconds: as fine as they are kept, so that what is read back is equal.

No clock of ours is finer: an event loop comes later than that.
"""

from __future__ import annotations

from dataclasses import fields, replace
from operator import attrgetter

from arenatest.model.answer import Failure, Timing

A_SECOND = 1_000_000
"""Microseconds."""

MOST = 2.0**30
"""Seconds, or 34 years: no clock says more, and up to there no two microseconds are one number."""
LEAST = -MOST


def microseconds(seconds: float | None) -> int | None:
    """Return seconds as whole microseconds; None for what no clock can have said.

    Examples:
        >>> microseconds(0.25), microseconds(-1e-6), microseconds(float("inf")), microseconds(None)
        (250000, -1, None, None)
    """
    if seconds is None:
        return None
    return round(seconds * A_SECOND) if LEAST <= seconds <= MOST else None  # a NaN is not


def seconds_of(count: int | None) -> float | None:
    """Return microseconds as seconds."""
    return None if count is None else count / A_SECOND


def whole_timing(timing: Timing, *, gaps: bool = True, **changes: float | None) -> Timing:
    """Return clocks in whole microseconds, some of them changed first.

    Args:
        timing: As it was taken.
        gaps: Whether to keep these, which stay as they are.
        **changes: Clocks by name.
    """
    whole = object.__new__(Timing)  # in one pass, as ``revised``: every model call has one
    for (name, write), value in zip(_PARTS, _read(timing), strict=True):
        if name in _ITS_CLOCKS:
            seconds = changes.get(name, value)
            if seconds:  # None and 0 are whole; as of the functions above, without their calls
                seconds = round(seconds * A_SECOND) / A_SECOND if LEAST <= seconds <= MOST else None
            write(whole, seconds)
        else:
            write(whole, value if gaps or name != "gaps" else ())
    return whole


def whole_failure(failure: Failure | None) -> Failure | None:
    """Return a failure whose pause is in whole microseconds."""
    if failure is None or failure.retry_after is None:
        return failure
    return replace(failure, retry_after=seconds_of(microseconds(failure.retry_after)))


CLOCKS = (
    *("queue_wait", "held", "connect", "ttfb", "ttft", "ttfat", "tpot", "e2e", "wall", "icl"),
    *("lag", "stream_lag", "server", "load", "server_queue"),
)
"""The fields of a timing that are clocks."""

_ITS_CLOCKS = frozenset(CLOCKS)
_NAMES = tuple(field.name for field in fields(Timing))
_PARTS = tuple((name, getattr(Timing, name).__set__) for name in _NAMES)
_read = attrgetter(*_NAMES)
