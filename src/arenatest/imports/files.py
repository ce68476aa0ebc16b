"""Reads records from files of any size: JSON Lines, JSON, CSV, each of them gzipped or not.

No more than one record is in memory. A record that cannot be read is counted, and those after it
are read; where a file is damaged so that nothing after it can be, that is counted too.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

from arenatest.errors import OptionError
from arenatest.exchange.manifest import MANIFEST
from arenatest.imports.json_values import NO_UTF8, NOT_UTF8, json_values, not_json
from arenatest.imports.losses import Losses
from arenatest.imports.rows import Row
from arenatest.suite.mistakes import shown

LONGEST = 64 * 2**20
"""Bytes of the longest record that is read."""

_LINES, _JSON, _CSV = (".jsonl", ".ndjson"), (".json",), (".csv",)
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the files that somebody named, and those in the folders that somebody named.

    Of folders, hidden files, those of other kinds and the manifest of an export are left out.

    Raises:
        OptionError: There is no such file, it is of another kind, or a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [one for one in sorted(path.rglob("*")) if _is_wanted(one, path)]
            if not inside:
                raise OptionError(f"{path}: the folder holds no .jsonl, .json or .csv file")
            found += inside
        elif not path.is_file():
            raise OptionError(f"no such file or folder: {path}")
        elif not kind_of(path):
            raise OptionError(f"{path}: got {path.suffix!r}, expected .jsonl, .json or .csv")
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def kind_of(path: Path) -> str:
    """Return the suffix that says what a file holds, without that of gzip; empty for others."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    return suffix if suffix in (*_LINES, *_JSON, *_CSV) else ""


def read_rows(path: Path, losses: Losses) -> Iterator[Row]:
    """Yield the records of a file in its order.

    Args:
        path: The file.
        losses: Takes what cannot be read.

    Raises:
        OptionError: The file cannot be opened.
    """
    reader = {_LINES: _lines, _JSON: _values, _CSV: _table}
    kind = kind_of(path)
    read = next(read for suffixes, read in reader.items() if kind in suffixes)
    try:
        with _opened(path) as stream:
            start = cast("Any", stream).peek(2)[:2]
            if start in _UTF16:
                losses.broken(str(path), "is UTF-16, expected UTF-8")
                return
            yield from read(stream, path, losses)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        losses.broken(str(path), f"is damaged, and what follows is lost: {error}")
    except OSError as error:
        raise OptionError(f"{path}: {error.strerror or error}") from error


def _is_wanted(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    passed = hidden or path.name == MANIFEST
    return not passed and path.is_file() and bool(kind_of(path))


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _lines(stream: IO[bytes], path: Path, losses: Losses) -> Iterator[Row]:
    number = 0
    while line := stream.readline(LONGEST):
        number += 1
        place = f"{path}:{number}"
        if len(line) == LONGEST and not line.endswith(b"\n"):
            while rest := stream.readline(LONGEST):
                if rest.endswith(b"\n"):
                    break
            losses.broken(place, f"is longer than {LONGEST:,} bytes")
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode())
        except UnicodeDecodeError as error:
            losses.broken(place, f"{NOT_UTF8}: byte 0x{line[error.start]:02x}")
        except (ValueError, RecursionError) as error:
            losses.broken(place, not_json(error))
        else:
            yield from _row(value, place, losses)


def _values(stream: IO[bytes], path: Path, losses: Losses) -> Iterator[Row]:
    for line, value in json_values(stream, str(path), losses, longest=LONGEST):
        yield from _row(value, f"{path}:{line}", losses)


def _row(value: object, place: str, losses: Losses) -> Iterator[Row]:
    if isinstance(value, dict):
        yield Row(place=place, fields=value)
    else:
        losses.broken(place, f"got {shown(value)}, expected a JSON object")


def _table(stream: IO[bytes], path: Path, losses: Losses) -> Iterator[Row]:
    csv.field_size_limit(LONGEST)
    with TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = csv.reader(_bounded(text), strict=True)
        header: list[str] | None = None
        while True:
            place = f"{path}:{rows.line_num + 1}"
            try:
                row = next(rows, None)
            except csv.Error as error:
                losses.broken(place, f"is not valid CSV, and what follows is lost: {error}")
                return
            if row is None:
                return
            if header is None:
                header = [cell.strip() for cell in row] or None
            elif row:
                yield from _cells(header, row, place, losses)


def _bounded(text: TextIOWrapper) -> Iterator[str]:
    """Yield the lines of a table; one that is too long ends it, for ``csv`` would hold it whole."""
    while line := text.readline(LONGEST):
        if len(line) == LONGEST and not line.endswith(("\n", "\r")):
            raise csv.Error(f"a line is longer than {LONGEST:,} characters")
        yield line


def _cells(header: list[str], row: list[str], place: str, losses: Losses) -> Iterator[Row]:
    if len(row) != len(header):
        problem = f"got {len(row)} cells, expected the {len(header)} of the header"
        losses.broken(place, problem)
    elif any(map(NO_UTF8.search, row)):
        losses.broken(place, NOT_UTF8)
    else:
        yield Row(place=place, fields=dict(zip(header, row, strict=True)))
