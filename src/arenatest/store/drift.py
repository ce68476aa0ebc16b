"""Whether a judge still says of the golden set what it said when it was last asked."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, select

from arenatest.model.health import GOLDEN
from arenatest.model.judgment import Verdict
from arenatest.store import schema
from arenatest.store.types import keyed, spelt

MOST_CHANGED = 0.05
"""Share of golden games with another winner from which on it is a drift."""

_CHUNK = 400  # keys a statement, twice: SQLite may be built for 999 variables


def golden_drift(connection: Connection, run: str) -> list[str]:
    """Return a line for each judge that names other winners than in an earlier run, for people.

    Only games that this run bought are compared, each with the latest earlier judgment of the
    same content by the same judge: what was reused cannot have changed.

    Args:
        connection: To the store.
        run: Whose golden games.
    """
    table = schema.judgment
    columns = (table.c.key, table.c.judge, table.c.verdict, table.c.made)
    bought = (table.c.candidate == GOLDEN) & table.c.reused.is_(False)
    said = bought & table.c.verdict.is_not(None)
    games = connection.execute(select(*columns).where(said, table.c.run == run)).all()
    if not games:
        return []
    first = min(made for *_, made in games)
    keys = [key for key, *_ in games]
    before: dict[str, str] = {}
    for start in range(0, len(keys), _CHUNK):
        query = (
            select(table.c.key, table.c.verdict)
            .where(said, keyed(table.c.key, keys[start : start + _CHUNK]))
            .where(table.c.run != run, table.c.made < first)
            .order_by(table.c.made, spelt(table.c.run))
        )
        before.update((key, verdict) for key, verdict in connection.execute(query))
    compared = [(judge, verdict, before[key]) for key, judge, verdict, _ in games if key in before]
    asked = Counter(judge for judge, _, _ in compared)
    changed = Counter(judge for judge, now, then in compared if _winner(now) != _winner(then))
    return [
        f"the judge {judge} drifts: it names another winner than when it was last asked in "
        f"{changed[judge]} of {whole} golden games"
        for judge, whole in sorted(asked.items())
        if changed[judge] > MOST_CHANGED * whole
    ]


def _winner(verdict: str) -> float:
    return Verdict(verdict).score_of_a
