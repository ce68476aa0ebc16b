"""What the events of Amazon Bedrock's ``ConverseStream`` mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Usage
from arenatest.providers.answer_stream import AnswerStream, Tally, count
from arenatest.providers.clocks import Clocks
from arenatest.providers.frames import BROKEN, FrameParser

_MILLISECONDS = 1e3
_FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
_MALFORMED = ("malformed_model_output", "malformed_tool_use")
_HOPELESS = ("validationException", "accessDeniedException", "resourceNotFoundException")


class ConverseStream(AnswerStream):
    """The answer of one ``converse-stream``.

    It is whole with ``messageStop``; ``metadata`` brings the counts and is the end. Events of other
    names are skipped.
    """

    def __init__(self, clocks: Clocks) -> None:
        super().__init__(clocks, FrameParser())
        self._thought_unseen = False

    def event(self, event: Any) -> None:
        """Read one event, which stands under its name."""
        ((name, said),) = event.items()
        if name == "contentBlockDelta":
            self._delta(said["delta"])
        elif name == "messageStop":
            self._stopped(said["stopReason"])
        elif name == "metadata":
            self._metadata(said)
        elif name == BROKEN:
            self.failed("malformed", f"the stream is broken: {said}")
        elif name == "error":
            self.erred(said)
        elif name.endswith("Exception"):
            message = said.get("message") or said.get("originalMessage") or "no message"
            hope = name not in _HOPELESS
            self.failed("stream", f"after a 200: {message} ({name})", retryable=hope)

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Read ``usage``: input tokens that were read from and written to a cache are apart."""
        fresh, output = count(said, "inputTokens"), count(said, "outputTokens")
        cached, written = count(said, "cacheReadInputTokens"), count(said, "cacheWriteInputTokens")
        usage = Usage(
            input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
            output_tokens=output,
            cached_tokens=cached,
        )
        return Tally(usage=usage, unseen=None if self._thought_unseen else 0)

    def sole_text(self, event: Any) -> str | None:
        """Return the key of a delta's text, unless padding makes every event another."""
        delta = event.get("contentBlockDelta", ())
        return "text" if set(delta) == {"contentBlockIndex", "delta"} else None

    def _delta(self, delta: Mapping[str, Any]) -> None:
        if text := delta.get("text"):
            self.said(text)
        elif thought := delta.get("reasoningContent"):
            self.thought(thought.get("text"))
            self._thought_unseen |= "redactedContent" in thought
        elif tool := delta.get("toolUse"):
            self.called(tool.get("input"))

    def _stopped(self, reason: str) -> None:
        if reason in _MALFORMED:
            self.failed("malformed", f"Bedrock could not read what the model wrote ({reason})")
        else:
            self.ended(_FINISHES.get(reason, reason.lower()))

    def _metadata(self, said: Mapping[str, Any]) -> None:
        self.counted(said.get("usage"))
        if took := count(said.get("metrics"), "latencyMs"):
            self.clocks.server = took / _MILLISECONDS
        self.end()
