"""Moments as people type them: a date, a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from arenatest.errors import OptionError

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d|w)", re.ASCII)
_SECONDS = {"min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def moment_of(typed: str, *, option: str, now: float) -> float:
    """Return a moment in seconds since 1970.

    Args:
        typed: A date or a time as ISO 8601 has them, in UTC unless it says otherwise, or an age
            such as ``7d``, ``12h``, ``30min`` or ``2w``.
        option: Where it was typed, for the message.
        now: Wall clock, seconds since 1970.

    Raises:
        OptionError: It is neither.

    Examples:
        >>> moment_of("1970-01-02", option="--since", now=0.0)
        86400.0
        >>> moment_of("1970-01-01T01:00+01:00", option="--since", now=0.0)
        0.0
        >>> moment_of("12h", option="--since", now=86400.0)
        43200.0
    """
    try:
        moment = _moment(typed.strip(), now)
        datetime.fromtimestamp(moment, UTC)  # which is how it will be told
    except (ValueError, OverflowError, OSError):
        expected = "expected a date such as 2026-11-22, a time such as 2026-11-22T05:30, or an age"
        message = f"{option}: got {typed!r}, {expected} such as 7d, 12h or 30min"
        raise OptionError(message) from None
    return moment


def _moment(typed: str, now: float) -> float:
    if age := _AGE.fullmatch(typed):
        return now - float(age[1]) * _SECONDS[age[2]]
    read = datetime.fromisoformat(typed)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
