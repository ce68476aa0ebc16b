"""Keys stay out of everything that leaves a provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from arenatest.model.answer import Answer

_SHORTEST_SECRET = 12  # characters; anything shorter may be a word that a model says


class Redactor:
    """Takes a secret out of everything that leaves a provider.

    It is taken out of answers too where it is too long to be a word: a server may echo it.
    """

    def __init__(self, secret: str) -> None:
        self._forms = tuple(dict.fromkeys(form for form in (secret, quote(secret, "")) if form))
        self._long = len(secret) >= _SHORTEST_SECRET

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """Return the text without the secret."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, "[redacted]")
        return text

    def answer(self, answer: Answer) -> Answer:
        """Return the answer without the secret."""
        if not self._forms:
            return answer
        changes: dict[str, Any] = {}
        if answer.failure is not None:
            message = self.text(answer.failure.message)
            changes["failure"] = replace(answer.failure, message=message)
        for name in ("text", "reasoning", "model", "request_id", "response_id"):
            value = getattr(answer, name)
            if self._long and value and any(form in value for form in self._forms):
                changes[name] = self.text(value)
        return replace(answer, **changes) if changes else answer
