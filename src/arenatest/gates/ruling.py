"""Puts a ruling and a measurement into a decision, and the decision into one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from arenatest.gates.measure import Measure, risks_of
from arenatest.gates.words import amount, counted, interval, limit
from arenatest.model.decision import Cause, Decision, Outcome
from arenatest.model.plan import Rule

_LENIENCE = "not proven; it passes for lack of evidence of a regression (policy no-regression)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a gate came to.

    Attributes:
        outcome: pass, fail or inconclusive.
        cause: Why it is inconclusive.
        why: The same for people; empty where the numbers say it.
    """

    outcome: Outcome = "inconclusive"
    cause: Cause | None = None
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of one gate: what was planned in its slice, and what was seen of it.

    Attributes:
        rule: The gate.
        prompts, clusters: Planned.
        seen, voids, invalid: Prompts taken; those without a value; those without a usable clock.
        unjudged: Those without a value because too few judges gave a verdict.
        ours, theirs: Those without a value because the candidate, or the other one, alone failed.
    """

    rule: Rule
    prompts: int
    clusters: int
    seen: int = 0
    voids: int = 0
    invalid: int = 0
    unjudged: int = 0
    ours: int = 0
    theirs: int = 0

    @property
    def noun(self) -> Literal["prompts", "pairs", "clusters", "requests", "blocks"]:
        """What the units of evidence are called."""
        if self.rule.at is not None:
            return "blocks" if self.rule.stat in {"ratio", "mean"} else "requests"
        if self.clusters != self.prompts:
            return "clusters"
        return "pairs" if self.rule.stat == "ratio" else "prompts"


def decision_of(suite: str, ruling: Ruling, measure: Measure, tally: Tally) -> Decision:
    """Return the decision of a gate; picture and verdict agree.

    Args:
        suite: Name of the suite.
        ruling: What the gate came to.
        measure: What was measured.
        tally: What it was measured on.
    """
    rule = tally.rule
    low, high = _agreeing(ruling.outcome, measure, rule)
    lacking = ruling.cause == "evidence"
    lenient = lacking and rule.policy == "no-regression" and measure.n > 0
    risks = risks_of(rule)
    return Decision(
        suite=suite,
        candidate=rule.candidate,
        gate=rule.id,
        metric=rule.metric.name,
        stat=rule.stat,
        unit=_unit(rule),
        side=rule.side,
        threshold=rule.limit,
        decision=ruling.outcome,
        cause=ruling.cause,
        passed=ruling.outcome == "pass" or lenient,
        value=measure.value,
        low=low,
        high=high,
        level=1.0 if measure.exact else round(1.0 - risks.passing - risks.failing, 12),
        n=measure.n,
        counted=tally.noun,
        planned=tally.clusters,
        voids=tally.voids,
        reason=_reason(ruling, measure, tally, low, high),
        needed=_needed(measure, tally) if lacking else None,
        warnings=(_LENIENCE,) if lenient else (),
        line=rule.line,
    )


def _unit(rule: Rule) -> str:
    return {"ratio": "ratio", "losses": "lost"}.get(rule.stat, rule.metric.unit)


def _agreeing(outcome: Outcome, measure: Measure, rule: Rule) -> tuple[float | None, float | None]:
    """Return the bounds on the side of the limit where the verdict is, widened where undecided."""
    low, high, value, bar = measure.low, measure.high, measure.value, rule.limit
    if value is not None:
        low = None if low is None else min(low, value)
        high = None if high is None else max(high, value)
    if outcome == "inconclusive":
        return (
            None if low is None else min(low, bar),
            None if high is None else max(high, bar),
        )
    above = (outcome == "pass") == (rule.side == "min")
    if above:
        return (bar if low is None else max(low, bar)), high  # an infinite bound is not written
    return low, (bar if high is None else min(high, bar))


def _needed(measure: Measure, tally: Tally) -> int | None:
    return None if measure.needed is None else max(measure.needed, tally.clusters + 1)


def _reason(
    ruling: Ruling, measure: Measure, tally: Tally, low: float | None, high: float | None
) -> str:
    """Return the line such as ``win rate 0.531 [0.478, 0.584], needs >= 0.45 (n=143 of ...``."""
    rule = tally.rule
    unit = _unit(rule)
    sign = ">=" if rule.side == "min" else "<="
    shown = "not measured"
    if measure.value is not None:
        shown = amount(measure.value, unit, near=rule.limit)
        if low is not None or high is not None:
            shown += " " + interval(low, high, measure.value, unit, near=rule.limit)
    elif measure.n:
        shown = "beyond measure"
    count = counted(tally.clusters, tally.noun)
    if measure.n != tally.clusters:
        count = f"{measure.n:,} of {count}"
    approximately = ", approximate" if measure.approximate else ""
    line = (
        f"{_label(rule)} {shown}, needs {sign} {limit(rule.limit, unit)} "
        f"(n={count}{approximately}): {ruling.outcome}"
    )
    return line + "".join(f"; {remark}" for remark in _remarks(ruling, measure, tally))


def _remarks(ruling: Ruling, measure: Measure, tally: Tally) -> list[str]:
    remarks = [ruling.why] if ruling.why else []
    if ruling.cause == "evidence":
        needed = _needed(measure, tally)
        if measure.obstacle:
            remarks.append(measure.obstacle)
        elif needed is not None:
            remarks.append(f"about {counted(needed, tally.noun)} would decide it")
        elif measure.n:
            remarks.append(f"it lies too near the limit to be decided{_meanwhile(tally)}")
        else:
            remarks.append("no prompt says anything about it")
    if measure.remark:
        remarks.append(measure.remark)
    return remarks


def _meanwhile(tally: Tally) -> str:
    if not tally.voids:
        return ""
    return f" while {counted(tally.voids, 'prompts')} lack{'s' * (tally.voids == 1)} a value"


def _label(rule: Rule) -> str:
    if rule.stat == "losses":
        return "never regress"
    name = rule.metric.name.replace("_", " ")
    plain = rule.stat == "rate" or (rule.stat == "mean" and rule.metric.range is not None)
    plain |= rule.metric.name == "tokens_per_second" and rule.stat == "mean"
    named = name if plain else f"{name} {rule.stat}"
    return named if rule.at is None else f"{named} (load {rule.at:g})"
