"""What the events of a streamed chat completion mean, in all dialects of OpenAI's API.

Usage beside choices or after them, ``reasoning`` and ``reasoning_content``, null content, errors
inside the stream, a missing ``[DONE]``. A server that ignored ``stream`` and sent one JSON body is
read too; such an answer has no time to first token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Usage
from arenatest.providers.answer_stream import AnswerStream, Tally, count
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import error_of


class ChatStream(AnswerStream):
    """The answer of one chat completion."""

    def __init__(self, clocks: Clocks) -> None:
        super().__init__(clocks)
        self._others = False  # whether there were choices beside the first

    def event(self, event: Any) -> None:
        """Read one chunk."""
        if "error" in event and (error := error_of(event)) is not None:
            self.erred(error)
            return
        if usage := event.get("usage"):
            self.counted(usage)
        if self._id is None:
            self.named(event.get("model"), event.get("id"))
        choices = event.get("choices")
        for choice in choices or ():
            if not choice.get("index") or event.get("object") == _COMPLETION:
                if delta := choice.get("delta"):
                    self._delta(delta)
                elif text := choice.get("text"):
                    self.said(text)
                if reason := choice.get("finish_reason"):
                    self._ended(str(reason))
                    self._timed(event)
            else:
                self._others = True
        if not choices:
            self._beside(event)

    def whole(self, body: Any) -> None:
        """Read a completion that was not streamed."""
        choice = body["choices"][0]
        self._delta(choice["message"])
        if reason := choice.get("finish_reason"):
            self._ended(str(reason))
        self.counted(body.get("usage"))
        self.named(body.get("model"), body.get("id"))

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Read ``usage``; what was rejected or thought in silence is billed, never streamed.

        Some servers, xAI's for one, count reasoning beside the completion: then the total says so.
        """
        cached = count(said.get("prompt_tokens_details"), "cached_tokens")
        details = said.get("completion_tokens_details")
        read, written = count(said, "prompt_tokens"), count(said, "completion_tokens")
        thought = count(details, "reasoning_tokens")
        if thought and read is not None and written is not None:
            apart = written + thought
            written = apart if count(said, "total_tokens") == read + apart else written
        usage = Usage(
            input_tokens=read,
            output_tokens=written,
            reasoning_tokens=thought,
            cached_tokens=count(said, "prompt_cache_hit_tokens") if cached is None else cached,
        )
        rejected = count(details, "rejected_prediction_tokens") or 0
        return Tally(usage=usage, unseen=None if self._others else rejected)

    def sole_text(self, event: Any) -> str | None:
        """Return the key of the only text of a chunk that has no usage and no finish reason."""
        choices = event.get("choices")
        if not choices or len(choices) > 1 or event.get("usage"):
            return None
        choice = choices[0]
        if choice.get("finish_reason") or choice.get("index"):
            return None
        delta = choice.get("delta") or {}
        said = [key for key, value in delta.items() if value and key != "role"]
        return said[0] if len(said) == 1 and said[0] in _TEXTS else None

    def _delta(self, delta: Mapping[str, Any]) -> None:
        get = delta.get
        if text := get("content"):
            if type(text) is list:
                self._parts(text)
            else:
                self.said(text)
            if len(delta) == 1:  # nearly always
                return
        if text := get("reasoning_content") or get("reasoning"):
            self.thought(text)
        if text := get("refusal"):
            self.refused(text)
        if calls := get("tool_calls"):
            for call in calls:
                self.called((call.get("function") or {}).get("arguments"))
        if call := get("function_call"):
            self.called(call.get("arguments"))

    def _parts(self, parts: list[Any]) -> None:
        """Read content in parts, as Mistral's reasoning models send it."""
        for part in parts:
            if part["type"] == "text":
                self.said(part["text"])
            elif part["type"] == "thinking":
                for thought in part["thinking"]:
                    self.thought(thought["text"])

    def _beside(self, event: Mapping[str, Any]) -> None:
        """Read an event without choices: times of the server, or an error and nothing else."""
        if (error := error_of(event)) is not None:
            self.erred(error)
        else:
            self._timed(event)

    def _ended(self, reason: str) -> None:
        if reason in _BROKEN_OFF:
            self.failed("stream", f"after a 200: the server broke off: {reason}")
        else:
            self.ended(_FINISHES.get(reason, reason))

    def _timed(self, event: Mapping[str, Any]) -> None:
        """Take what servers tell of their own time; vLLM, llama.cpp and Groq do."""
        clocks = self.clocks
        if metrics := event.get("metrics"):
            clocks.server_queue = _seconds(metrics, "queue_time_ms", 0.001)
        if timings := event.get("timings"):
            read = _seconds(timings, "prompt_ms", 0.001)
            written = _seconds(timings, "predicted_ms", 0.001)
            clocks.server = None if read is None or written is None else read + written
        if groq := event.get("x_groq"):
            if error := groq.get("error"):
                self.erred(error)
            usage = event.get("usage") or groq.get("usage")
            self.counted(usage)
            clocks.server = _seconds(usage, "total_time", 1.0)
            clocks.server_queue = _seconds(usage, "queue_time", 1.0)


def _seconds(said: Any, key: str, unit: float) -> float | None:
    """Some seconds that a server reports; None where it does not, or writes nonsense."""
    value = said.get(key) if isinstance(said, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _NEVER:
        return None
    return value * unit


_NEVER = 1e9
_COMPLETION = "text_completion"  # of the older API: some count pieces where choices are counted
_BROKEN_OFF = ("error", "abort", "insufficient_system_resource")  # OpenRouter, vLLM, DeepSeek
_TEXTS = ("content", "reasoning_content", "reasoning")
_FINISHES = {"function_call": "tool_calls", "model_length": "length"}  # Mistral: of its context
