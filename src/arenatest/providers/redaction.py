"""Keys stay out of everything that leaves a provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from arenatest.model.answer import Answer

_SHORTEST_SECRET = 12  # characters; anything shorter may be a word that a model says


class Redactor:
    """Takes secrets out of everything that leaves a provider.

    It is taken out of answers too where it is too long to be a word: a server may echo it.

    Args:
        secrets: Keys; empty ones are none.
    """

    def __init__(self, *secrets: str) -> None:
        forms = [form for secret in secrets if secret for form in (secret, quote(secret, ""))]
        self._forms = tuple(dict.fromkeys(sorted(forms, key=len, reverse=True)))
        self._long = tuple(form for form in self._forms if len(form) >= _SHORTEST_SECRET)

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
            if value and any(form in value for form in self._long):
                changes[name] = self.text(value)
        return replace(answer, **changes) if changes else answer
