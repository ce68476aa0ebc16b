"""The gaps between the reads of a stream as bytes: a fifth of what a store would hold of calls.

They are for the look at one call, where a hundredth of a millisecond is more than can be told: no
clock and no gate is computed from what is read back.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

UNIT = 1e-5
"""Seconds: to so much gaps are kept."""

_A_SECOND = 100_000  # units
_SHORT, _LONG = b"H", b"I"  # two bytes for a gap of up to 0.65 s, four for one of up to 11 hours
_WIDEST = 2**16 - 1
_LONGEST = 40_000.0  # seconds


def gaps_to_bytes(gaps: Sequence[float]) -> bytes | None:
    """Return gaps in seconds as bytes; None where there are none.

    Examples:
        >>> len(gaps_to_bytes([0.02] * 19)), len(gaps_to_bytes([0.02, 1.5]))
        (39, 9)
    """
    if not gaps:
        return None
    if not all(0.0 <= gap <= _LONGEST for gap in gaps):  # somebody's file may say so
        return struct.pack(f"<{len(gaps)}d", *gaps)
    counts = [round(gap * _A_SECOND) for gap in gaps]
    kind = _SHORT if max(counts) <= _WIDEST else _LONG
    return kind + struct.pack(f"<{len(counts)}{kind.decode()}", *counts)


def gaps_from_bytes(body: bytes | None) -> tuple[float, ...]:
    """Return the gaps that :func:`gaps_to_bytes` took, in seconds.

    Whole doubles are read too: an older arenatest wrote these, and it is the only form whose length
    is even.
    """
    if not body:
        return ()
    if len(body) % 2 == 0:
        return struct.unpack(f"<{len(body) // 8}d", body)
    kind = body[:1].decode()
    width = struct.calcsize(f"<{kind}")
    counts = struct.unpack(f"<{(len(body) - 1) // width}{kind}", body[1:])
    return tuple([count / _A_SECOND for count in counts])
