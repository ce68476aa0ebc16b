"""How a mistake in a suite is worded: what was found, what was expected, which name was meant."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping

from arenatest.suite.secrets import Location, looks_secret

_LONGEST = 60
_BARE = re.compile(r"[\w-]+", re.ASCII)


class Mistake(ValueError):
    """A value that is wrong, wherever it stands; whoever knows the place adds it.

    Args:
        problem: What was found and what was expected.
        hint: How to mend it; empty where the problem says it all.
        place: Where inside of what was looked at, such as ``("messages", 0, "role")``.
    """

    def __init__(self, problem: str, *, hint: str = "", place: Location = ()) -> None:
        super().__init__(problem, hint, place)
        self.problem, self.hint, self.place = problem, hint, place

    def __str__(self) -> str:
        return self.problem


def shown(value: object) -> str:
    """Return ``value`` as a message may show it: short, on one line, and never a secret."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, str) and looks_secret(value):
        return "what looks like a secret"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def written(place: Location) -> str:
    """Return a place as messages write it; indexes count from 0, as in Python.

    Examples:
        >>> written(("gates", 2, "min"))
        'gates[2].min'
    """
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{_quoted(part)}" for part in place
    ).removeprefix(".")


def got(value: object, expected: str, *, hint: str = "", place: Location = ()) -> Mistake:
    """Return the mistake of one value: ``got 55, expected a fraction from 0 to 1``."""
    return Mistake(f"got {shown(value)}, expected {expected}", hint=hint, place=place)


def near_name(name: str, names: Iterable[str]) -> str | None:
    """Return the one of ``names`` that was probably meant by ``name``, or None.

    Examples:
        >>> near_name("temprature", ["temperature", "top_p"])
        'temperature'
    """
    by_folded = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def unknown(what: str, name: str, names: Iterable[str]) -> Mistake:
    """Return the mistake of a name that is not among ``names``, with the near one.

    Examples:
        >>> print(unknown("provider", "opnai", ["openai", "python"]))
        unknown provider 'opnai', did you mean 'openai'?
        >>> print(unknown("provider", "x", ["openai", "python"]))
        unknown provider 'x', expected one of 'openai', 'python'
        >>> print(unknown("judge", "x", []))
        unknown judge 'x'
    """
    known = sorted(set(names))
    near = near_name(name, known)
    if near is not None:
        return Mistake(f"unknown {what} {shown(name)}, did you mean {near!r}?")
    if not known:
        return Mistake(f"unknown {what} {shown(name)}")
    listed = ", ".join(repr(k) for k in known)
    return Mistake(f"unknown {what} {shown(name)}, expected one of {listed}")


def _quoted(key: str) -> str:
    if len(key) > _LONGEST:
        key = f"{key[: _LONGEST - 3]}..."
    if _BARE.fullmatch(key):
        return key
    return json.dumps(key, ensure_ascii=not key.isprintable())
