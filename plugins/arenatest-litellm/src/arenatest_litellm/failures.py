"""What LiteLLM's exceptions mean: the failure, and whether asking again may help."""

from __future__ import annotations

from typing import Any

from arenatest.model.answer import Failure, FailureKind

_AGAIN = frozenset({408, 409, 425, 429})
_SERVER = 500  # from here on it is the server's own error
_BY_STATUS: dict[int, FailureKind] = {401: "auth", 403: "auth", 408: "timeout", 429: "rate_limited"}
_BY_NAME: dict[str, FailureKind] = {
    "Timeout": "timeout",
    "APIConnectionError": "connection",
    "MidStreamFallbackError": "stream",
    "APIResponseValidationError": "malformed",
    "PaymentRequiredError": "spent",
}
_SPENT = ("insufficient_quota", "spend_limit", "exceeded your current quota", "billing")
_LONGEST = 300


def failure_of(error: Exception, *, started: bool) -> Failure:
    """Return the failure that an exception stands for.

    Args:
        error: Whatever LiteLLM raised.
        started: Whether text was generated: asking again would pay twice.
    """
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else None
    said = _one_line(str(error) or type(error).__name__)
    kind = _kind(error, status, said)
    again = kind not in ("spent", "provider") and (
        status is None or status in _AGAIN or status >= _SERVER
    )
    again = again and not started
    return Failure(
        kind=kind,
        message=said,
        status=status,
        retryable=again,
        retry_after=_wait_asked(error) if again else None,
    )


def is_filtered(error: Exception) -> bool:
    """Whether a filter stopped the prompt: no failure, but a kind of answer."""
    return any(made.__name__ == "ContentPolicyViolationError" for made in type(error).__mro__)


def _kind(error: Exception, status: int | None, said: str) -> FailureKind:
    for made in type(error).__mro__:
        if made.__name__ in _BY_NAME:
            return _BY_NAME[made.__name__]
    if status is None:
        return "provider"
    if status == 429 and any(word in said for word in _SPENT):  # noqa: PLR2004 - too many requests
        return "spent"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "server" if status >= _SERVER else "request"


def _wait_asked(error: Exception) -> float | None:
    """How many seconds the server asks to wait, where its headers came through."""
    said: Any = getattr(error, "litellm_response_headers", None)
    headers = said or getattr(getattr(error, "response", None), "headers", None) or {}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError, TypeError):
            continue
        if 0.0 <= seconds < float("inf"):
            return seconds
    return None


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
