"""What one call tells of why it was slow: its clocks, its tokens, and how they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from arenatest.model.record import Answered

Figure = Literal[
    "started",  # wall clock
    "ttft",
    "ttfat",
    "e2e",
    "queue_wait",
    "taken",  # seconds until the stream had ended
    "first",  # TTFT; of an answer that was not streamed, the time until it came
    "ready",  # the same without the time to connect, which is a cause of its own
    "connecting",  # seconds to connect; 0 where the connection was open before
    "load",
    "server_queue",
    "streamed",  # output tokens that were streamed, thoughts included
    "said",  # output tokens of the answer alone
    "characters",
    "hidden",  # tokens of thoughts that were not streamed
    "thoughts",  # tokens of thoughts, streamed or not
    "aloud",  # seconds from the first streamed thought to the answer's first text
    "read",  # input tokens
    "cached",  # of them, those that were cached
    "whole",  # 1 where a long answer came in one read
]

WHOLE_FROM = 20
"""Streamed tokens from which one read is no chance: a slow network bundles a few, never all."""

Read = Callable[[Answered], float | None]
"""Reads a figure of an answered call; None where it is unknown."""


def _of_timing(name: str) -> Read:
    def read(call: Answered) -> float | None:
        value: float | None = getattr(call.answer.timing, name, None)
        return value

    return read


def _of_usage(name: str) -> Read:
    def read(call: Answered) -> float | None:
        count: int | None = getattr(call.answer.usage, name, None)
        return count

    return read


_ttft, _ttfat, _e2e = map(_of_timing, ("ttft", "ttfat", "e2e"))
_reasoned, _output = _of_usage("reasoning_tokens"), _of_usage("output_tokens")


def _taken(call: Answered) -> float | None:
    timing = call.answer.timing
    wall = None if timing is None else timing.wall
    return _e2e(call) if wall is None else wall


def _first(call: Answered) -> float | None:
    ttft = _ttft(call)
    return _e2e(call) if ttft is None else ttft


def _ready(call: Answered) -> float | None:
    first = _first(call)
    return None if first is None else first - (_connecting(call) or 0.0)


def _connecting(call: Answered) -> float | None:
    timing = call.answer.timing
    return timing.connect if timing is not None and timing.connection_reused is False else 0.0


def _streamed(call: Answered) -> float | None:
    output = _output(call)
    return max(output - (_hidden(call) or 0), 0) if output else None


def _said(call: Answered) -> float | None:
    output = _output(call)
    return max(output - (_reasoned(call) or 0), 0) if output else None


def _characters(call: Answered) -> float:
    return call.answer.length


def _hidden(call: Answered) -> float | None:
    return 0 if call.answer.reasoning else _reasoned(call)


def _thoughts(call: Answered) -> float | None:
    thinking, counted = call.answer.reasoning, _reasoned(call)
    return round(len(thinking) / _CHARACTERS) if thinking and not counted else counted


def _aloud(call: Answered) -> float | None:
    ttft, ttfat = _ttft(call), _ttfat(call)
    return (
        ttfat - ttft if call.answer.reasoning and ttft is not None and ttfat is not None else None
    )


def _whole(call: Answered) -> float:
    timing = call.answer.timing
    one = timing is not None and timing.reads == 1
    return float(one and (_streamed(call) or 0) >= WHOLE_FROM)


READ: Mapping[Figure, Read] = {
    "started": lambda call: call.started,
    "ttft": _ttft,
    "ttfat": _ttfat,
    "e2e": _e2e,
    "queue_wait": _of_timing("queue_wait"),
    "taken": _taken,
    "first": _first,
    "ready": _ready,
    "connecting": _connecting,
    "load": _of_timing("load"),
    "server_queue": _of_timing("server_queue"),
    "streamed": _streamed,
    "said": _said,
    "characters": _characters,
    "hidden": _hidden,
    "thoughts": _thoughts,
    "aloud": _aloud,
    "read": _of_usage("input_tokens"),
    "cached": _of_usage("cached_tokens"),
    "whole": _whole,
}
"""What reads each figure."""

_CHARACTERS = 4.0  # of a token, where nobody counts thoughts
