"""Streams for tests: events in OpenAI's wire format."""

from __future__ import annotations

import json

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
