r"""Rows as CSV for spreadsheets: UTF-8 with a mark, RFC 4180, and nothing that runs.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula. Such texts
get an apostrophe in front, which Excel, LibreOffice and Google show as no part of the cell.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from arenatest.exchange.columns import Column, Kind, columns_of
from arenatest.exchange.losses import Losses

LONGEST_CELL = 32_767
"""Characters that Excel holds in a cell; what is longer would run over into other rows."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CUT = " [cut]"


def write_sheet(path: Path, kind: type[Any], rows: Iterable[Any], losses: Losses) -> int:
    """Write rows as one CSV file and return how many there were.

    Args:
        path: The file.
        kind: What the rows are.
        rows: Read one at a time.
        losses: Counts what a sheet cannot hold.
    """
    columns = columns_of(kind)
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(column.name for column in columns)
        for row in rows:
            writer.writerow(_cell(getattr(row, column.name), column, losses) for column in columns)
            count += 1
    return count


def text_cell(text: str, losses: Losses) -> str:
    """Return a text as a cell: no formula, no longer than a cell may be, fit for UTF-8.

    Examples:
        >>> text_cell("=1+1", Losses()), text_cell("a - b", Losses())
        ("'=1+1", 'a - b')
    """
    text = losses.fit_for_utf8(text)
    if "\0" in text:
        losses.add("cell", "where NUL became U+FFFD")
        text = text.replace("\0", "\ufffd")
    if text.startswith(_FORMULAS):
        text = f"'{text}"
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - len(_CUT)] + _CUT
        losses.add("cell", "cut to what Excel holds")
    return text


def _cell(value: Any, column: Column, losses: Losses) -> str:
    return "" if value is None else _CELLS[column.kind](value, losses)


def _json(value: Any, losses: Losses) -> str:
    return text_cell(json.dumps(value, ensure_ascii=False) if value else "", losses)


def _plain(value: Any, _losses: Losses) -> str:
    return repr(value)


def _truth(value: bool, _losses: Losses) -> str:  # noqa: FBT001
    return "true" if value else "false"


_CELLS: Mapping[Kind, Callable[[Any, Losses], str]] = {
    "text": text_cell,
    "whole": _plain,
    "number": _plain,
    "truth": _truth,
    "texts": _json,
    "numbers": _json,
    "json": _json,
}
