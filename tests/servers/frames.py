"""Frames of Amazon's binary event stream for tests, written the way its documentation says."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

Header = tuple[int, Any]
"""A type from 0 to 9, and a value."""

_NUMBERS = {2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}


def frame(headers: Mapping[str, Header | str], payload: bytes = b"") -> bytes:
    """One frame; a header that is plain text is of type 7."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    start = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    return start + struct.pack(">I", crc32(start))


def event(name: str, payload: object) -> bytes:
    """A frame as Bedrock sends it."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload, ensure_ascii=False).encode())


def exception(name: str, message: str) -> bytes:
    """A frame that ends a stream early."""
    headers = {":exception-type": name, ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message}).encode())


def _header(name: str, header: Header | str) -> bytes:
    kind, value = (7, header) if isinstance(header, str) else header
    start = struct.pack(">B", len(name.encode())) + name.encode() + struct.pack(">B", kind)
    if kind in (0, 1):
        return start
    if kind in _NUMBERS:
        return start + struct.pack(_NUMBERS[kind], value)
    data = value.encode() if isinstance(value, str) else value
    return start + (struct.pack(">H", len(data)) if kind in (6, 7) else b"") + data
