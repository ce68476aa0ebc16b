"""One answer in the dialect of Anthropic's Messages API.

A message is a list of blocks, each opened, continued by deltas and closed; ``message_delta`` brings
why it ended and the counts, ``message_stop`` is the end. Events, blocks and deltas of other types
are skipped: the API reserves the right to add some.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Usage
from arenatest.providers.answer_stream import AnswerStream, Tally, count
from arenatest.providers.clocks import Clocks

_FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
}
_FILTERED = "blocked by content filtering policy"
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking"}


class MessageStream(AnswerStream):
    """Collects one message.

    It is whole with ``message_stop`` only: a server that dies between the reason and the end is
    not taken at its word.
    """

    def __init__(self, clocks: Clocks) -> None:
        super().__init__(clocks)
        self._reason: str | None = None
        self._thinking = False  # whether the model thinks, seen or unseen
        self._signed = False  # whether the thinking is sealed: what is shown of it is a summary

    def event(self, event: Any) -> None:
        """Say what one event means."""
        kind = event.get("type")
        if kind == "content_block_delta":
            self._delta(event["delta"])
        elif kind == "content_block_start":
            self._block(event["content_block"])
        elif kind == "message_start":
            self._start(event["message"])
        elif kind == "message_delta":
            self._closing(event.get("delta") or {}, event.get("usage"))
        elif kind == "message_stop":
            if self._reason is not None:
                self.ended(self._reason)
            self.end()
        elif error := event.get("error"):
            self._broken(error)
        elif not isinstance(kind, str):
            raise ValueError("it has no type")

    def whole(self, body: Any) -> None:
        """Say what a message means that was not streamed."""
        self.named(body.get("model"), body.get("id"))
        for block in body["content"]:
            self._block(block)
        self._closing(body, body.get("usage"))
        if self._reason is not None:
            self.ended(self._reason)

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Put the counts into our words: what was read from and written to a cache is input too."""
        fresh = count(said, "input_tokens")
        cached = count(said, "cache_read_input_tokens")
        written = count(said, "cache_creation_input_tokens")
        output = count(said, "output_tokens")
        thinking = count(said.get("output_tokens_details"), "thinking_tokens")
        usage = Usage(
            input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
            output_tokens=output,
            reasoning_tokens=thinking,
            cached_tokens=cached,
        )
        unknown = self._signed if self._reasoning else self._thinking and thinking is None
        return Tally(usage=usage, unseen=None if unknown else 0)

    def sole_text(self, event: Any) -> str | None:
        """Return the key of a delta's text; nothing else of a delta matters."""
        return _TEXTS.get(event["delta"]["type"]) if "delta" in event else None

    def _start(self, message: Any) -> None:
        """Take the names and the counts of input; that of output is only of what came so far."""
        self.named(message.get("model"), message.get("id"))
        if usage := message.get("usage"):
            self.counted({**_known(usage), "output_tokens": None})

    def _block(self, block: Any) -> None:
        kind = block["type"]
        if kind == "text":
            self.said(block.get("text"))
        elif kind == "thinking":
            self._thinking = True
            self.thought(block.get("thinking"))
        elif kind == "redacted_thinking":
            self._thinking = True
        else:
            self.called(block.get("input"))

    def _delta(self, delta: Any) -> None:
        kind = delta["type"]
        if kind == "text_delta":
            self.said(delta["text"])
        elif kind == "thinking_delta":
            self.thought(delta["thinking"])
        elif kind == "input_json_delta":
            self.called(delta["partial_json"])
        elif kind == "signature_delta":
            self._signed |= bool(delta.get("signature"))

    def _broken(self, error: Any) -> None:
        if says_filtered(error):
            self.ended("content_filter")
            self.end()
        else:
            self.erred(error)

    def _closing(self, delta: Any, usage: Any) -> None:
        if usage:
            self.counted(_known(usage))
        if reason := delta.get("stop_reason"):
            self._reason = _FINISHES.get(reason) or reason.lower()


def says_filtered(error: Any) -> bool:
    """Whether an error is an end after all: that of a filter, which has no stop reason here."""
    return isinstance(error, dict) and _FILTERED in str(error.get("message")).lower()


def _known(usage: Any) -> dict[str, Any]:
    """The counts that are given: what is null leaves an earlier count as it is."""
    return {name: value for name, value in usage.items() if value is not None}
