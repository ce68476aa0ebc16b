"""What an HTTP response other than 200 means: the failure, and whether asking again may help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from arenatest.model.answer import Failure, FailureKind

_AGAIN = frozenset({408, 409, 425, 429})
_SERVER = 500  # from here on it is the server's own error
_MOVED = range(300, 400)
_PAYMENT_REQUIRED = 402
_SPENT = (
    *("insufficient_quota", "spend_limit", "billing", "insufficient_balance"),
    *("Arrearage", "AccountOverdue"),  # of DashScope and Ark
)
_SPENT_SAID = (  # where no code tells
    "api usage limits",  # Anthropic: a limit that the customer has set, or the month's
    "spend limit",
    "credit balance is too low",
    "prepayment credits are depleted",  # Google
    "spending cap",
)
_A_DAY = "PerDay"  # in the name of a quota of Google's
_FINAL = ("invalid", "context_length", "authentication", "permission", "not_found", "too_large")
_LONGEST = 300


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """Return the failure that a response stands for.

    408, 409, 425, 429 and 5xx may be asked again, but not where the money is spent, nor where the
    server says ``x-should-retry: false``.

    Args:
        status: Of HTTP; not 2xx.
        headers: Of the response; looked up in lower case.
        body: Its first bytes.
    """
    parsed = _json(body)
    error = error_of(parsed)
    if error is None and isinstance(parsed, dict):  # the error itself, without a table around it
        error = parsed
    spent = status == _PAYMENT_REQUIRED or says_spent(error)
    again = may_help(status) and not spent and headers.get("x-should-retry") != "false"
    said = said_by(error) if error is not None else body.decode("utf-8", "replace")
    if status in _MOVED and (place := headers.get("location")):
        said = f"moved to {place}, and no redirect is followed"
    return Failure(
        kind="spent" if spent else _kind(status),
        message=one_line(f"HTTP {status}: {said}" if said.strip() else f"HTTP {status}"),
        status=status,
        retryable=again,
        retry_after=wait_asked(headers, error) if again else None,
    )


def may_help(status: int) -> bool:
    """Whether asking again may help after this status."""
    return status in _AGAIN or status >= _SERVER


def transient(error: Any) -> bool:
    """Whether an error inside a stream, after a 200, may be gone when asked again."""
    if says_spent(error):
        return False
    code = str(error.get("code") or error.get("type")) if isinstance(error, dict) else ""
    if code.isdigit():
        return may_help(int(code))
    return not any(word in code for word in _FINAL)


def error_of(parsed: Any) -> Any:
    """Return the error of a JSON body or event; None where it holds none."""
    if isinstance(parsed, list) and parsed:  # Google's, where it was not asked for events
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        return None
    return parsed.get("error") or (parsed if parsed.get("object") == "error" else None)


def said_by(error: Any) -> str:
    """Return what an error says, with its code, in one line for people."""
    if not isinstance(error, dict):
        return str(error)
    message = str(error.get("message") or json.dumps(error, ensure_ascii=False))
    code = error.get("status") or error.get("code") or error.get("type")
    return f"{message} ({code})" if code else message


def says_spent(error: Any) -> bool:
    """Whether an error says that money or quota is used up, so that waiting does not help."""
    if not isinstance(error, dict):
        return False
    details = _details(error)
    words = " ".join(str(part.get(key, "")) for part in (error, *details) for key in _CODES)
    if any(word in words for word in _SPENT):
        return True
    message = str(error.get("message", "")).lower()
    if any(phrase in message for phrase in _SPENT_SAID):
        return True
    return any(_A_DAY in str(part.get("violations", "")) for part in details)


def wait_asked(headers: Mapping[str, str], error: Any = None) -> float | None:
    """Return how many seconds the server asks to wait.

    ``retry-after-ms`` goes before ``Retry-After``, and both before the ``retryDelay`` that Google
    writes into an error. A date is taken relative to the server's own ``Date``, so that no clocks
    are compared.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    if said is None:
        delays = (str(part.get("retryDelay", "")).removesuffix("s") for part in _details(error))
        return next((delay for delay in map(_number, delays) if delay is not None), None)
    seconds = _number(said)
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(said)
        return max(0.0, (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date that compares
        return None


def one_line(text: str) -> str:
    """Return the text in one line of at most 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


_CODES = ("code", "type", "error_code")


def _details(error: Any) -> list[Mapping[str, Any]]:
    """What stands in an error's ``details``: one table with Anthropic, several with Google."""
    details = error.get("details") if isinstance(error, dict) else None
    parts = details if isinstance(details, list) else [details]
    return [part for part in parts if isinstance(part, dict)]


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
    except (ValueError, RecursionError):
        return None
