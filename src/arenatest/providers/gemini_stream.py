"""One answer in the dialect of Gemini's ``streamGenerateContent``.

Every event is a small response of its own. There is no terminal marker: an answer is whole once a
finish reason came, and the stream goes on to the end of the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Usage
from arenatest.providers.answer_stream import AnswerStream, Tally, count
from arenatest.providers.clocks import Clocks

_FILTERED = "content_filter"
_FINISHES = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",  # and it could be gone on with
    "FUNCTION_CALL": "tool_calls",
    "SAFETY": _FILTERED,
    "RECITATION": _FILTERED,
    "LANGUAGE": _FILTERED,
    "BLOCKLIST": _FILTERED,
    "PROHIBITED_CONTENT": _FILTERED,
    "SPII": _FILTERED,
    "MODEL_ARMOR": _FILTERED,
    "ESCALATION": _FILTERED,
    "IMAGE_SAFETY": _FILTERED,
    "IMAGE_PROHIBITED_CONTENT": _FILTERED,
    "IMAGE_RECITATION": _FILTERED,
}
_PLAIN = {"candidates", "modelVersion", "responseId"}
_PLAIN_CANDIDATE = {"content", "index"}
_LARGE = 256  # tokens: the server sends sentences at once, not tokens
_UNSPECIFIED = (
    "FINISH_REASON_UNSPECIFIED",
    "BLOCK_REASON_UNSPECIFIED",
    "BLOCKED_REASON_UNSPECIFIED",
)


class GeminiStream(AnswerStream):
    """Collects the first candidate.

    A prompt that is blocked is an empty answer with the finish ``content_filter``: nothing was
    generated, and asking again would not change that.
    """

    def __init__(self, clocks: Clocks) -> None:
        super().__init__(clocks)
        clocks.long = _LARGE
        self._calling = False
        self._others = False  # whether there were candidates beside the first

    def event(self, event: Any) -> None:
        """Say what one event means."""
        if error := event.get("error"):
            self.erred(error)
            return
        self.named(event.get("modelVersion"), event.get("responseId"))
        if counts := event.get("usageMetadata"):
            self.counted(counts)
        if _reason(event.get("promptFeedback") or {}, "blockReason"):
            self.ended(_FILTERED)
        for candidate in event.get("candidates") or ():
            if not candidate.get("index"):  # a second one, if the suite's body asks for it, is not
                self._candidate(candidate)
            else:
                self._others = True

    def whole(self, body: Any) -> None:
        """Say what a body means that holds all events: a list where ``alt=sse`` was ignored."""
        for event in body if isinstance(body, list) else [body]:
            if not self.done:
                self.event(event)

    def tally(self, said: Mapping[str, Any]) -> Tally:
        """Put the counts into our words; what the server leaves out of them is 0.

        Thoughts are streamed as summaries and counted as they were thought.
        """
        prompt = count(said, "promptTokenCount")
        thoughts = count(said, "thoughtsTokenCount")
        usage = Usage(
            input_tokens=prompt and prompt + (count(said, "toolUsePromptTokenCount") or 0),
            output_tokens=(count(said, "candidatesTokenCount") or 0) + (thoughts or 0),
            reasoning_tokens=thoughts,
            cached_tokens=count(said, "cachedContentTokenCount"),
        )
        summarised = self._reasoning and thoughts
        return Tally(usage=usage, unseen=None if summarised or self._others else 0)

    def sole_text(self, event: Any) -> str | None:
        """Return ``text`` where an event has one candidate, and no counts or reason to end."""
        first, *others = event["candidates"]
        plain = event.keys() <= _PLAIN and first.keys() <= _PLAIN_CANDIDATE
        return "text" if plain and not others else None

    def _candidate(self, candidate: Any) -> None:
        for part in (candidate.get("content") or {}).get("parts") or ():
            self._part(part)
        if reason := _reason(candidate, "finishReason"):
            if reason.startswith("MALFORMED_"):
                self.failed("malformed", f"Gemini could not read what the model wrote ({reason})")
                return
            finish = _FINISHES.get(reason) or reason.lower()
            self.ended("tool_calls" if finish == "stop" and self._calling else finish)

    def _part(self, part: Any) -> None:
        text = part.get("text")
        if part.get("thought"):
            self.thought(text)
        elif text:
            self.said(text)
        elif call := part.get("functionCall"):
            self._calling = True
            self.called(call)
        else:
            self.called(part.get("executableCode"))


def _reason(said: Any, key: str) -> Any:
    """What is given as a reason; None where it says no more than that there is none."""
    reason = said.get(key)
    return None if reason in _UNSPECIFIED else reason
