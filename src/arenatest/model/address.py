"""Where a store lies that is no folder: a URL, which may hold a password and never shows it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from arenatest.errors import OptionError

_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """The URL of a PostgreSQL database, such as ``postgresql://user@host:5432/name?sslmode=require``.

    As a string, and wherever it is shown, it is without its password and what stands behind ``?``.

    Args:
        url: As it was given.

    Raises:
        OptionError: It is the URL of something else.

    Examples:
        >>> str(Address("postgres://ci:secret@db.example/arena?sslmode=require"))
        'postgresql://ci@db.example/arena'
    """

    url: str

    def __post_init__(self) -> None:
        scheme = self.url.partition("://")[0]
        if scheme not in _SCHEMES:
            shown = scheme if scheme.isidentifier() else "something else"
            raise OptionError(f"got a URL of {shown}, expected a folder or postgresql://...")

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __str__(self) -> str:
        rest = self.url.partition("://")[2]
        try:
            split = urlsplit(f"postgresql://{rest}")
            user, port = split.username, split.port
        except ValueError:  # what it is made of is then unknown, and so where its password ends
            return "postgresql://..."
        if "@" in split.path + split.query + split.fragment:  # a password that was not escaped
            return "postgresql://..."
        who = f"{user}@" if user else ""
        where = f"[{split.hostname}]" if ":" in (split.hostname or "") else split.hostname or ""
        return f"postgresql://{who}{where}{'' if port is None else f':{port}'}{split.path}"


def is_address(text: str) -> bool:
    """Return whether a location is a URL, of whatever kind, and no folder."""
    return "://" in text
