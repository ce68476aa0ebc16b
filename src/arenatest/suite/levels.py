"""Which level of ``[load]`` a gate looks at."""

from __future__ import annotations

from arenatest.model.load import Load
from arenatest.model.metric import MetricSpec
from arenatest.suite.mistakes import Mistake
from arenatest.suite.schema import GateTable

NEITHER = ("where", "by", "target")
"""What a gate under load has no use for: each level is one schedule of requests."""


def level_of(gate: GateTable, metric: MetricSpec, load: Load | None) -> float | None:
    """Return the level that a gate looks at; None for a gate on calls without load.

    Raises:
        Mistake: The suite has no such level, or the gate asks for what a level does not have.
    """
    own = metric.source == "load"
    if not own and gate.at is None:
        return None
    if not own and metric.source != "timing":
        raise Mistake(f"{metric.name} is not measured under load: it takes no at", place=("at",))
    if load is None:
        what, key = (metric.name, "metric") if own else ("at", "at")
        hint = "add [load] with rates = [1, 2, 4]"
        raise Mistake(f"{what} needs [load], and the suite has none", hint=hint, place=(key,))
    for key in NEITHER:
        if key in gate.model_fields_set:
            problem = f"a gate under load looks at every request of its level: it takes no {key}"
            raise Mistake(problem, place=(key,))
    if gate.stat == "mean":
        problem = "a request that failed has no time, so under load there is no mean of them"
        raise Mistake(problem, hint='write stat = "p95"', place=("stat",))
    if metric.name == "goodput" and not load.slo.limits:
        hint = 'write slo = { ttft = "800 ms" } into [load]'
        raise Mistake("goodput needs an slo", hint=hint, place=("metric",))
    if gate.at is None:
        return load.levels[-1]
    if gate.at not in load.levels:
        known = ", ".join(f"{level:g}" for level in load.levels)
        raise Mistake(f"got {gate.at:g}, expected a level of [load]: {known}", place=("at",))
    return gate.at
