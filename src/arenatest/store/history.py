"""What calls of a model were like in earlier runs, on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Float, cast, func, select

from arenatest.model.microseconds import A_SECOND
from arenatest.store import schema
from arenatest.store.types import counted


class CallMeans(NamedTuple):
    """Means over calls that succeeded; None where nobody counted, or there is no call."""

    calls: int
    input_tokens: float | None
    output_tokens: float | None
    seconds: float | None


def read_means(
    connection: Connection, owner: str, runs: Sequence[str], *, judging: bool
) -> CallMeans:
    """Return the means over a model's calls in some runs.

    Args:
        connection: The store's.
        owner: Name of the contestant or the judge in these runs.
        runs: Their ids.
        judging: Whether it is a judge: it may have the name of a contestant.
    """
    table = schema.generation
    query = (
        select(
            func.count(),
            func.avg(table.c.input_tokens),
            func.avg(table.c.output_tokens),
            func.avg(cast(func.coalesce(*map(counted, (table.c.wall, table.c.e2e))), Float))
            / A_SECOND,
        )
        .where(table.c.run.in_(runs), table.c.owner == owner)
        .where(table.c.role == "judge" if judging else table.c.role.in_(("answer", "timing")))
        .where(table.c.failure.is_(None), table.c.attempt > 0)
    )
    return CallMeans(*connection.execute(query).one())
