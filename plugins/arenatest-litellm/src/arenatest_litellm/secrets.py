"""Keeps keys out of answers: LiteLLM reads the environment itself, and errors may repeat it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arenatest.model.answer import Answer

_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 12  # characters; anything shorter may be a word that a model says


class Secrets:
    """What the environment holds under names of secrets.

    Args:
        environ: The environment.
        key_env: A variable that holds a key, whatever its name.
    """

    def __init__(self, environ: Mapping[str, str], key_env: str) -> None:
        values = {v.strip() for name, v in environ.items() if _NAMES.search(name)}
        values.add(environ.get(key_env, "").strip())
        longest = sorted((v for v in values if len(v) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    def __repr__(self) -> str:
        return "Secrets()"

    def taken_out_of(self, answer: Answer) -> Answer:
        """Return the answer without them."""
        if self._pattern is None:
            return answer
        failure = answer.failure
        if failure is not None:
            failure = replace(failure, message=self._pattern.sub("[redacted]", failure.message))
        texts: dict[str, Any] = {
            name: self._pattern.sub("[redacted]", value)
            for name in ("text", "reasoning", "model", "response_id", "request_id")
            if (value := getattr(answer, name))
        }
        return replace(answer, failure=failure, **texts)
