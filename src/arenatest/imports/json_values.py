"""The values of a JSON file one after another: those of the list that it is, or a row of values.

A file of a million votes is one list, which no memory must hold. ``json`` parses each value; only
where it fails, a scan for brackets finds out whether the value is incomplete so far, or broken.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from arenatest.imports.losses import Losses

NOT_UTF8 = "is not UTF-8"
NO_UTF8 = re.compile("[\udc80-\udcff]")
"""How a decoder that escapes surrogates writes bytes that are no UTF-8."""

_READ = 2**20  # bytes at once
_SPACE = re.compile(r"[\s,]*")
_OUTSIDE = re.compile(r'["{}\[\],]')
_INSIDE = re.compile(r'["\\]')


def json_values(
    stream: IO[bytes], name: str, losses: Losses, *, longest: int
) -> Iterator[tuple[int, Any]]:
    """Yield the values of a file with the lines in which they start, from 1.

    Args:
        stream: The file.
        name: How messages call it.
        losses: Takes what cannot be read.
        longest: Characters of the longest value that is read.
    """
    return _Values(stream, name, losses, longest).read()


def not_json(error: Exception) -> str:
    """Return what is wrong with a value that ``json`` does not take."""
    if isinstance(error, RecursionError):
        return "is not valid JSON: nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"is not valid JSON: {error.msg} (column {error.colno})"
    return "is not valid JSON: a number of too many digits"


class _Values:
    def __init__(self, stream: IO[bytes], name: str, losses: Losses, longest: int) -> None:
        self._stream, self._name, self._losses = stream, name, losses
        self._longest = longest
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._json = json.JSONDecoder()
        self._text, self._at, self._line = "", 0, 1
        self._ended = self._too_long = False

    def read(self) -> Iterator[tuple[int, Any]]:
        self._more()
        self._text = self._text.removeprefix("\ufeff")
        self._skip()
        listed = self._text.startswith("[", self._at)
        if listed:
            self._pass_over(self._at + 1)
        while self._skip() and not (listed and self._text[self._at] == "]"):
            line, start = self._line, self._at
            try:
                value, end = self._json.raw_decode(self._text, start)
            except (ValueError, RecursionError) as error:
                found = self._incomplete(line, error)
                if found is None:
                    return
                if not found:
                    continue
                value, end = found
            if not self._text.isascii() and NO_UTF8.search(self._text, self._at, end):
                self._broken(line, NOT_UTF8)
            else:
                yield line, value
            self._pass_over(end)

    def _incomplete(self, line: int, error: Exception) -> tuple[Any, int] | tuple[()] | None:
        """Read a value on that ``json`` could not take so far: the value, and where it ends.

        Nothing, where it is broken: it is counted and passed over. None where its end is nowhere,
        and so nothing can follow.
        """
        problem = not_json(error)
        end = self._end()
        if end is None:
            self._broken(line, f"{problem}, and what follows is lost")
            return None
        if self._too_long:
            self._too_long = False
            problem = f"is longer than {self._longest:,} characters"
        else:
            try:
                return self._json.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as again:
                problem = not_json(again)
        self._broken(line, problem)
        self._pass_over(max(end, self._at + 1))
        return ()

    def _broken(self, line: int, problem: str) -> None:
        self._losses.broken(f"{self._name}:{line}", problem)

    def _more(self) -> None:
        """Read on, and forget what was passed over."""
        data = self._stream.read(_READ)
        self._ended = not data
        self._text = self._text[self._at :] + self._decoder.decode(data, final=self._ended)
        self._at = 0

    def _skip(self) -> bool:
        """Go to the next value; return whether there is one."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._pass_over(match.end() if match else self._at)
            if self._at < len(self._text):
                return True
            if self._ended:
                return False
            self._more()

    def _pass_over(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _end(self) -> int | None:
        """Return where the value ends by its brackets, reading on as needed; None if nowhere.

        What is too long is passed over without being kept.
        """
        at, depth, quoted = self._at, 0, False
        while True:
            match = (_INSIDE if quoted else _OUTSIDE).search(self._text, at)
            if match is None or (match.group() == "\\" and match.end() == len(self._text)):
                if self._ended:
                    return None
                at = len(self._text) if match is None else match.start()
                if at - self._at > self._longest:
                    self._too_long = True
                    self._pass_over(at)
                at -= self._at
                self._more()
                continue
            at, sign = match.end(), match.group()
            if quoted:
                at += sign == "\\"
                quoted = sign != '"'
            elif sign == '"':
                quoted = True
            elif sign == "," and not depth:
                return match.start()
            elif sign != ",":
                depth += 1 if sign in "{[" else -1
                if depth <= 0:
                    return at if depth == 0 else match.start()
