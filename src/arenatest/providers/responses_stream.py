"""What the named events of OpenAI's Responses API mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Usage
from arenatest.providers.answer_stream import AnswerStream, Tally, count
from arenatest.providers.clocks import Clocks


class ResponsesStream(AnswerStream):
    """The answer of one response.

    Events carry their name in ``type`` too, so that the line ``event:`` is not needed. Where only a
    summary of the reasoning was streamed, nobody knows how many tokens came through the stream, and
    there is no time per token.
    """

    def __init__(self, clocks: Clocks) -> None:
        super().__init__(clocks)
        self._summarised = False

    def event(self, event: Any) -> None:
        """Read one event; those that say nothing new are skipped."""
        name = event.get("type")
        if name == "response.output_text.delta":
            self.said(event["delta"])
        elif name == "response.reasoning_text.delta":
            self.thought(event["delta"])
        elif name == "response.reasoning_summary_text.delta":
            self._summarised = True
            self.thought(event["delta"])
        elif name == "response.refusal.delta":
            self.refused(event["delta"])
        elif name in _CALLS:
            self.called(event["delta"])
        elif name in _ENDS:
            self._whole(event["response"])
            self.end()
        elif name == "error" or event.get("error") is not None:
            self.erred(event.get("error") or event)
        elif name in _STARTS:
            self._begun(event["response"])

    def whole(self, body: Any) -> None:
        """Read a response that was not streamed."""
        for item in body["output"]:
            for part in item.get("content") or ():
                if part.get("type") == "refusal":
                    self.refused(part["refusal"])
                elif item["type"] == "reasoning":
                    self.thought(part["text"])
                else:
                    self.said(part["text"])
            for part in item.get("summary") or ():
                self.thought(part["text"])
        self._whole(body)

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Read ``usage``."""
        reasoning = count(said.get("output_tokens_details"), "reasoning_tokens")
        usage = Usage(
            input_tokens=count(said, "input_tokens"),
            output_tokens=count(said, "output_tokens"),
            reasoning_tokens=reasoning,
            cached_tokens=count(said.get("input_tokens_details"), "cached_tokens"),
        )
        return Tally(usage=usage, unseen=None if self._summarised and reasoning else 0)

    def sole_text(self, event: Any) -> str | None:
        """Return the key of the text of a delta."""
        return "delta" if event.get("type") in _TEXTS else None

    def _begun(self, response: Mapping[str, Any]) -> None:
        self.named(response.get("model"), response.get("id"))

    def _whole(self, response: Mapping[str, Any]) -> None:
        """Take how a response ended: completed, incomplete or failed."""
        self._begun(response)
        self.counted(response.get("usage"))
        status = response.get("status")
        if error := response.get("error"):
            self.erred(error)
        elif status == "incomplete":
            reason = str((response.get("incomplete_details") or {}).get("reason") or status)
            self.ended(_FINISHES.get(reason, reason))
        elif status == "completed":
            calls = any(item.get("type") == "function_call" for item in response.get("output", ()))
            self.ended("tool_calls" if calls else "stop")
        else:
            self.failed("stream", f"after a 200: the response is {status}")


_TEXTS = ("response.output_text.delta", "response.reasoning_text.delta")
_CALLS = frozenset(
    f"response.{what}.delta"
    for what in (
        "function_call_arguments",
        "custom_tool_call_input",
        "mcp_call_arguments",
        "code_interpreter_call_code",
    )
)
_STARTS = frozenset(f"response.{what}" for what in ("created", "queued", "in_progress"))
_ENDS = frozenset(f"response.{what}" for what in ("completed", "incomplete", "failed", "cancelled"))
_FINISHES = {"max_output_tokens": "length"}
