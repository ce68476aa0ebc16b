"""Recorded responses taken apart, and what must hold for every one of them however it is cut."""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from arenatest.model.answer import Answer
from arenatest.providers.answer_stream import AnswerStream
from arenatest.providers.clocks import Clocks

MakeStream = Callable[[Clocks], AnswerStream]


@dataclass(frozen=True)
class Recorded:
    """A recorded response: ``reads`` are (seconds since the request, body bytes) as they came."""

    status: int
    headers: dict[str, str]
    body: bytes
    reads: list[tuple[float, bytes]]
    headers_at: float


def folder() -> Path:
    root = Path(__file__).parents[2]
    return Path(os.environ.get("ARENATEST_DATA", root.parent / "shared" / "data")) / "streams"


needs_recordings = pytest.mark.skipif(
    not folder().is_dir(), reason="the recorded streams are not here: set ARENATEST_DATA"
)


def recorded(name: str) -> Recorded:
    """The response without its transfer encoding."""
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


def replayed(name: str, make: MakeStream) -> Answer:
    """The answer to a recorded 200, fed by the reads and at the times of the recording."""
    response = recorded(name)
    assert response.status == 200
    stream = make(Clocks(start=0.0, headers=response.headers_at))
    for stamp, data in response.reads:
        stream.feed(stamp, data)
    return stream.finish(response.reads[-1][0])


def in_pieces(pieces: list[bytes], make: MakeStream) -> Answer:
    """The answer to a body in pieces, read at 1, 2, 3, ... seconds."""
    return _fed(pieces, make)[0]


def _fed(pieces: list[bytes], make: MakeStream) -> tuple[Answer, Clocks]:
    clocks = Clocks(start=0.0, headers=0.0)
    stream = make(clocks)
    for stamp, piece in enumerate(pieces, start=1):
        stream.feed(float(stamp), piece)
    return stream.finish(float(len(pieces) + 1)), clocks


def essence(answer: Answer) -> tuple[object, ...]:
    """All of an answer that cuts must not change: everything but its times."""
    return (
        answer.text,
        answer.reasoning,
        answer.finish,
        answer.usage,
        answer.failure,
        answer.model,
        answer.response_id,
    )


def check_every_cut(name: str, make: MakeStream) -> None:
    """Cut the body in two at every byte: the answer stays, and each clock jumps exactly once.

    The later the cut, the earlier a text is complete; so with the cut every clock goes from the
    second read to the first, at one place, and answer text never before the first text.
    """
    body = recorded(name).body
    whole, clocks = _fed([body], make)
    assert essence(replayed(name, make)) == essence(whole)
    generated = {clock: getattr(clocks, clock) is not None for clock in ("first", "answer", "last")}
    places = {clock: [] for clock in generated}
    for cut in range(len(body) + 1):
        answer, clocks = _fed([body[:cut], body[cut:]], make)
        assert essence(answer) == essence(whole), f"cut at byte {cut}"
        for clock, seen in places.items():
            seen.append(getattr(clocks, clock))
    for clock, seen in places.items():
        if generated[clock]:
            assert (seen[0], seen[-1]) == (2.0, 1.0), clock
            assert all(a >= b for a, b in itertools.pairwise(seen)), clock
        else:
            assert set(seen) == {None}
    for later in ("answer", "last"):
        if generated[later]:
            assert all(a <= b for a, b in zip(places["first"], places[later], strict=True))


def check_cuts(name: str, make: MakeStream, cuts: list[int]) -> None:
    """Cut the body at several places at once, anywhere: the answer stays."""
    body = recorded(name).body
    bounds = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    pieces = [body[a:b] for a, b in itertools.pairwise(bounds)]
    assert essence(in_pieces(pieces, make)) == essence(in_pieces([body], make))


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
