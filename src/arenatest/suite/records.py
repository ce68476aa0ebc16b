"""Reads the records of a dataset: JSON Lines, a JSON list, or CSV with a header."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arenatest.errors import SuiteError
from arenatest.suite.mistakes import Mistake, got, shown

Report = Callable[[SuiteError], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a file.

    Attributes:
        line: Where it starts, from 1; None in a JSON list, whose lines are not known.
        key: Its place in a JSON list, such as ``[3]``; empty elsewhere.
        fields: Its values, by the file's own names.
    """

    line: int | None
    key: str = ""
    fields: Mapping[str, Any]


def read_records(file: Path, name: str, report: Report) -> Iterator[Record]:
    """Yield the records of ``file`` in its order.

    Args:
        file: The file; its suffix says its format.
        name: How messages call it.
        report: Takes the mistake of one record, which is then passed over.

    Raises:
        Mistake: The whole file is wrong: its suffix, or it is missing or unreadable.
        SuiteError: One place in it makes the rest unreadable.
    """
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise got(file.suffix, "a file in .jsonl, .json or .csv")
    return reader(read_text(file, name), name, report)


def read_text(file: Path, name: str) -> str:
    """Return the text of a file that a suite names; a byte order mark is dropped.

    Raises:
        Mistake: It cannot be read.
        SuiteError: It is not UTF-8, with the line.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Mistake(f"cannot read {name}: {error.strerror or error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SuiteError(name, line, "", f"not UTF-8: byte 0x{data[error.start]:02x}") from error


def _json_lines(text: str, name: str, report: Report) -> Iterator[Record]:
    # Not splitlines: JSON strings may hold U+2028, which is no end of a line in JSON Lines.
    for line, row in enumerate(text.split("\n"), start=1):
        if not row or row.isspace():
            continue
        try:
            fields = _decode(row)
        except (ValueError, RecursionError) as error:
            report(SuiteError(name, line, "", _not_json(error)))
            continue
        if isinstance(fields, dict):
            yield Record(line=line, fields=fields)
        else:
            report(SuiteError(name, line, "", f"got {shown(fields)}, expected a JSON object"))


def _json_list(text: str, name: str, report: Report) -> Iterator[Record]:
    try:
        records = _decode(text)
    except _TwiceError as error:
        line, key = _place_of_twice(text)
        raise SuiteError(name, line, key, _not_json(error)) from error
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise SuiteError(name, line, "", _not_json(error)) from error
    if not isinstance(records, list):
        raise SuiteError(name, None, "", f"got {shown(records)}, expected a list of objects")
    for index, fields in enumerate(records):
        if isinstance(fields, dict):
            yield Record(line=None, key=f"[{index}]", fields=fields)
        else:
            problem = f"got {shown(fields)}, expected a JSON object"
            report(SuiteError(name, None, f"[{index}]", problem))


def _csv_rows(text: str, name: str, report: Report) -> Iterator[Record]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise SuiteError(name, rows.line_num, "", f"not valid CSV: {error}") from error
        if row is None:
            return
        if not row:
            continue
        if header is None:
            header = _header(row, name, line)
        elif len(row) == len(header):
            yield Record(line=line, fields=dict(zip(header, row, strict=True)))
        else:
            problem = f"got {len(row)} cells, expected the {len(header)} of the header"
            report(SuiteError(name, line, "", problem))


def _header(row: list[str], name: str, line: int) -> list[str]:
    header = [cell.strip() for cell in row]
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice:
        raise SuiteError(name, line, "", f"the header has {twice[0]!r} twice")
    return header


class _TwiceError(ValueError):
    """An object has a key twice, of which JSON readers keep the last without a word."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise _TwiceError(key)
    return fields


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
_decode = _DECODER.decode  # json.loads would make a decoder with a hook anew for every line


def _place_of_twice(text: str) -> tuple[int | None, str]:
    """Return the line and the place of the first record in a JSON list that has a key twice."""
    start = text.find("[") + 1
    if text[: start - 1].strip():
        return None, ""  # there is no list
    index = -1
    try:
        while True:
            index += 1
            while text[start].isspace() or text[start] == ",":
                start += 1
            _, start = _DECODER.raw_decode(text, start)
    except _TwiceError:
        return text.count("\n", 0, start) + 1, f"[{index}]"


def _not_json(error: Exception) -> str:
    if isinstance(error, _TwiceError):
        return f"has the key {shown(error.key)} twice"
    if isinstance(error, RecursionError):
        return "not valid JSON: nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} (column {error.colno})"
    return "not valid JSON: a number of too many digits"


_READERS: dict[str, Callable[[str, str, Report], Iterator[Record]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_list,
    ".csv": _csv_rows,
}
