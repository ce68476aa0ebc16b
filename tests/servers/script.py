"""How the scriptable server answers one request, and the bytes that follow from it."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

STAMP = "@monotonic-time@"
"""Stands for the time of sending; equally long."""

Fault = Literal[
    "cut",  # a clean end of the body without finish reason and [DONE]
    "reset",  # the connection breaks inside the body
    "drop",  # the connection breaks before any byte of the response
    "stall",  # nothing more comes, and the connection stays open
    "malformed",  # an event that is not JSON
    "error",  # an error inside the stream, after a 200
    "empty",  # a complete answer without text
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How one request is answered. Times are seconds after the request was read.

    Attributes:
        order: What comes in which order; ``reasoning`` only where there is any.
        ttft: When the first generated piece is sent.
        itl: Time from one piece to the next; 0 sends the rest in one write.
        early: Headers, and what stands before the first piece in ``order``, are sent at once.
        comments: How many ``: keep-alive`` lines ``comment`` stands for.
        reasoning_key: The key of thinking text in a delta.
        per_write: Pieces in one write.
        split: Cut every write into slices of so many bytes, each sent on its own; 0 does not.
        newline: The line end of the events.
        usage: In the last event without choices, in the one with the finish reason, or nowhere.
        hidden_reasoning: Reasoning tokens in the usage that are never streamed.
        stamps: Write the monotonic time of sending into each event as ``stamp``, and wherever a
            reply holds ``STAMP``.
        done: Whether ``[DONE]`` ends the stream.
        endless: Whether the body stays open after its last event.
        fault: What goes wrong, after ``fault_after`` pieces.
        stall_comments: How many ``: keep-alive`` lines still come, 20 ms apart, in a ``stall``.
        status: Of the response; not 200 answers with ``error`` at once.
        headers: Added to the response.
        version: Behind the model's name, where the server names what it serves.
    """

    order: tuple[str, ...] = ("role", "comment", "reasoning", "content")
    reasoning: str = ""
    ttft: float = 0.0
    itl: float = 0.0
    early: bool = True
    comments: int = 0
    reasoning_key: str = "reasoning_content"
    per_write: int = 1
    split: int = 0
    newline: str = "\n"
    usage: Literal["last", "finish", "none"] = "last"
    hidden_reasoning: int = 0
    finish: str = "stop"
    stamps: bool = False
    done: bool = True
    endless: bool = False
    fault: Fault | None = None
    fault_after: int = 1
    stall_comments: int = 0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    error: Mapping[str, Any] = field(default_factory=lambda: {"message": "scripted error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came: ``number`` and ``connection`` count from 1."""

    number: int
    connection: int
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


_PIECES = re.compile(r"\S+\s*|\s+")


RESET = b"<reset>"


def schedule(request: Request, text: str, script: Script) -> deque[tuple[float, bytes]]:
    """Everything that is sent for a streamed answer, with the time when."""
    head = _head(200, {"Transfer-Encoding": "chunked", "X-Request-Id": f"req-{request.number}"})
    head = head[:-2] + _lines({"Content-Type": "text/event-stream", **script.headers}) + b"\r\n"
    writes: list[tuple[float, bytes]] = [(0.0 if script.early else script.ttft, head)]
    payload: list[tuple[float, bytes]] = _events(request, text, script)
    group: list[bytes] = []
    for index, (due, data) in enumerate(payload):
        group.append(data)
        if index + 1 < len(payload) and payload[index + 1][0] == due:
            continue
        writes.append((due, _chunk(b"".join(group))))
        group = []
    if script.fault == "reset":
        writes.append((writes[-1][0], RESET))
    elif script.fault != "stall" and not script.endless:
        writes[-1] = (writes[-1][0], writes[-1][1] + b"0\r\n\r\n")
    if script.split:
        step = script.split
        return deque(
            (due, data[at : at + step]) for due, data in writes for at in range(0, len(data), step)
        )
    return deque(writes)


def _events(request: Request, text: str, script: Script) -> list[tuple[float, bytes]]:
    """The events with the time when each is sent."""
    event = _event_maker(request, script)
    parts = {"reasoning": _PIECES.findall(script.reasoning), "content": _PIECES.findall(text)}
    keys = {"reasoning": script.reasoning_key, "content": "content"}
    events: list[tuple[float, bytes]] = []
    sent, due = 0, 0.0 if script.early else script.ttft
    faulty = script.fault not in (None, "empty")
    for step in script.order:
        if step == "role":
            events.append((due, event({"role": "assistant", "content": ""})))
        elif step == "comment":
            line = f": keep-alive{script.newline * 2}".encode()
            events.extend((due, line) for _ in range(script.comments))
        for piece in parts.get(step, ()):
            if faulty and sent >= script.fault_after:
                return events + _fault_events(script, due)
            due = script.ttft + script.itl * (sent - sent % script.per_write)
            events.append((due, event({keys[step]: piece})))
            sent += 1
    if faulty:
        return events + _fault_events(script, due)
    return events + [(due, data) for data in _ending(event, sent, script, request)]


def _event_maker(request: Request, script: Script) -> Callable[..., bytes]:
    stamp = f',"stamp":"{STAMP}"' if script.stamps else ""
    before = (
        f'data: {{"id":"chatcmpl-{request.number}","object":"chat.completion.chunk","created":1,'
        f'"model":{json.dumps(_served(request, script))}{stamp},"choices":'
    )
    after = script.newline * 2

    def event(
        delta: Mapping[str, Any] | None, finish: str | None = None, usage: object = None
    ) -> bytes:
        choice = f'[{{"index":0,"delta":{json.dumps(delta, ensure_ascii=False)},"finish_reason":'
        choices = "[]" if delta is None else f"{choice}{json.dumps(finish)}}}]"
        tail = f',"usage":{json.dumps(usage)}' if usage else ""
        return f"{before}{choices}{tail}}}{after}".encode()

    return event


def _served(request: Request, script: Script) -> str:
    return f"{request.body.get('model', '')}{script.version}"


def _ending(
    event: Callable[..., bytes], sent: int, script: Script, request: Request
) -> Iterator[bytes]:
    usage = _usage(request, sent, script)
    yield event({}, script.finish, usage if script.usage == "finish" else None)
    if script.usage == "last":
        yield event(None, None, usage)
    if script.done:
        yield f"data: [DONE]{script.newline * 2}".encode()


def _fault_events(script: Script, due: float) -> list[tuple[float, bytes]]:
    if script.fault == "malformed":
        return [(due, f'data: {{"choices": [{{"delta"{script.newline * 2}'.encode())]
    if script.fault == "stall":
        line = f": keep-alive{script.newline * 2}".encode()
        return [(due + 0.02 * (1 + at), line) for at in range(script.stall_comments)]
    if script.fault == "error":
        error = json.dumps({"error": dict(script.error)})
        return [(due, f"data: {error}{script.newline * 2}".encode())]
    return []


def _usage(request: Request, sent: int, script: Script) -> dict[str, Any]:
    asked = sum(len(message["content"].split()) for message in request.body["messages"])
    thought = len(_PIECES.findall(script.reasoning)) + script.hidden_reasoning
    output = sent + script.hidden_reasoning
    return {
        "prompt_tokens": asked,
        "completion_tokens": output,
        "total_tokens": asked + output,
        "completion_tokens_details": {"reasoning_tokens": thought},
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def whole(request: Request, text: str, script: Script) -> bytes:
    """The body of an answer that is not streamed."""
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": f"chatcmpl-{request.number}",
            "model": _served(request, script),
            "choices": [{"index": 0, "message": message, "finish_reason": script.finish}],
            "usage": _usage(request, len(_PIECES.findall(text)), script),
        }
    ).encode()


def plain(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return _head(status, lines) + body


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    return f"HTTP/1.1 {status} Scripted\r\n".encode() + _lines(headers) + b"\r\n"


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def stamped(data: bytes) -> bytes:
    """Put the time of sending into the events of one write; the length stays."""
    return data.replace(STAMP.encode(), f"{time.monotonic():0{len(STAMP)}.6f}".encode())
