"""Texts of a record, read when somebody asks: a record of a million would not fit into memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, select

from arenatest.store import schema
from arenatest.store.codec import unpack_text

_PAGE = 128  # rows of one query
_PAGES = 256  # kept: who walks through a plan asks for everybody's answers side by side

Digest = Callable[[int], bytes | None]
"""Returns the digest of the text of a row."""


class Texts:
    """The texts of a column, by row; read in pages, of which the latest are kept.

    Args:
        engine: Of the store.
        digest: Of the column.
    """

    __slots__ = ("_digest", "_engine", "_pages")

    def __init__(self, engine: Engine, digest: Digest) -> None:
        self._engine, self._digest = engine, digest
        self._pages: OrderedDict[int, list[str]] = OrderedDict()

    def of(self, row: int, rows: int) -> str:
        """Return the text of one of so many rows; the empty one where the store has none."""
        number, place = divmod(row, _PAGE)
        page = self._pages.get(number)
        if page is None or place >= len(page):
            page = self._read(range(number * _PAGE, min((number + 1) * _PAGE, rows)))
            self._pages[number] = page
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return page[place]

    def _read(self, rows: Sequence[int]) -> list[str]:
        digests = [self._digest(row) for row in rows]
        table = schema.text
        wanted = sorted({digest for digest in digests if digest})
        query = select(table.c.sha, table.c.compressed, table.c.body).where(table.c.sha.in_(wanted))
        with self._engine.connect() as connection:
            found = {
                bytes(sha): unpack_text(body, compressed=compressed)
                for sha, compressed, body in connection.execute(query)
            }
        return [found.get(digest, "") if digest else "" for digest in digests]
