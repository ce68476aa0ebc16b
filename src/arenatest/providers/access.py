"""How a provider proves who is asking: keys come from the environment, when the provider opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from arenatest.errors import MissingKey, OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What lets a provider in.

    Attributes:
        headers: Sent with every request.
        secrets: What must never leave the provider: keys and tokens.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


OpenAccess = Callable[[Mapping[str, str]], Access]
"""Reads the environment; raises ``MissingKey`` or ``OptionError``."""


def key_in(
    variable: str, endpoint: str, *, header: str = "Authorization", prefix: str = "Bearer "
) -> OpenAccess:
    """Return what reads one key and sends it in one header.

    Args:
        variable: Name of the environment variable that holds it; empty for no key.
        endpoint: What it opens, for messages.
        header: The header.
        prefix: Before the key.
    """

    def access(environ: Mapping[str, str]) -> Access:
        if not variable:
            return Access()
        key = read_key(environ, variable, endpoint)
        return Access(headers={header: f"{prefix}{key}"}, secrets=(key,))

    return access


def read_key(environ: Mapping[str, str], variable: str, endpoint: str) -> str:
    """Return what a variable holds.

    Raises:
        MissingKey: It is not set, or empty.
        OptionError: What it holds cannot be a key.
    """
    key = environ.get(variable, "").strip()
    if not key:
        raise MissingKey(
            f"environment variable {variable} is not set: it is to hold the key for {endpoint}"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise OptionError(
            f"environment variable {variable} holds a blank or a character that no key has"
        )
    return key
