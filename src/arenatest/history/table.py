"""Aligned tables in plain text, safe in a terminal whatever names they hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

from arenatest.report.escape import for_terminal

_GAP = "  "
_CUT = "..."


def aligned(
    rows: Iterable[Sequence[str]], *, right: Collection[int] = (), width: int | None = None
) -> Iterator[str]:
    """Yield rows with their columns side by side; the last one is cut where a line is too long.

    Args:
        rows: Cells, as many in each row. They are made safe here, and each becomes one line.
        right: Columns of numbers.
        width: Columns of the terminal; None for lines as long as they are.
    """
    safe = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column), default=0) for column in zip(*safe, strict=True)]
    for row in safe:
        cells = [
            _padded(cell, size, right=place in right)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ]
        line = _GAP.join(cells).rstrip()
        yield line if width is None else shortened(line, width)


def one_line(text: str) -> str:
    """Return a text as one line that neither steers a terminal nor gives orders to a service."""
    return " ".join(for_terminal(text).split())


def shortened(text: str, width: int) -> str:
    """Return a text that takes no more than so many columns of a terminal.

    Examples:
        >>> shortened("support", 7), shortened("support-eu", 7)
        ('support', 'supp...')
    """
    if _width(text) <= width:
        return text
    kept, room = [], max(width - len(_CUT), 0)
    for char in text:
        room -= _width(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + _CUT


def _padded(cell: str, size: int, *, right: bool) -> str:
    space = " " * (size - _width(cell))
    return space + cell if right else cell + space


def _width(text: str) -> int:
    """Return how many columns a text takes: wide letters take two, those that combine none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
