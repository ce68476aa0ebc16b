"""Identity is content, never time: one hash over canonical JSON."""

from __future__ import annotations

import hashlib
import json


def canonical_json(value: object) -> str:
    """Return ``value`` as JSON with sorted keys, no spaces, no NaN: equal values, equal bytes."""
    return _CANONICAL.encode(value)


def content_id(*parts: object) -> str:
    """Return the identity of a thing made of ``parts``: 32 hexadecimal digits of a SHA-256.

    Args:
        *parts: JSON values; the first one names what is identified, so that two kinds of thing
            with equal content keep apart.

    Examples:
        >>> content_id("answer", {"b": 1, "a": 2}) == content_id("answer", {"a": 2, "b": 1})
        True
    """
    return text_id(canonical_json(parts))


def text_id(text: str) -> str:
    """Return the identity of a text, which costs less than a long one among ``parts``."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_CANONICAL = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)
