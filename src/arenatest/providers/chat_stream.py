"""One streamed chat completion: stamped bytes in, an ``Answer`` out; no socket, no clock.

The dialects of OpenAI's API are read here: usage beside choices or after them, ``reasoning`` and
``reasoning_content``, null content, errors inside the stream, a missing ``[DONE]``. A server that
ignored ``stream`` and sent one JSON body is read too; such an answer has no time to first token.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arenatest.model.answer import Answer, Failure, FailureKind, Usage
from arenatest.providers.chunk_template import ChunkTemplate
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import error_of, may_help, one_line, said_by, says_spent
from arenatest.providers.sse import EventParser


class ChatStream:
    """Collects the answer of one call.

    What is refused is answer text as well, for the user reads it; its ``finish`` is then
    ``content_filter``, whatever the server says. Arguments of tool calls start the clocks as
    generated answer text, and are not kept.

    Args:
        clocks: Of this call; reads with generated text are marked here, the rest by the caller.

    Attributes:
        clocks: Of this call.
        done: Whether nothing more is wanted: the terminal marker came, or an error.
        request_id: The server's id from the response headers, set by the caller.
    """

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self.done = False
        self.request_id: str | None = None
        self._events = EventParser()
        self._template = ChunkTemplate()
        self._opened = False  # whether the first byte has told what kind of body comes
        self._body: list[bytes] | None = None  # of an answer that is not streamed
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refused = False
        self._called = False
        self._counted = False
        self._finish: str | None = None
        self._usage: Mapping[str, Any] = {}
        self._model: Any = None
        self._id: Any = None
        self._stamp = clocks.start
        self._failure: Failure | None = None

    @property
    def complete(self) -> bool:
        """Whether the answer is whole, whatever becomes of the connection from now on."""
        return self._finish is not None and self._failure is None

    @property
    def started(self) -> bool:
        """Whether any text was generated: from then on asking again would pay twice."""
        return self.clocks.first is not None

    def progress(self) -> str:
        """Return how far the call got, for messages about what ended it."""
        if self.clocks.headers is None:
            return "before the response headers"
        if not self.started:
            return "after the response headers, before any text"
        length = sum(map(len, self._text)) + sum(map(len, self._reasoning))
        return f"after {length} characters of text"

    def feed(self, stamp: float, data: bytes) -> None:
        """Take what one read of the socket gave, at the time ``stamp``."""
        self._stamp = stamp
        if not self._opened:
            data = self._opening(data)
        if self._body is not None:
            self._body.append(data)
        elif payloads := self._events.feed(data):
            self._take(payloads)

    def finish(self, end: float, interruption: Failure | None = None) -> Answer:
        """Return the answer, or the failure, at the end of the stream.

        Args:
            end: When it ended.
            interruption: What broke the connection off, if something did. It counts only where
                the answer was not complete, and can be tried again only before any text.
        """
        if self._body is not None and interruption is None:
            self._read_whole(b"".join(self._body))
        elif not self.done and (payload := self._events.rest()) is not None:
            self._take([payload] if _is_json(payload) else [])
        failure = self._failure
        if failure is None and self._finish is None:
            failure = interruption or Failure(
                kind="cut",
                message=f"the stream ended {self.progress()}, without a finish reason",
                retryable=True,
            )
        if failure is not None and self.started:
            failure = replace(failure, retryable=False, retry_after=None)
        ok = failure is None
        finish = "content_filter" if self._refused else self._finish
        return Answer(
            text="".join(self._text) if ok else "",
            reasoning="".join(self._reasoning) if ok else "",
            finish=finish if ok else None,
            usage=_usage(self._usage),
            timing=self.clocks.timing(end, self._streamed_tokens()),
            failure=failure,
            model=sys.intern(self._model) if isinstance(self._model, str) else None,
            request_id=self.request_id,
            response_id=self._id if isinstance(self._id, str) else None,
        )

    def _opening(self, data: bytes) -> bytes:
        """See from the first byte that is not blank whether events or a whole body come."""
        data = data.lstrip()
        self._opened = bool(data)
        if data[:1] in (b"{", b"[", b"<"):
            self._body = []
        return data

    def _take(self, payloads: list[bytes]) -> None:
        """Read the events of one read, and mark it if it held generated text."""
        text, reasoning = len(self._text), len(self._reasoning)
        self._called = False
        for payload in payloads:
            if self.done:
                break
            piece = self._template.text(payload)
            if piece is None:
                self._event(payload)
            elif piece:
                (self._text if self._template.key == "content" else self._reasoning).append(piece)
        answered = self._called or len(self._text) > text
        if answered or len(self._reasoning) > reasoning:
            if self.clocks.first is None and self._counted:
                self.clocks.first_tokens = self._streamed_tokens() or 1
            self.clocks.generated(self._stamp, answer=answered)

    def _event(self, payload: bytes) -> None:
        if payload.strip() == b"[DONE]":
            self.done = True
            return
        pieces = len(self._text) + len(self._reasoning)
        try:
            chunk = _parsed(payload)
            self._chunk(chunk)
            if self._template.tries and len(self._text) + len(self._reasoning) > pieces:
                self._learn(payload, chunk)
        except (ValueError, TypeError, AttributeError) as error:
            self._malformed("an event", payload, error)

    def _chunk(self, chunk: Any) -> None:
        if "error" in chunk and (error := error_of(chunk)) is not None:
            self._stop("stream", f"after a 200: {said_by(error)}", retryable=_transient(error))
            return
        if usage := chunk.get("usage"):
            self._usage = usage
        if self._id is None:
            self._id, self._model = chunk.get("id"), chunk.get("model")
        for choice in chunk.get("choices") or ():
            if not choice.get("index"):  # a second answer, if the suite's body asks for one, is not
                if delta := choice.get("delta"):
                    self._delta(delta, counted=bool(usage))
                if reason := choice.get("finish_reason"):
                    self._finish = sys.intern(str(reason))  # a ledger holds thousands of them

    def _learn(self, payload: bytes, chunk: Mapping[str, Any]) -> None:
        """Remember an event that held one piece of text and nothing else that matters."""
        choices = chunk.get("choices")
        if self.done or not choices or len(choices) > 1 or chunk.get("usage"):
            return
        choice = choices[0]
        if choice.get("finish_reason") or choice.get("index"):
            return
        said = {key: value for key, value in (choice.get("delta") or {}).items() if value}
        said.pop("role", None)
        if len(said) == 1:
            key, text = said.popitem()
            if key in _TEXTS:
                self._template.learn(payload, key, text)

    def _delta(self, delta: Mapping[str, Any], *, counted: bool = False) -> None:
        get = delta.get
        if text := get("content"):
            self._text.append(_checked(text))
            self._counted = counted
            if len(delta) == 1:  # nearly always
                return
        if text := get("reasoning_content") or get("reasoning"):
            self._reasoning.append(_checked(text))
            self._counted = counted
        if text := get("refusal"):
            self._text.append(_checked(text))
            self._refused = True
        if calls := get("tool_calls"):
            self._called |= any(_arguments(call) for call in calls)

    def _read_whole(self, body: bytes) -> None:
        """Read an answer that was not streamed: its only time is when it was there."""
        if body.lstrip().startswith(b"<"):
            self._stop("malformed", "got a page of HTML, expected a stream", retryable=False)
            return
        try:
            parsed = json.loads(body.decode())
            if (error := error_of(parsed)) is not None:
                self._stop("stream", f"after a 200: {said_by(error)}", retryable=_transient(error))
                return
            self._delta(parsed["choices"][0]["message"])
            self._finish = str(parsed["choices"][0].get("finish_reason") or "") or None
            self._usage = parsed.get("usage") or {}
            self._id, self._model = parsed.get("id"), parsed.get("model")
            self.clocks.last = self._stamp
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            self._malformed("the body", body, error)

    def _malformed(self, what: str, payload: bytes, error: Exception) -> None:
        shown = payload.decode("utf-8", "replace")
        self._stop("malformed", f"{what} is not what the API promises ({error}): {shown}")

    def _stop(self, kind: FailureKind, message: str, *, retryable: bool = True) -> None:
        self.done = True
        self._failure = Failure(kind=kind, message=one_line(message), retryable=retryable)

    def _streamed_tokens(self) -> int | None:
        """Generated tokens that came through the stream: not those that were only billed."""
        total = _count(self._usage, "completion_tokens")
        if total is None:
            return None
        unseen = _count(self._usage, *_DETAILS, "rejected_prediction_tokens") or 0
        if not self._reasoning:
            unseen += _count(self._usage, *_DETAILS, "reasoning_tokens") or 0
        return total - unseen


_decode = json.JSONDecoder().raw_decode  # json.loads looks for blanks twice, at half its cost


def _parsed(payload: bytes) -> Any:
    text = payload.decode()
    if not text.startswith("{"):
        text = text.strip()
    chunk, end = _decode(text)
    if end != len(text) and text[end:].strip():
        raise ValueError("something follows the object")
    return chunk


_TEXTS = ("content", "reasoning_content", "reasoning")
_DETAILS = ("completion_tokens_details",)
_NO_COUNT = 2**53  # from here on a float no longer counts by ones


def _usage(said: Mapping[str, Any]) -> Usage | None:
    if not said:
        return None
    cached = _count(said, "prompt_tokens_details", "cached_tokens")
    return Usage(
        input_tokens=_count(said, "prompt_tokens"),
        output_tokens=_count(said, "completion_tokens"),
        reasoning_tokens=_count(said, *_DETAILS, "reasoning_tokens"),
        cached_tokens=_count(said, "prompt_cache_hit_tokens") if cached is None else cached,
    )


def _count(said: Any, *path: str) -> int | None:
    """A count of tokens somewhere in a usage; None where it is not one."""
    for key in path:
        said = said.get(key) if isinstance(said, dict) else None
    if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < _NO_COUNT:
        return said
    return None


def _checked(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}")
    return text


def _arguments(call: Mapping[str, Any]) -> bool:
    """Whether a piece of a tool call holds generated text."""
    return bool((call.get("function") or {}).get("arguments"))


def _transient(error: Any) -> bool:
    """Whether an error inside a stream may be gone when asked again."""
    if says_spent(error):
        return False
    code = str(error.get("code") or error.get("type")) if isinstance(error, dict) else ""
    if code.isdigit():
        return may_help(int(code))
    return "invalid" not in code and "context_length" not in code


def _is_json(payload: bytes) -> bool:
    try:
        json.loads(payload)
    except ValueError:
        return False
    return True
