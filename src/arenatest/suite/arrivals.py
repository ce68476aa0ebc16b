"""The table ``[load]``: how many requests come at once, or how fast, and what each should keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from arenatest.model.load import Arrivals, Load, Slo
from arenatest.model.plan import Contestant, Rule
from arenatest.suite.mistakes import Mistake, got
from arenatest.suite.problems import Problems
from arenatest.suite.quantities import Count, Duration
from arenatest.suite.schema import Table


def _levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    if not levels:
        raise got(levels, "a level or more")
    for index, level in enumerate(levels):
        if level in levels[:index]:
            raise Mistake(f"{level:g} stands there twice")
    return levels


def _listed(item: dict[str, object]) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": item, "minItems": 1})


Rates = Annotated[
    tuple[Annotated[float, Field(gt=0)], ...],
    Field(strict=False),
    AfterValidator(_levels),
    _listed({"type": "number", "exclusiveMinimum": 0}),
]
Counts = Annotated[
    tuple[Count, ...],
    Field(strict=False),
    AfterValidator(_levels),
    _listed({"type": "integer", "minimum": 1}),
]


class SloTable(Table):
    """What every single request should keep."""

    ttft: Duration | None = Field(None, description="Longest time to the first token.")
    tpot: Duration | None = Field(None, description="Longest time for each further token.")
    e2e: Duration | None = Field(None, description="Longest time to the last token, once sent.")
    user_latency: Duration | None = Field(
        None, description="Longest time to the end, from when the request was due."
    )


class LoadTable(Table):
    """The load that contestants are put under; exactly one of rates and concurrency."""

    rates: Rates | None = Field(None, description="Levels, in requests a second.")
    concurrency: Counts | None = Field(None, description="Levels, in requests in flight.")
    arrivals: Literal["poisson", "constant"] | None = Field(
        None,
        description="How requests come at a rate: poisson, or constant gaps; default: poisson.",
    )
    requests: Count = Field(100, description="Requests that count, at each level.")
    warmup: Annotated[int, Field(ge=0)] = Field(
        10, description="Requests before these at each level, which are left out."
    )
    slo: SloTable | None = Field(None, description="What a request must keep to be good.")


def read_load(table: LoadTable | None, problems: Problems) -> Load | None:
    """Return what contestants go through; None where the suite has no load, or a wrong one.

    Args:
        table: As the suite has it.
        problems: Takes the mistakes.
    """
    if table is None:
        return None
    with problems.at("load"):
        return _load(table)
    return None


def check_load(
    load: Load | None,
    rules: Sequence[Rule],
    contestants: Iterable[Contestant],
    problems: Problems,
) -> None:
    """Add the mistake of a load that no gate looks at, or that a contestant's key does not allow.

    Args:
        load: As the suite has it.
        rules: Of its gates.
        contestants: Those that are right.
        problems: Takes the mistake, unless there are others: a gate may be one of them.
    """
    if load is None or len(problems):
        return
    if all(rule.at is None for rule in rules):
        hint = 'add [[gates]] with metric = "user_latency", stat = "p95" and max = "2 s"'
        problems.add(("load",), "no gate looks at it, so nothing would be measured", hint=hint)
    if load.arrivals == "closed":
        return
    loaded = [rule for rule in rules if rule.at is not None]
    names = {rule.candidate for rule in loaded}
    names |= {rule.against for rule in loaded if rule.stat == "ratio"}
    fastest = load.levels[-1]
    for contestant in contestants:
        allowed = contestant.requests_per_minute
        if contestant.name in names and allowed is not None and allowed < fastest * 60:
            problem = (
                f"{fastest:g} requests a second are more than the {allowed:,} a minute that the "
                f"suite allows {contestant.name!r}"
            )
            problems.add(("load", "rates"), problem)


def _load(table: LoadTable) -> Load:
    given = [key for key in ("rates", "concurrency") if getattr(table, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "neither"
        raise Mistake(f"got {found}, expected exactly one of rates, concurrency")
    arrivals: Arrivals = table.arrivals or "poisson"
    if table.concurrency is not None:
        if table.arrivals is not None:
            problem = (
                "says how requests come at rates: with concurrency, answers let the next ones go"
            )
            raise Mistake(problem, place=("arrivals",))
        arrivals = "closed"
    levels = tuple(map(float, table.rates or table.concurrency or ()))
    slo = table.slo or SloTable()
    return Load(
        arrivals=arrivals,
        levels=tuple(sorted(levels)),
        requests=table.requests,
        warmup=table.warmup,
        slo=Slo(ttft=slo.ttft, tpot=slo.tpot, e2e=slo.e2e, user_latency=slo.user_latency),
    )
