"""Amazon's binary event stream, taken apart as it arrives.

A frame is a prelude of twelve bytes (its length, the length of its headers, a CRC32 of both), then
headers, a payload, and a CRC32 of all that stands before it; numbers are big-endian. See
"Amazon event stream encoding" in the guide to Amazon Transcribe.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import ClassVar
from zlib import crc32

BROKEN = ":broken"
"""Under this name stands what is wrong with a frame; a header's name, so that no event has it."""

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_LONGEST_HEADERS = 128 * 2**10
_LONGEST_PAYLOAD = 24 * 2**20
_STRING = 7
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # of a header's value, by its type
_PREFIXED = (6, _STRING)  # bytes and text say their length first


class FrameParser:
    """Cuts a stream of bytes into the events of its frames, whatever the reads cut.

    Each is given as JSON, under its name, as Amazon's own SDKs give them: ``{"messageStop":
    {"stopReason": "end_turn"}}``. So are exceptions; an error without a payload comes as ``error``
    with ``code`` and ``message``. A broken frame is an event named ``BROKEN``, and the last one:
    what follows it cannot be found.
    """

    __slots__ = ("_broken", "_buffer")

    foreign: ClassVar[bytes] = b"{[<"

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._broken = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return every event that these bytes complete, or show to be broken."""
        if self._broken:
            return []
        self._buffer += data
        events: list[bytes] = []
        try:
            events.extend(self._events())
        except (ValueError, struct.error) as error:
            self._broken = True
            self._buffer.clear()
            events.append(_named(BROKEN, json.dumps(str(error)).encode()))
        return events

    def rest(self) -> bytes | None:
        """Return None: half a frame tells nothing."""
        return None

    def _events(self) -> Iterator[bytes]:
        buffer = self._buffer
        while len(buffer) >= _PRELUDE.size:
            total, headers = _sizes(buffer)
            if len(buffer) < total:
                return
            frame = bytes(buffer[:total])
            del buffer[:total]
            yield _event(frame, headers)


def _sizes(buffer: bytearray) -> tuple[int, int]:
    """The lengths of the frame at the start of the buffer and of its headers."""
    total, headers, crc = _PRELUDE.unpack_from(buffer)
    if crc32(buffer[: _PRELUDE.size - _CRC.size]) != crc:
        raise ValueError("the CRC of a frame's prelude is wrong")
    payload = total - headers - _PRELUDE.size - _CRC.size
    if not 0 <= payload <= _LONGEST_PAYLOAD or headers > _LONGEST_HEADERS:
        raise ValueError(f"a frame of {total} bytes with {headers} of headers")
    return total, headers


def _event(frame: bytes, headers_size: int) -> bytes:
    """The event of one whole frame, as JSON."""
    body = len(frame) - _CRC.size
    if crc32(frame[:body]) != _CRC.unpack_from(frame, body)[0]:
        raise ValueError("the CRC of a frame is wrong")
    start = _PRELUDE.size + headers_size
    headers = _texts(frame[_PRELUDE.size : start])
    kind = headers.get(":message-type", "event")
    if kind == "error":
        said = {"code": headers.get(":error-code"), "message": headers.get(":error-message")}
        return _named("error", json.dumps(said).encode())
    return _named(headers.get(f":{kind}-type", kind), frame[start:body] or b"{}")


def _named(name: str, payload: bytes) -> bytes:
    return b"{" + json.dumps(name).encode() + b":" + payload + b"}"


def _texts(block: bytes) -> dict[str, str]:
    """The headers that hold text, by name."""
    texts = {}
    at = 0
    while at < len(block):
        name = block[at + 1 : at + 1 + block[at]].decode()
        at += 1 + block[at]
        (kind,) = struct.unpack_from(">B", block, at)
        at += 1
        if kind in _PREFIXED:
            (size,) = struct.unpack_from(">H", block, at)
            at += 2
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            raise ValueError(f"a header of the unknown type {kind}")
        if at + size > len(block):
            raise ValueError("a header that is longer than the headers")
        if kind == _STRING:
            texts[name] = block[at : at + size].decode()
        at += size
    return texts
