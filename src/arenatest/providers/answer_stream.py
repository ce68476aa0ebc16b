"""One streamed answer: stamped bytes in, an ``Answer`` out; no socket, no clock of its own.

What all dialects share stands here: clocks, usage, finish, failures, and bodies that are not
streamed. A dialect is a subclass that says what its events mean; ``wire`` tells how to write one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from arenatest.model.answer import Answer, Failure, FailureKind, Usage
from arenatest.providers.chunk_template import ChunkTemplate
from arenatest.providers.clocks import Clocks
from arenatest.providers.framing import Framing
from arenatest.providers.refusals import error_of, one_line, said_by, says_spent, transient
from arenatest.providers.sse import EventParser


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a server counted, in our words.

    Attributes:
        usage: Its ``output_tokens`` include reasoning, its ``input_tokens`` what was cached.
        unseen: Tokens of the output that never came through the stream, reasoning apart; None where
            nobody can know.
    """

    usage: Usage
    unseen: int | None = 0


class AnswerStream:
    """Collects the answer of one call.

    What is refused is answer text as well, for the user reads it; its ``finish`` is then
    ``refusal``, whatever the server says. Arguments of tool calls start the clocks as generated
    answer text, and are not kept.

    Args:
        clocks: Of this call; reads with generated text are marked here, the rest by the caller.
        framing: Cuts what the reads give into payloads.

    Attributes:
        clocks: Of this call.
        done: Whether nothing more is wanted: the terminal marker came, or an error.
        request_id: The server's id from the response headers, set by the caller.
    """

    def __init__(self, clocks: Clocks, framing: Framing | None = None) -> None:
        self.clocks = clocks
        self.done = False
        self.request_id: str | None = None
        self._framing = framing or EventParser()
        self._template = ChunkTemplate()
        self._opened = False  # whether the first byte has told what kind of body comes
        self._body: list[bytes] | None = None  # of an answer that is not streamed
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._alike = self._text  # where the text of an event like the one learned belongs
        self._refused = False
        self._called = False
        self._counted = False
        self._finish: str | None = None
        self._usage: dict[str, Any] = {}
        self._model: Any = None
        self._id: Any = None
        self._stamp = clocks.start
        self._failure: Failure | None = None

    # What a dialect overrides.

    def event(self, event: Any) -> None:
        """Say what one event means, by the calls below.

        Args:
            event: A payload's JSON. Where it is not what the API promises, let ``TypeError``,
                ``ValueError``, ``AttributeError`` or ``LookupError`` rise: the answer is malformed.
        """
        raise NotImplementedError

    def whole(self, body: Any) -> None:
        """Say what a body means that was not streamed; by the same calls, with the same errors."""
        raise ValueError("expected a stream")

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Put the counts of ``counted`` into our words; ``count`` reads one safely."""
        return Tally(usage=Usage())

    def sole_text(self, event: Any) -> str | None:
        """Return the key of the event's text where nothing else of the event matters, or None.

        Events that differ from it in nothing but that text are then not parsed any more. It is
        asked only about events that gave exactly one piece of text.
        """
        return None

    # What a dialect calls.

    def said(self, text: str) -> None:
        """Take a piece of the answer; nothing is said where it is empty."""
        if text:
            self._text.append(_checked(text))

    def thought(self, text: str) -> None:
        """Take a piece of reasoning."""
        if text:
            self._reasoning.append(_checked(text))

    def refused(self, text: str) -> None:
        """Take a piece of a refusal, which is answer text too."""
        if text:
            self._text.append(_checked(text))
            self._refused = True

    def called(self, arguments: Any) -> None:
        """Note a piece of the arguments of a tool call, unless it is empty."""
        if arguments:
            self._called = True

    def counted(self, said: Any) -> None:
        """Take counts of tokens as the server names them; later ones replace earlier ones."""
        if isinstance(said, dict):
            self._usage.update(said)
            self._counted = True

    def ended(self, reason: str) -> None:
        """Take why the model stopped, in the words of ``Answer.finish``: the answer is whole."""
        self._finish = sys.intern(str(reason))  # a ledger holds thousands of them

    def named(self, model: Any, response_id: Any) -> None:
        """Take the names of model and answer; the first ones count."""
        if self._id is None:
            self._id = response_id
        if self._model is None:
            self._model = model

    def end(self) -> None:
        """Note the terminal marker: nothing more is read."""
        self.done = True

    def failed(self, kind: FailureKind, message: str, *, retryable: bool = True) -> None:
        """Take an error: nothing more is read, and no text counts."""
        self.done = True
        self._failure = Failure(kind=kind, message=one_line(message), retryable=retryable)

    def erred(self, error: Any) -> None:
        """Take the error object that came inside a stream, after a 200."""
        kind: FailureKind = "spent" if says_spent(error) else "stream"
        self.failed(kind, f"after a 200: {said_by(error)}", retryable=transient(error))

    # What the transport calls.

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
        return f"after {self._length()} characters of text"

    def feed(self, stamp: float, data: bytes) -> None:
        """Take what one read of the socket gave, at the time ``stamp``."""
        self._stamp = stamp
        if not self._opened:
            data = self._opening(data)
        if self._body is not None:
            self._body.append(data)
            return
        try:
            payloads = self._framing.feed(data)
        except ValueError as error:
            self._malformed("the stream", data, error)
        else:
            if payloads:
                self._take(payloads)

    def finish(self, end: float, interruption: Failure | None = None) -> Answer:
        """Return the answer, or the failure, at the end of the stream.

        Args:
            end: When it ended.
            interruption: What broke the connection off, if something did. It counts only where
                the answer was not complete.

        Once there was text, only an answer that was cut off may be asked for again: half of it is
        worth nothing, and the next one is likely to be whole. Anything else would be paid for twice
        in vain.
        """
        if self._body is not None and interruption is None:
            self._read_whole(b"".join(self._body))
        elif not self.done and (payload := self._framing.rest()) is not None:
            self._take([payload] if _is_json(payload) else [])
        failure = self._failure
        if failure is None and self._finish is None:
            failure = interruption or Failure(
                kind="cut",
                message=f"the stream ended {self.progress()}, without a finish reason",
                retryable=True,
            )
        if failure is not None and self.started and failure.kind != "cut":
            failure = replace(failure, retryable=False, retry_after=None)
        ok = failure is None
        finish = "refusal" if self._refused else self._finish
        tally = self._tally()
        return Answer(
            text=_joined(self._text) if ok else "",
            reasoning=_joined(self._reasoning) if ok else "",
            finish=finish if ok else None,
            usage=None if tally is None else tally.usage,
            timing=self.clocks.timing(end, self._streamed_tokens(tally), self._length()),
            failure=failure,
            model=sys.intern(self._model) if isinstance(self._model, str) else None,
            request_id=self.request_id,
            response_id=self._id if isinstance(self._id, str) else None,
        )

    def _length(self) -> int:
        return sum(map(len, self._text)) + sum(map(len, self._reasoning))

    def _opening(self, data: bytes) -> bytes:
        """See from the first byte that is not blank whether events or a whole body come."""
        foreign = self._framing.foreign
        if foreign:
            data = data.lstrip()
        self._opened = bool(data)
        if data and data[0] in foreign:
            self._body = []
        return data

    def _take(self, payloads: list[bytes]) -> None:
        """Read the events of one read, and mark it if it held generated text."""
        text, reasoning = len(self._text), len(self._reasoning)
        self._called = self._counted = False
        place = 0
        while place < len(payloads) and not self.done:
            piece, after = self._template.run(payloads, place)
            if piece:
                self._alike.append(piece)
            if after == place:
                self._event(payloads[place])
                after += 1
            place = after
        answered = self._called or len(self._text) > text
        if answered or len(self._reasoning) > reasoning:
            if self.clocks.first is None and self._counted and not self.done:  # else no pace
                self.clocks.first_tokens = self._streamed_tokens(self._tally()) or 1
            self.clocks.generated(self._stamp, answer=answered)

    def _event(self, payload: bytes) -> None:
        if payload.strip() == b"[DONE]":
            self.done = True
            return
        text, pieces = len(self._text), len(self._text) + len(self._reasoning)
        try:
            event = _parsed(payload)
            self.event(event)
            if self._template.tries and len(self._text) + len(self._reasoning) == pieces + 1:
                self._learn(
                    payload, event, self._text if len(self._text) > text else self._reasoning
                )
        except _BROKEN as error:
            self._malformed("an event", payload, error)

    def _learn(self, payload: bytes, event: Any, grown: list[str]) -> None:
        """Remember an event that held one piece of text and nothing else that matters."""
        key = None if self.done else self.sole_text(event)
        if key is not None and self._template.learn(payload, key, grown[-1]):
            self._alike = grown

    def _read_whole(self, body: bytes) -> None:
        """Read an answer that was not streamed: its only time is when it was there."""
        if body.lstrip().startswith(b"<"):
            self.failed("malformed", "got a page of HTML, expected a stream", retryable=False)
            return
        try:
            parsed = json.loads(body.decode())
            if (error := error_of(parsed)) is not None:
                self.erred(error)
                return
            self.whole(parsed)
            self.clocks.last = self._stamp
        except _BROKEN as error:
            self._malformed("the body", body, error)

    def _malformed(self, what: str, payload: bytes, error: Exception) -> None:
        try:
            shown = json.dumps(json.loads(payload), ensure_ascii=False)  # no key behind escapes
        except (ValueError, RecursionError):
            shown = payload.decode("utf-8", "replace")
        self.failed("malformed", f"{what} is not what the API promises ({error}): {shown}")

    def _tally(self) -> Tally | None:
        """What the server counted; a count of nothing, where something was generated, is none."""
        if not self._usage:
            return None
        tally = self.tally(self._usage)
        usage = tally.usage
        wrote = self.started or self._called or bool(self._text or self._reasoning)
        if usage.input_tokens == 0 or (usage.output_tokens == 0 and wrote):
            usage = replace(
                usage,
                input_tokens=usage.input_tokens or None,
                output_tokens=usage.output_tokens or (None if wrote else 0),
            )
            return replace(tally, usage=usage)
        return tally

    def _streamed_tokens(self, tally: Tally | None) -> int | None:
        """Generated tokens that came through the stream: not those that were only billed."""
        if tally is None or tally.unseen is None or tally.usage.output_tokens is None:
            return None
        unseen = tally.unseen
        if not self._reasoning:
            unseen += tally.usage.reasoning_tokens or 0
        return tally.usage.output_tokens - unseen


def count(said: Any, key: str) -> int | None:
    """Return a count of tokens that a server says; None where it is not one, or nothing said."""
    value = said.get(key) if isinstance(said, dict) else None
    if type(value) is int and 0 <= value < _NO_COUNT:  # true is no count
        return value
    return None


_BROKEN = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
_NO_COUNT = 2**53  # from here on a float no longer counts by ones
_decode = json.JSONDecoder().raw_decode  # json.loads looks for blanks twice, at half its cost


def _parsed(payload: bytes) -> Any:
    text = payload.decode()
    if not text.startswith("{"):
        text = text.strip()
    event, end = _decode(text)
    if end != len(text) and text[end:].strip():
        raise ValueError("something follows the object")
    return event


def _joined(pieces: list[str]) -> str:
    """One text; servers that count in UTF-16 may cut a character in two."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


def _checked(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}")
    return text


def _is_json(payload: bytes) -> bool:
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return True
