"""Rows as Parquet: typed columns, compressed with Zstandard, written group by group."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from arenatest.errors import OptionError
from arenatest.exchange.columns import Column, Kind, columns_of
from arenatest.exchange.losses import Losses

_ROWS = 5_000  # of one group
_CHARACTERS = 16 << 20  # of texts in one group: what is held at a time


def require_pyarrow() -> Any:
    """Return the library that writes Parquet.

    Raises:
        OptionError: It is not installed; the message names the extra.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        message = "--format parquet: needs pyarrow, which is not installed"
        raise OptionError(f"{message}\n  hint: pip install 'arenatest[parquet]'") from error
    return pyarrow


def write_parquet(path: Path, kind: type[Any], rows: Iterable[Any], losses: Losses) -> int:
    """Write rows as one Parquet file and return how many there were.

    Args:
        path: The file.
        kind: What the rows are.
        rows: Read one group at a time.
        losses: Counts what Parquet cannot hold.

    Raises:
        OptionError: pyarrow is not installed.
    """
    arrow = require_pyarrow()
    columns = columns_of(kind)
    fields = [
        arrow.field(one.name, _type(arrow, one.kind), nullable=one.optional) for one in columns
    ]
    schema = arrow.schema(fields)
    count = 0
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(rows, columns, losses):
            batch = {one.name: [row[place] for row in group] for place, one in enumerate(columns)}
            writer.write_table(arrow.Table.from_pydict(batch, schema=schema))
            count += len(group)
    return count


def _type(arrow: Any, kind: Kind) -> Any:
    return {
        "text": arrow.string(),
        "whole": arrow.int64(),
        "number": arrow.float64(),
        "truth": arrow.bool_(),
        "texts": arrow.list_(arrow.string()),
        "numbers": arrow.list_(arrow.float64()),
        "json": arrow.string(),
    }[kind]


def _groups(
    rows: Iterable[Any], columns: tuple[Column, ...], losses: Losses
) -> Iterator[list[list[Any]]]:
    group: list[list[Any]] = []
    size = 0
    for row in rows:
        values = [_value(getattr(row, one.name), one, losses) for one in columns]
        group.append(values)
        size += sum(len(value) for value in values if isinstance(value, str))
        if len(group) >= _ROWS or size >= _CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _value(value: Any, column: Column, losses: Losses) -> Any:
    convert = _CONVERTED.get(column.kind)
    return value if value is None or convert is None else convert(value, losses)


def _texts(value: tuple[str, ...], losses: Losses) -> list[str]:
    return [losses.fit_for_utf8(text) for text in value]


def _json(value: Any, _losses: Losses) -> str:
    return json.dumps(value)


def _text(value: str, losses: Losses) -> str:
    return losses.fit_for_utf8(value)


_CONVERTED: Mapping[Kind, Callable[[Any, Losses], Any]] = {
    "text": _text,
    "texts": _texts,
    "json": _json,
}
