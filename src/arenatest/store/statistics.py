"""Statistics of each model over a range of time, in one query that every database takes."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Integer,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.model.microseconds import A_SECOND
from arenatest.store import schema
from arenatest.store.store import Store
from arenatest.store.types import counted, spelt

Purpose = Literal["answers", "judging", "load"]

PERCENTILES = (50, 90, 95, 99)

_PURPOSES: dict[str, Purpose] = {
    "answer": "answers",
    "timing": "answers",
    "judge": "judging",
    "load": "load",
}
"""What roles of calls are counted as; those that warm up are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How the values of one model's calls lie, in the unit of the values.

    Attributes:
        count: Values; the rest is None without any.
        deviation: Standard deviation with n - 1; None for a single value.
        percentiles: By ``PERCENTILES``, each the nearest rank: a value that occurred.
    """

    count: int
    average: float | None
    minimum: float | None
    maximum: float | None
    deviation: float | None
    percentiles: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatistics:
    """The calls of one model that were made for one purpose.

    Attributes:
        model: What was asked: the fingerprint of a contestant or a judge; its name in old records
            that know no fingerprint.
        name: What suites call it; the last in the alphabet where they differ.
        names: How many names it has.
        kind: Of its provider, or of the judge; None where there is no fingerprint.
        served: The model that servers named; the last in the alphabet where they differ.
        models: How many models servers named.
        calls: Attempts that were sent, failed ones included.
        succeeded: Those that were answered.
        ttft: Seconds, of first attempts that were answered, measured by us, and not while our own
            event loop lagged.
        input_tokens, output_tokens: Sums over the calls that were counted; None without any.
        cost: US dollars; None where no price is known.
        uncosted: Calls whose cost is unknown.
        first, last: When calls began, seconds since 1970.
    """

    purpose: Purpose
    model: str
    name: str
    names: int
    kind: str | None
    served: str | None
    models: int
    calls: int
    succeeded: int
    ttft: Spread
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    uncosted: int
    first: float
    last: float

    @property
    def success_rate(self) -> float:
        """Share of the calls that were answered, 0 to 1."""
        return self.succeeded / self.calls


def read_statistics(
    store: Store,
    *,
    since: float | None = None,
    until: float | None = None,
    plans: Collection[str] | None = None,
) -> list[ModelStatistics]:
    """Return the statistics of every model, by purpose and name.

    Args:
        store: The record.
        since: Calls that began from this wall-clock second on; None for no limit.
        until: Calls that began before it; None for no limit.
        plans: Hashes of the plans whose runs count; None for all.
    """
    calls = _calls(since, until, plans)
    query = _statistics(_totals(calls), _ranked(calls))
    with store.reading() as connection:
        found = [_read(row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one.purpose, one.name, one.model))


def _calls(since: float | None, until: float | None, plans: Collection[str] | None) -> CTE:
    """Return the calls that count, each with whose it is and with its clock where that is fit."""
    call, run, who = schema.generation.c, schema.run.c, _seats()
    table = (
        schema.generation.join(schema.run, run.id == spelt(call.run))
        .outerjoin(
            who,
            and_(
                who.c.plan_hash == run.plan_hash,
                who.c.name == spelt(call.owner),
                who.c.judging == case((call.role == "judge", 1), else_=0),
            ),
        )
        .outerjoin(schema.fingerprint, schema.fingerprint.c.hash == who.c.fingerprint)
    )
    query = (
        select(
            case(_PURPOSES, value=spelt(call.role)).label("purpose"),
            func.coalesce(who.c.fingerprint, spelt(call.owner)).label("who"),
            spelt(call.owner).label("owner"),
            schema.fingerprint.c.kind,
            spelt(call.model).label("model"),
            call.started,
            case((call.failure.is_(None), 1), else_=0).label("answered"),
            cast(call.input_tokens, Float).label("input_tokens"),  # whole ones could overflow
            cast(call.output_tokens, Float).label("output_tokens"),
            call.cost,
            case((_is_fit(), _ttft()), else_=None).label("ttft"),
        )
        .select_from(table)
        .where(call.attempt > 0, call.role.in_(_PURPOSES))
    )
    if since is not None:
        query = query.where(call.started >= since)
    if until is not None:
        query = query.where(call.started < until)
    if plans is not None:
        query = query.where(run.plan_hash.in_(plans))
    return query.cte("calls")


def _seats() -> Any:
    """Return who takes part in a plan, each name once for answers and once for judging."""
    seat = schema.contestant.c
    judging = case((seat.role == "judge", 1), else_=0).label("judging")
    told = select(seat.plan_hash, seat.name, judging, seat.fingerprint).subquery("told").c
    return (
        select(
            told.plan_hash,
            told.name,
            told.judging,
            func.max(told.fingerprint).label("fingerprint"),
        )
        .group_by(told.plan_hash, told.name, told.judging)
        .subquery("seats")
    )


def _ttft() -> ColumnElement[float]:
    """Return the time to the first token; of calls made for their clocks, without connecting."""
    call = schema.generation.c
    connecting = and_(call.role == "timing", call.connection_reused.is_(False))
    connected = _seconds(call.ttft) - _seconds(call.connect)
    return case(
        (and_(connecting, connected < literal(0.0)), literal(0.0)),
        (connecting, connected),
        else_=_seconds(call.ttft),
    )


def _is_fit() -> ColumnElement[bool]:
    """Return whether a call's clock says something of its model, as ``gates.clocks`` has it."""
    call = schema.generation.c
    lag = func.coalesce(_seconds(call.lag), literal(0.0))
    return and_(
        call.timing == "measured",
        call.failure.is_(None),
        call.attempt == 1,
        _seconds(call.ttft) >= literal(0.0),
        or_(lag <= literal(LAG), lag <= literal(LAG_SHARE) * _seconds(call.ttft)),
    )


