"""Streams for tests: events in OpenAI's wire format, and recorded responses taken apart."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks

DONE = b"data: [DONE]\n\n"


def event(delta=None, finish=None, **more):
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {"id": "chatcmpl-1", "model": "m", "choices": choices, **more}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def usage(output, **details):
    return {"prompt_tokens": 7, "completion_tokens": output, "completion_tokens_details": details}


def answered(*reads, end=99.0, interruption=None):
    """The answer to reads ``(stamp, bytes)``, the request having started at 0."""
    stream = ChatStream(Clocks(start=0.0, headers=0.0))
    for stamp, data in reads:
        stream.feed(stamp, data)
    return stream.finish(end, interruption)


def texts(*pieces):
    """Reads a second apart with one piece each, then the end."""
    reads = [(float(at), event({"content": text})) for at, text in enumerate(pieces, start=1)]
    return [*reads, (50.0, event({}, "stop"))]


@dataclass(frozen=True)
class Recorded:
    """A recorded response: ``reads`` are (seconds, body bytes) as they came."""

    status: int
    headers: dict[str, str]
    body: bytes
    reads: list[tuple[float, bytes]]
    headers_at: float


def folder() -> Path:
    root = Path(__file__).parents[2]
    return Path(os.environ.get("ARENATEST_DATA", root.parent / "shared" / "data")) / "streams"


def recorded(name: str) -> Recorded:
    raw = (folder() / f"{name}.raw").read_bytes()
    with (folder() / f"{name}.timing.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [(float(r["t_s"]), int(r["bytes"])) for r in csv.DictReader(lines, delimiter="\t")]
    head = raw.partition(b"\r\n\r\n")[0].decode()
    first, *fields = head.split("\r\n")
    headers = {k.lower(): v for k, _, v in (field.partition(": ") for field in fields)}
    reads, seen, at, headers_at = [], 0, 0, rows[0][0]
    for stamp, size in rows:
        at += size
        body = _body(raw[:at], chunked="transfer-encoding" in headers)
        if len(body) > seen:
            reads.append((stamp, body[seen:]))
            seen = len(body)
    whole = _body(raw, chunked="transfer-encoding" in headers)
    return Recorded(int(first.split()[1]), headers, whole, reads, headers_at)


def _body(raw: bytes, *, chunked: bool) -> bytes:
    rest = raw.partition(b"\r\n\r\n")[2]
    if not chunked:
        return rest
    body = b""
    while rest:
        size, found, rest = rest.partition(b"\r\n")
        if not found or not int(size, 16):
            break
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body
