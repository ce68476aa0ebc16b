"""Times of day as other programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

from arenatest.imports.rows import number_of

_LATEST = 253_402_214_400.0  # the last day of the year 9999


def moment_of(value: object) -> float | None:
    """Return a time of day in seconds since 1970; None where it is none, or in no year till 9999.

    Args:
        value: Seconds since 1970, or a date and time as ISO 8601 has it; without a zone it is UTC.

    Examples:
        >>> moment_of("2024-05-29 13:46:19.963000"), moment_of(1682351591.1), moment_of("soon")
        (1716990379.963, 1682351591.1, None)
        >>> moment_of(1e300), moment_of(-1)
        (None, None)
    """
    seconds = number_of(value)
    if seconds is None and isinstance(value, str):
        try:
            read = datetime.fromisoformat(value.strip())
            seconds = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return seconds if seconds is not None and 0.0 <= seconds < _LATEST else None
