"""Takes secrets out of what models and servers say, before it is kept or shown anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import quote

from arenatest.model.answer import Answer

SHORTEST = 8
"""Values with fewer characters are not looked for: they would match ordinary words."""


class Redactor:
    """Replaces the values of environment variables, also in base64 and URL-encoded form.

    Args:
        names: The variables whose values feed a provider.
        environ: The environment.
    """

    def __init__(self, names: Iterable[str], environ: Mapping[str, str]) -> None:
        self._known: list[tuple[str, str]] = []
        for name in names:
            value = environ.get(name, "")
            if len(value) >= SHORTEST:
                encoded = base64.b64encode(value.encode()).decode().rstrip("=")
                for form in dict.fromkeys((value, encoded, quote(value, safe=""))):
                    self._known.append((form, f"[{name}]"))

    def text(self, text: str) -> str:
        """Return ``text`` with every known value replaced by the name of its variable."""
        for value, name in self._known:
            if value in text:
                text = text.replace(value, name)
        return text

    def answer(self, answer: Answer) -> Answer:
        """Return ``answer`` without secrets; the same object where it holds none."""
        if not self._known:
            return answer
        failure = answer.failure
        if failure is not None:
            failure = replace(failure, message=self.text(failure.message))
        return replace(
            answer,
            text=self.text(answer.text),
            reasoning=self.text(answer.reasoning),
            model=answer.model and self.text(answer.model),
            request_id=answer.request_id and self.text(answer.request_id),
            response_id=answer.response_id and self.text(answer.response_id),
            failure=failure,
        )
