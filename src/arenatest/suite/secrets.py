"""Finds secrets that were written into a suite, so that it can be refused.

Keys of a suite come from the environment only (``api_key_env = "OPENAI_API_KEY"``). What looks
like a secret is never shown, not even in the message that refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Location = tuple[str | int, ...]

_VALUE = re.compile(
    r"""
      (?<![A-Za-z0-9])sk-(?: (?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{8,} | [A-Za-z0-9]{16,} )
    | (?<![A-Za-z0-9])(?: AKIA | ASIA )[0-9A-Z]{16}(?![A-Za-z0-9])   # AWS
    | (?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}                          # Google
    | (?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{30,}                     # GitHub
    | (?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}                            # Hugging Face
    | (?<![A-Za-z0-9])(?: gsk_ | xai- )[A-Za-z0-9]{20,}              # Groq, xAI
    | (?<![A-Za-z0-9])ABSK(?=[A-Za-z]*[0-9])[A-Za-z0-9+/]{20,}       # Bedrock
    | (?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,}                   # Slack
    | (?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*   # JSON Web Token
    | ^\s*(?i:bearer|basic)\s+(?=\S*[0-9]|\S{20})[A-Za-z0-9._~+/=-]{8,}\s*$
    | [A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@                  # scheme://user:password@host
    | [?&](?i: api[-_]?key | key | (?:access[-_]?)?token | secret | password | sig(?:nature)? )
        =(?=[^&\s\#]*[0-9]|[^&\s\#]{20})[^&\s\#]{8,}                 # in the query of a URL
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
    """,
    re.VERBOSE,
)
_KEY = re.compile(r"api[-_]?key|secret|password|passwd|authorization|credential", re.IGNORECASE)
_TOKEN_KEY = re.compile(r"token(?!s|i)", re.IGNORECASE)
_TOKEN_VALUE = re.compile(r"[A-Za-z0-9._~+/=:-]{8,}")
_NAMES_A_VARIABLE = re.compile(r"[-_]env$", re.IGNORECASE)


def looks_secret(text: str) -> bool:
    """Whether ``text`` holds something in the form of a well-known kind of key or token."""
    return _VALUE.search(text) is not None


def find_secrets(value: object, location: Location = ()) -> Iterator[Location]:
    """Yield the location of every string in a parsed suite that looks like a secret.

    A value counts by its own form, or by the name of its key. ``max_tokens`` is no secret, nor is
    a ``stop_token`` such as ``<|end|>``, nor a key that ends in ``_env``.

    Args:
        value: Tables, lists and values as tomli gives them.
        location: Where ``value`` stands.
    """
    if isinstance(value, str):
        if looks_secret(value) or _held_by_secret_key(value, location):
            yield location
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from find_secrets(held, (*location, str(key)))
    elif isinstance(value, list | tuple):
        for index, held in enumerate(value):
            yield from find_secrets(held, (*location, index))


def _held_by_secret_key(value: str, location: Location) -> bool:
    key = next((part for part in reversed(location) if isinstance(part, str)), "")
    if not value or _NAMES_A_VARIABLE.search(key):
        return False
    if _KEY.search(key):
        return True
    return bool(_TOKEN_KEY.search(key) and _TOKEN_VALUE.fullmatch(value))
