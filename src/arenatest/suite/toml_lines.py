"""Finds on which line of a TOML document each table and each key stands.

tomli gives values without their lines. This scanner reads only what lines need: headers, keys,
and enough of values to step over them. It expects a document that tomli has accepted.
"""

from __future__ import annotations

import re
from typing import Any

import tomli

from arenatest.suite.secrets import Location

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_KEY = re.compile(r"""(?:[^\s"'=\[\]]+|"(?:\\.|[^"\\])*"|'[^']*'|[ \t]+)+""")
_VALUE_PART = re.compile(
    r'''
      (?P<string> """(?:\\[\s\S]|[^\\])*?"""(?:"{0,2})
                | \'\'\'[\s\S]*?\'\'\'(?:'{0,2})
                | "(?:\\.|[^"\\\n])*"
                | '[^'\n]*' )
    | (?P<comment> \#[^\n]* )
    | (?P<open> [\[{] )
    | (?P<close> [\]}] )
    | (?P<end> \n )
    | (?P<other> [^"'\#\[\]{}\n]+ )
    ''',
    re.VERBOSE,
)


class Lines:
    r"""The lines of the tables and keys of one document, counted from 1.

    Args:
        text: A valid TOML document.

    Examples:
        >>> lines = Lines('[a]\nx = 1\n[[b]]\ny.z = 2\n[[b]]\n')
        >>> lines.find(("a", "x")), lines.find(("b", 0, "y", "z")), lines.find(("b", 1, "y"))
        (2, 4, 5)
    """

    def __init__(self, text: str) -> None:
        self.known: dict[Location, int] = {}
        self._lengths: dict[Location, int] = {}
        self._scan(text)

    def find(self, location: Location) -> int | None:
        """Return the line of a place, or of the innermost known thing that holds it.

        Keys inside of inline tables and elements of arrays stand on the line of their own key.
        None where nothing on the way to it has a line.
        """
        for end in range(len(location), 0, -1):
            line = self.known.get(location[:end])
            if line is not None:
                return line
        return None

    def _scan(self, text: str) -> None:
        table: Location = ()
        line, position = 1, 0
        while True:
            start = _past_blank(text, position)
            line += text.count("\n", position, start)
            if start >= len(text):
                return
            if text[start] == "[":
                table, position = self._header(text, start, line)
            else:
                position = self._pair(text, start, line, table)
            line += text.count("\n", start, position)

    def _header(self, text: str, start: int, line: int) -> tuple[Location, int]:
        brackets = 2 if text.startswith("[[", start) else 1
        key, position = _key(text, start + brackets)
        *outer, last = key
        location = self._resolved(tuple(outer), line)
        if brackets == 2:  # noqa: PLR2004 - an array of tables
            array = (*location, last)
            index = self._lengths.get(array, 0)
            self._lengths[array] = index + 1
            self.known.setdefault(array, line)
            location = (*array, index)
        else:
            location = (*location, last)
        self.known[location] = line
        return location, position + brackets

    def _pair(self, text: str, start: int, line: int, table: Location) -> int:
        key, position = _key(text, start)
        for end in range(1, len(key) + 1):
            self.known.setdefault((*table, *key[:end]), line)
        return _past_value(text, position + 1)

    def _resolved(self, key: tuple[str, ...], line: int) -> Location:
        """Follow the key of a header: a name of an array means its last table."""
        location: Location = ()
        for part in key:
            location = (*location, part)
            self.known.setdefault(location, line)
            if location in self._lengths:
                location = (*location, self._lengths[location] - 1)
        return location


def _past_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _key(text: str, position: int) -> tuple[tuple[str, ...], int]:
    match = _KEY.match(text, position)
    if match is None:
        raise ValueError(f"no key at character {position}: not a valid TOML document")
    return _parts(match[0].strip()), match.end()


def _parts(key: str) -> tuple[str, ...]:
    if '"' not in key and "'" not in key:
        return tuple(part.strip() for part in key.split("."))
    parts = []
    held: Any = tomli.loads(f"{key} = 0")
    while isinstance(held, dict):
        ((part, held),) = held.items()
        parts.append(part)
    return tuple(parts)


def _past_value(text: str, position: int) -> int:
    """Return where the value ends: at a line's end outside of strings and brackets."""
    depth = 0
    while match := _VALUE_PART.match(text, position):
        position = match.end()
        if match.lastgroup == "open":
            depth += 1
        elif match.lastgroup == "close":
            depth -= 1
        elif match.lastgroup == "end" and depth == 0:
            return position
    return position
