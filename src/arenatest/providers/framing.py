"""How streams are cut into payloads: the part of a dialect that knows bytes, not their meaning.

``EventParser`` of ``sse`` takes server-sent events apart, ``LineParser`` objects of JSON that stand
on a line each.
"""

from __future__ import annotations

from typing import ClassVar, Protocol


class Framing(Protocol):
    """Cuts a stream of bytes into payloads, whatever the reads cut; it keeps what is incomplete.

    Attributes:
        foreign: First bytes that no such stream begins with: then the body is not a stream at all,
            and is read whole at its end.
    """

    foreign: ClassVar[bytes]

    def feed(self, data: bytes) -> list[bytes]:
        """Return every payload that these bytes complete. ``ValueError``: no such stream."""

    def rest(self) -> bytes | None:
        """Return a last payload that nothing ended, or None; called once, at the end."""


class LineParser:
    """One payload a line (NDJSON); blank lines are skipped."""

    __slots__ = ("_rest",)

    foreign: ClassVar[bytes] = b"<"

    def __init__(self) -> None:
        self._rest: list[bytes] = []  # of a line that may come in thousands of reads

    def feed(self, data: bytes) -> list[bytes]:
        """Return every line that these bytes complete."""
        self._rest.append(data)
        if b"\n" not in data:
            return []
        *lines, rest = b"".join(self._rest).split(b"\n")
        self._rest = [rest]
        return [line for line in lines if line.strip()]

    def rest(self) -> bytes | None:
        """Return a last line without an end, or None."""
        line = b"".join(self._rest)
        self._rest.clear()
        return line if line.strip() else None
