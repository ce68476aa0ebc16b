"""Texts of a record, read when somebody asks: a record of a million would not fit into memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol
from weakref import ref

from sqlalchemy import Engine, select

from arenatest.store import schema
from arenatest.store.codec import unpack_text

_PAGE = 250  # places of one query
_PAGES = 80  # kept: who walks through a plan asks for everybody's answers side by side

Digest = Callable[[int], bytes | None]
"""Returns the digest of the text of a row."""


class Neighbours(Protocol):
    """Knows which rows are probably asked for together."""

    def near(self, row: int, most: int) -> tuple[int, Sequence[int]]:
        """Return the number of a group of at most so many rows that holds a row, and the group."""


class Texts:
    """The texts of a column, by row; read in pages, of which the latest are kept.

    Args:
        engine: Of the store.
        digest: Of the column.
    """

    __slots__ = ("_digest", "_engine", "_neighbours", "_pages")

    def __init__(self, engine: Engine, digest: Digest) -> None:
        self._engine, self._digest = engine, digest
        self._pages: OrderedDict[int, dict[int, str]] = OrderedDict()
        self._neighbours: ref[Neighbours] | None = None

    def settle(self, neighbours: Neighbours) -> None:
        """Learn what to read together, from whom these texts are a part of."""
        self._neighbours = ref(neighbours)  # a circle would be freed late

    def of(self, row: int) -> str:
        """Return the text of a row; the empty one where the store has none."""
        neighbours = None if self._neighbours is None else self._neighbours()
        number, rows = (row, [row]) if neighbours is None else neighbours.near(row, _PAGE)
        page = self._pages.get(number)
        if page is None or row not in page:
            page = self._pages[number] = self._read(rows)
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return page[row]

    def _read(self, rows: Sequence[int]) -> dict[int, str]:
        digests = {row: self._digest(row) for row in rows}
        table = schema.text
        wanted = sorted({digest for digest in digests.values() if digest})
        query = select(table.c.sha, table.c.compressed, table.c.body).where(table.c.sha.in_(wanted))
        with self._engine.connect() as connection:
            found = {
                bytes(sha): unpack_text(body, compressed=compressed)
                for sha, compressed, body in connection.execute(query)
            }
        return {row: found.get(digest, "") if digest else "" for row, digest in digests.items()}
