"""What the lines of Ollama's own streamed chat mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Usage
from arenatest.providers.answer_stream import AnswerStream, Tally, count
from arenatest.providers.clocks import Clocks
from arenatest.providers.framing import LineParser

_NANOSECONDS = 1e9


class OllamaStream(AnswerStream):
    """The answer of one ``/api/chat``: an object of JSON on each line, the last one ``done``."""

    def __init__(self, clocks: Clocks) -> None:
        super().__init__(clocks, LineParser())
        self._used_tools = False

    def event(self, event: Any) -> None:
        """Read one line."""
        if (error := event.get("error")) is not None:
            self.erred(error)
            return
        if self._model is None:
            self.named(event.get("model"), None)
        if message := event.get("message"):
            self._message(message)
        if event.get("done"):
            self._done(event)

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Read the counts of the last line; thinking is among ``eval_count``."""
        prompt, output = count(said, "prompt_eval_count"), count(said, "eval_count")
        return Tally(usage=Usage(input_tokens=prompt, output_tokens=output))

    def _message(self, message: Mapping[str, Any]) -> None:
        self.said(message.get("content") or "")
        self.thought(message.get("thinking") or message.get("reasoning_content") or "")
        for call in message.get("tool_calls") or ():
            self._used_tools = True
            self.called(call["function"].get("arguments"))

    def _done(self, event: Mapping[str, Any]) -> None:
        """Read the end; Ollama says ``stop`` of tool calls too, and servers of old say nothing."""
        reason = (event.get("done_reason") or "stop").lower()
        self.ended("tool_calls" if self._used_tools and reason == "stop" else reason)
        self.counted({key: event.get(key) for key in ("prompt_eval_count", "eval_count")})
        self.clocks.server = _seconds(event, "total_duration")
        self.clocks.load = _seconds(event, "load_duration")
        self.end()


def _seconds(event: Mapping[str, Any], key: str) -> float | None:
    """A duration that the server measured; nothing takes it no time at all."""
    nanoseconds = count(event, key)
    return nanoseconds / _NANOSECONDS if nanoseconds else None
