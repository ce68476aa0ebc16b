"""The baselines of the runs of one suite, run by run."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from arenatest.model.plan import Plan
from arenatest.store import schema
from arenatest.store.codec import outline_of
from arenatest.store.store import Store


class Baseline(NamedTuple):
    """Who was the baseline of a run that began at ``started``, seconds since 1970."""

    started: float
    name: str
    fingerprint: str


def read_baselines(store: Store, plan: Plan, *, upto: float, most: int) -> list[Baseline]:
    """Return the baselines of a suite's runs, the earliest first, without A/A runs and imports.

    Args:
        store: Where they are recorded.
        plan: Of the suite; others of the same name and file are of it too.
        upto: Wall clock after which runs do not count, seconds since 1970.
        most: Runs of any suite that are looked back on.
    """
    run, seat, body = schema.run, schema.contestant, schema.plan.c.body
    query = (
        select(run.c.started, seat.c.name, seat.c.fingerprint, run.c.plan_hash)
        .select_from(run.join(seat, seat.c.plan_hash == run.c.plan_hash))
        .where(seat.c.role == "baseline", run.c.source.is_(None), run.c.started <= upto)
        .order_by(run.c.started.desc(), run.c.id.desc())
        .limit(most)
    )
    ours: dict[str, bool] = {}
    found = []
    with store.reading() as connection:
        for *baseline, plan_hash in connection.execute(query).all():
            if plan_hash not in ours:
                wanted = select(body).where(schema.plan.c.hash == plan_hash)
                other = outline_of(connection.execute(wanted).scalar_one())
                same = (other["suite"], other["path"]) == (plan.suite, plan.path)
                ours[plan_hash] = same and not other.get("aa", False)
            if ours[plan_hash]:
                found.append(Baseline(*baseline))
    return found[::-1]
