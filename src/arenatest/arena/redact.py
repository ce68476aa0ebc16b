"""Takes secrets out of what models and servers say, before it is kept or shown anywhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from arenatest.model.answer import Answer

SHORTEST = 8
"""Values with fewer characters are not looked for: they would match ordinary words."""
SHORTEST_GUESSED = 12
"""The same for variables that no provider names, but that look like holding a secret."""

_NAME = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PAT)(?:_ID)?$", re.I)
_FIELDS = ("text", "reasoning", "finish", "model", "request_id", "response_id")
_CUT = "..."
_ESCAPE = re.compile("%[0-9A-F]{2}")
_URL_SAFE = str.maketrans("+/", "-_")


class Redactor:
    """Replaces the values of environment variables, also in base64, URLs and JSON.

    A function of the user's own reads its key where we do not see it. So every variable counts
    whose name ends like that of a secret and whose value mixes letters with digits.

    Args:
        names: The variables whose values feed a provider.
        environ: The environment.
    """

    def __init__(self, names: Iterable[str], environ: Mapping[str, str]) -> None:
        known = {
            form: f"[{name}]"
            for name in (*_guessed(environ), *names)
            for form in _forms(environ.get(name, ""))
        }
        self._known = sorted(known.items(), key=lambda pair: -len(pair[0]))

    def __repr__(self) -> str:
        return "Redactor()"

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
        changes: dict[str, Any] = {}
        for field in _FIELDS:
            value = getattr(answer, field)
            if value and (clean := self.text(value)) != value:
                changes[field] = clean
        failure = answer.failure
        if failure is not None and (said := self._message(failure.message)) != failure.message:
            changes["failure"] = replace(failure, message=said)
        return replace(answer, **changes) if changes else answer

    def _message(self, message: str) -> str:
        """A provider cuts long messages: the beginning of a value at the end goes too."""
        message = self.text(message)
        kept = message.removesuffix(_CUT)
        for value, name in self._known:
            for length in range(len(value) - 1, SHORTEST - 1, -1):
                if kept.endswith(value[:length]):
                    return kept[:-length] + name
        return message


def _guessed(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        if len(value) >= SHORTEST_GUESSED and _NAME.search(name) and _mixed(value):
            yield name


def _mixed(value: str) -> bool:
    """Whether a value is neither words nor a plain number."""
    return any(map(str.isalpha, value)) and any(map(str.isdigit, value))


def _forms(value: str) -> Iterator[str]:
    if len(value) < SHORTEST:
        return
    raw = value.encode("utf-8", "surrogateescape")
    yield value
    yield value.replace("/", r"\/")  # as some write JSON
    for quoted in (quote(raw, safe=""), quote(raw)):
        yield quoted
        yield _ESCAPE.sub(lambda found: found[0].lower(), quoted)
    for encoded in _in_base64(raw):
        yield encoded
        yield encoded.translate(_URL_SAFE)


def _in_base64(raw: bytes) -> Iterator[str]:
    """Yield what is always the same of base64 that holds ``raw``, for each place it may begin at.

    Three bytes are four characters; those that another byte has a part in are left out.
    """
    yield base64.b64encode(raw).decode().rstrip("=")
    for lead in range(3):
        size = lead + len(raw)
        encoded = base64.b64encode(bytes(lead) + raw).decode()
        yield encoded[-(-lead * 4 // 3) : size * 4 // 3]
