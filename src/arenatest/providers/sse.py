"""Server-sent events, taken apart as they arrive: any bytes in, whole payloads out."""

from __future__ import annotations

from typing import ClassVar


class EventParser:
    """Cuts a stream of bytes into the data of server-sent events, whatever the reads cut.

    It works on bytes, so that a character split between two reads is never decoded by half. Lines
    may end with LF, CRLF or CR. Comments and all fields but ``data`` are skipped.
    """

    __slots__ = ("_after_cr", "_rest")

    foreign: ClassVar[bytes] = b"{[<"

    def __init__(self) -> None:
        self._rest = b""
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the data of every event that these bytes complete."""
        if self._after_cr or b"\r" in data:
            data = self._plain_lines(data)
        if self._rest:
            if b"\n" not in data:  # nothing ends here: a long event is searched only once
                self._rest += data
                return []
            data = self._rest + data
        events, blank, self._rest = data.rpartition(b"\n\n")
        if not blank:
            return []
        payloads = events[6:].split(b"\n\ndata: ")
        if events.startswith(b"data: ") and events.count(b"\n") == 2 * len(payloads) - 2:
            return payloads  # nothing but events of one line, as nearly always
        blocks = events.split(b"\n\n")
        return [found for block in blocks if (found := _payload(block)) is not None]

    def rest(self) -> bytes | None:
        """Return the data of a last event that no blank line ended, or None; call it at the end."""
        block, self._rest = self._rest, b""
        return _payload(block)

    def _plain_lines(self, data: bytes) -> bytes:
        """Make every line end an LF; a CRLF that two reads share is one line end."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _payload(block: bytes) -> bytes | None:
    """The data lines of one event, joined as the standard says; None where there are none."""
    lines = [
        line[5:].removeprefix(b" ")
        for line in block.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        if line.startswith(b"data:")
    ]
    return b"\n".join(lines) if lines else None
