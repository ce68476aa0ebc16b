"""What servers say is left of their limits, in the headers that OpenAI made a custom."""

from __future__ import annotations

import re
from collections.abc import Mapping

from arenatest.model.answer import Quota

_PART = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)(ms|d|h|m|s)", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?", re.ASCII)
_REMAINING_REQUESTS = "x-ratelimit-remaining-requests"
_REMAINING_TOKENS = "x-ratelimit-remaining-tokens"
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def quota_of(headers: Mapping[str, str]) -> Quota | None:
    """Return what ``x-ratelimit-*`` says of requests and tokens; None where it says nothing.

    Some servers send the headers without a meaning, as a limit of 0 or -1; that is no limit.

    Args:
        headers: Of a response; looked up in lower case.
    """
    if _REMAINING_REQUESTS not in headers and _REMAINING_TOKENS not in headers:
        return None  # as most servers do
    remaining_requests, limit_requests = _left(headers, "requests")
    remaining_tokens, limit_tokens = _left(headers, "tokens")
    if remaining_requests is None and remaining_tokens is None:
        return None
    return Quota(
        remaining_requests=remaining_requests,
        limit_requests=limit_requests,
        reset_requests=until(headers.get("x-ratelimit-reset-requests")),
        remaining_tokens=remaining_tokens,
        limit_tokens=limit_tokens,
        reset_tokens=until(headers.get("x-ratelimit-reset-tokens")),
    )


def until(said: str | None) -> float | None:
    """Return the seconds of a duration as ``6m0s``, ``1.5s``, ``20ms`` or a bare number; or None.

    Examples:
        >>> until("6m0s")
        360.0
    """
    text = (said or "").strip()
    bare = number(text)
    if bare is not None:
        return bare
    parts = _PART.findall(text)
    if not parts or "".join(value + unit for value, unit in parts) != text:
        return None
    return sum(float(value) * _SECONDS[unit] for value, unit in parts)


def number(text: str | None) -> float | None:
    """Return a plain number of at least 0, of no more digits than a float holds; or None."""
    return float(text) if text and _NUMBER.fullmatch(text.strip()) else None


def _left(headers: Mapping[str, str], what: str) -> tuple[float | None, float | None]:
    remaining = number(headers.get(f"x-ratelimit-remaining-{what}"))
    limit = headers.get(f"x-ratelimit-limit-{what}")
    known = number(limit)
    if limit is not None and not known:
        return None, None
    return remaining, known
