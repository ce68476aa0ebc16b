"""What has to be bought before a gate can be decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arenatest.model.health import GOLDEN
from arenatest.model.plan import Plan, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What gates need, by name; selection changes what is bought, never a verdict.

    Attributes:
        answers: Contestants whose texts are needed.
        timings: Contestants whose clocks are needed, from calls of this run.
        judgments: Candidates whose battles must be judged; ``GOLDEN`` for the golden set.
        loads: Contestants that must be put under load.
        metrics: Plugins' metrics, each with a contestant whose answers it must be measured on.
    """

    answers: frozenset[str] = frozenset()
    timings: frozenset[str] = frozenset()
    judgments: frozenset[str] = frozenset()
    loads: frozenset[str] = frozenset()
    metrics: frozenset[tuple[str, str]] = frozenset()


def needs(rule: Rule, plan: Plan) -> Needs:
    """Return what one gate needs."""
    metric, baseline = rule.metric, plan.baseline.name
    own = frozenset({rule.candidate})
    both = own | {rule.against}
    compared = both if rule.stat == "ratio" else own
    if rule.at is not None:
        return Needs(loads=compared)
    if metric.source == "timing":
        return Needs(timings=compared)
    if metric.source == "golden":
        return Needs(judgments=frozenset({GOLDEN}))
    if metric.source == "judgment":
        judged = both - {baseline} if metric.name == "win_rate" else own
        golden = frozenset({GOLDEN} if plan.golden and metric.name == "win_rate" else ())
        return Needs(answers=judged | {baseline}, judgments=judged | golden)
    if metric.source == "plugin":
        answers = compared | {baseline} if metric.of == "battle" else compared
        return Needs(answers=answers, metrics=frozenset((metric.name, name) for name in compared))
    return Needs(answers=compared)


def union(several: Iterable[Needs]) -> Needs:
    """Return what several gates need together."""
    listed = list(several)
    nothing: frozenset[str] = frozenset()
    return Needs(
        answers=nothing.union(*(one.answers for one in listed)),
        timings=nothing.union(*(one.timings for one in listed)),
        judgments=nothing.union(*(one.judgments for one in listed)),
        loads=nothing.union(*(one.loads for one in listed)),
        metrics=frozenset(pair for one in listed for pair in one.metrics),
    )
