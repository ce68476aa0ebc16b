"""Puts the chunks of a stream, as LiteLLM translates them, together to an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arenatest.model.answer import Answer, Failure, Timing, Usage

_FINISHES = {"function_call": "tool_calls"}


class Stream:
    """The answer of one call, and when its pieces came out of LiteLLM.

    Args:
        clock: Monotonic seconds; read at once, for the call starts here.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._first: float | None = None
        self._answered: float | None = None
        self._last: float | None = None
        self._reads = 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._finish: str | None = None
        self._usage: Any = None
        self._model: str | None = None
        self._id: str | None = None

    @property
    def started(self) -> bool:
        """Whether any text was generated."""
        return self._first is not None

    async def read(self, chunks: Any) -> None:
        """Read all chunks.

        LiteLLM says ``stop`` of streams that were cut off, and counts tokens itself where the
        server did not. What the server itself said is looked up in its wrapper.
        """
        async for chunk in chunks:
            self._take(chunk)
        if not _said_the_server(chunks):
            self._finish = None
        counted = [usage for chunk in chunks.chunks if (usage := getattr(chunk, "usage", None))]
        self._usage = counted[-1] if counted else None

    def answer(self) -> Answer:
        """Return the answer; one without the server's own reason to stop is a failure."""
        failure = None
        if self._finish is None:
            failure = Failure(
                kind="cut",
                message="the stream ended without a finish reason",
                retryable=True,  # half an answer is worth nothing
            )
        ok = failure is None
        return Answer(
            text="".join(self._text) if ok else "",
            reasoning="".join(self._reasoning) if ok else "",
            finish=self._finish,
            usage=_usage(self._usage),
            timing=self.timing(),
            failure=failure,
            model=self._model,
            response_id=self._id,
        )

    def timing(self) -> Timing:
        """Return the times, with LiteLLM's own work in them."""
        return Timing(
            source="unfit",
            ttft=self._since(self._first),
            ttfat=self._since(self._answered),
            e2e=self._since(self._last),
            wall=self._clock() - self._start,
            reads=self._reads,
        )

    def _take(self, chunk: Any) -> None:
        stamp = self._clock()
        self._model, self._id = chunk.model or self._model, chunk.id or self._id
        for choice in chunk.choices[:1]:
            if choice.finish_reason:
                self._finish = _FINISHES.get(choice.finish_reason, choice.finish_reason)
            self._delta(choice.delta, stamp)

    def _delta(self, delta: Any, stamp: float) -> None:
        text = getattr(delta, "content", None) or ""
        reasoning = getattr(delta, "reasoning_content", None) or ""
        calls = getattr(delta, "tool_calls", None) or ()
        answered = bool(text) or any(call.function.arguments for call in calls)
        if not (answered or reasoning):
            return
        self._text.append(text)
        self._reasoning.append(reasoning)
        if self._first is None:
            self._first = stamp
        self._last = stamp
        self._reads += 1
        if answered and self._answered is None:
            self._answered = stamp

    def _since(self, stamp: float | None) -> float | None:
        return None if stamp is None else stamp - self._start


def _said_the_server(chunks: Any) -> bool:
    """Whether a reason to stop came from the server."""
    return bool(
        getattr(chunks, "received_finish_reason", None)
        or getattr(chunks, "intermittent_finish_reason", None)
    )


def _usage(said: Any) -> Usage | None:
    if said is None:
        return None
    return Usage(
        input_tokens=_count(said, "prompt_tokens"),
        output_tokens=_count(said, "completion_tokens"),
        reasoning_tokens=_count(said, "completion_tokens_details", "reasoning_tokens"),
        cached_tokens=_count(said, "prompt_tokens_details", "cached_tokens"),
    )


def _count(said: Any, *path: str) -> int | None:
    for name in path:
        said = getattr(said, name, None)
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None
