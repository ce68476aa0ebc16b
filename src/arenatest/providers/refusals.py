"""What an HTTP response other than 200 means: the failure, and whether asking again may help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from arenatest.model.answer import Failure, FailureKind

_AGAIN = frozenset({408, 409, 425, 429})
_SERVER = 500  # from here on it is the server's own error
_SPENT = ("insufficient_quota", "spend_limit", "billing")
_LONGEST = 300


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """Return the failure that a response stands for.

    408, 409, 425, 429 and 5xx may be asked again, but not a 429 that says that the money is spent,
    nor where the server says ``x-should-retry: false``.

    Args:
        status: Of HTTP; not 2xx.
        headers: Of the response; looked up in lower case.
        body: Its first bytes.
    """
    error = error_of(_json(body))
    again = may_help(status)
    if says_spent(error) or headers.get("x-should-retry") == "false":
        again = False
    said = said_by(error) if error is not None else body.decode("utf-8", "replace")
    return Failure(
        kind=_kind(status),
        message=one_line(f"HTTP {status}: {said}" if said.strip() else f"HTTP {status}"),
        status=status,
        retryable=again,
        retry_after=wait_asked(headers) if again else None,
    )


def may_help(status: int) -> bool:
    """Whether asking again may help after this status."""
    return status in _AGAIN or status >= _SERVER


def error_of(parsed: Any) -> Any:
    """Return the error of a JSON body or event; None where it holds none."""
    if not isinstance(parsed, dict):
        return None
    return parsed.get("error") or (parsed if parsed.get("object") == "error" else None)


def said_by(error: Any) -> str:
    """Return what an error says, with its code, in one line for people."""
    if not isinstance(error, dict):
        return str(error)
    message = str(error.get("message") or json.dumps(error, ensure_ascii=False))
    code = error.get("code") or error.get("type")
    return f"{message} ({code})" if code else message


def says_spent(error: Any) -> bool:
    """Whether an error says that money or quota is used up, so that waiting does not help."""
    if not isinstance(error, dict):
        return False
    words = " ".join(str(error.get(key, "")) for key in ("code", "type", "error_code"))
    return any(word in words for word in _SPENT)


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait: ``retry-after-ms``, then ``Retry-After``.

    A date is taken relative to the server's own ``Date``, so that no clocks are compared.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None or said is None:
        return seconds
    try:
        until = parsedate_to_datetime(said)
        return max(0.0, (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError):  # no date, or one with and one without a time zone
        return None


def one_line(text: str) -> str:
    """Return the text in one line of at most 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _kind(status: int) -> FailureKind:
    if status in (401, 403):
        return "auth"
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        return "rate_limited"
    return "server" if status >= _SERVER else "request"


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < float("inf") else None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