def _seconds(clock: ColumnElement[float]) -> ColumnElement[float]:
    """Return a clock in seconds, as it is where it is read."""
    return type_coerce(cast(counted(clock), Float) / literal(float(A_SECOND)), Float)


def _totals(calls: CTE) -> CTE:
    """Return what one look at each call tells of its model."""
    call = calls.c
    return (
        select(
            call.purpose,
            call.who,
            func.max(call.owner).label("name"),
            func.count(call.owner.distinct()).label("names"),
            func.max(call.kind).label("kind"),
            func.max(call.model).label("served"),
            func.count(call.model.distinct()).label("models"),
            func.count().label("calls"),
            func.sum(call.answered).label("answered"),
            func.sum(call.input_tokens).label("input_tokens"),
            func.sum(call.output_tokens).label("output_tokens"),
            func.sum(call.cost).label("cost"),
            func.count(call.cost).label("costed"),
            func.min(call.started).label("first"),
            func.max(call.started).label("last"),
            func.count(call.ttft).label("clocks"),
            func.avg(call.ttft).label("mean"),
            func.min(call.ttft).label("least"),
            func.max(call.ttft).label("most"),
        )
        .group_by(call.purpose, call.who)
        .cte("totals")
    )


def _ranked(calls: CTE) -> CTE:
    """Return the clocks with their ranks among those of their model."""
    one = calls.c
    rank = func.row_number().over(partition_by=(one.purpose, one.who), order_by=one.ttft)
    narrow = select(one.purpose, one.who, one.ttft, rank.label("rank"))
    return narrow.where(one.ttft.is_not(None)).cte("ranked")


def _statistics(totals: CTE, ranked: CTE) -> Any:
    """Return the totals with what needs all clocks side by side: spread and percentiles."""
    total, one = totals.c, ranked.c
    away = one.ttft - total.mean
    spread = (
        select(
            one.purpose,
            one.who,
            func.sum(away * away).label("squares"),
            *(
                func.max(case((one.rank == _rank(total.clocks, share), one.ttft))).label(
                    f"p{share}"
                )
                for share in PERCENTILES
            ),
        )
        .select_from(ranked.join(totals, and_(one.purpose == total.purpose, one.who == total.who)))
        .group_by(one.purpose, one.who)
        .subquery("spread")
    )
    mine = and_(spread.c.purpose == total.purpose, spread.c.who == total.who)
    return select(*total, *list(spread.c)[2:]).select_from(totals.outerjoin(spread, mine))


def _rank(count: ColumnElement[int], percentile: int) -> ColumnElement[Any]:
    """Return the nearest rank: the smallest whole number that is not below the share of n."""
    return (cast(count, Integer) * percentile + 99) // 100


def _read(row: Any) -> ModelStatistics:
    purpose, who, name, names, kind, served, models, calls, answered = row[:9]
    taken, given, cost, costed, first, last = row[9:15]
    count, average, minimum, maximum, squares, *percentiles = row[15:]
    return ModelStatistics(
        purpose=purpose,
        model=who,
        name=name,
        names=names,
        kind=kind,
        served=served,
        models=models,
        calls=calls,
        succeeded=int(answered),
        ttft=Spread(
            count=count,
            average=average,
            minimum=minimum,
            maximum=maximum,
            deviation=math.sqrt(squares / (count - 1)) if count > 1 else None,
            percentiles=tuple(percentiles),
        ),
        input_tokens=None if taken is None else round(taken),
        output_tokens=None if given is None else round(given),
        cost=cost,
        uncosted=calls - costed,
        first=first,
        last=last,
    )
