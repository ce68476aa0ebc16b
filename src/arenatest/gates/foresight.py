"""What a gate can come to with the prompts at hand: told before anything is paid for.

Nothing is known of the values yet, so their spread is assumed, and said. The numbers are those of
a test at a fixed number of clusters; a sequential one needs a little more near its limit, and
stops early where the case is clear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from arenatest.gates.costs import unpriced
from arenatest.gates.load import block_method, units
from arenatest.gates.load_shares import shortage
from arenatest.gates.measure import Risks, risks_of
from arenatest.gates.methods import method_of
from arenatest.gates.readers import finite_range
from arenatest.gates.words import amount, counted, limit
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.stats.betting import earliest_proof
from arenatest.stats.power import detectable_effect, detectable_share

SPREAD = 0.4
"""Standard deviation of scores from 0 to 1: of battles, where four of ten are ties."""
LOG_RATIO_SPREAD = 0.25
"""Of the logarithms of paired ratios of times."""
VARIATION = 0.6
"""Standard deviation of times, tokens and dollars, as a share of their mean."""

Of = Literal["value", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """From where on a gate will probably be decided: with a probability of ``POWER`` or more.

    Attributes:
        of: What the numbers are: values of the metric, or shares of the calls that lie beyond the
            limit.
        passes: From which true value or share on it will pass; None where even the best one is
            too near.
        fails: From which on it will fail, likewise.
        assumed: The spread that was assumed, in words; empty where none was.
    """

    of: Of = "value"
    passes: float | None
    fails: float | None
    assumed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What one gate can come to.

    Attributes:
        rule: The gate.
        clusters: Planned in its slice.
        noun: What they are called.
        obstacle: Why no record could pass it, or none could fail it; empty where both can be.
        reach: What it will probably decide; None where it is about these prompts alone.
        earliest: The fewest clusters, taken from the start of the plan, that can decide it.
    """

    rule: Rule
    clusters: int
    noun: str
    obstacle: str = ""
    reach: Reach | None = None
    earliest: int

    @property
    def line(self) -> str:
        """One line for people, such as ``200 prompts: will probably pass from 0.520 up, ...``."""
        if self.obstacle:
            return self.obstacle
        count = counted(self.clusters, self.noun)
        if self.reach is None:
            return f"{count}: it is about these alone, and certain once all are there"
        words = _shares if self.reach.of == "share" else _values
        assumed = f" ({self.reach.assumed})" if self.reach.assumed else ""
        return f"{count}: will probably {words(self.rule, self.reach)}{assumed}"


def foresee(rule: Rule, plan: Plan) -> Foresight:
    """Return what a gate can come to with the plan's prompts, or requests under load."""
    if rule.at is not None:
        return _under_load(rule, plan)
    prompts = plan.asked_by(rule)
    clusters = sum(1 for _ in groupby(prompts, key=_cluster))
    noun = _noun(rule, clusters, len(prompts))
    if not clusters:
        return Foresight(rule=rule, clusters=0, noun=noun, obstacle="it has no prompt", earliest=0)
    method = method_of(rule, plan, clusters)
    return Foresight(
        rule=rule,
        clusters=clusters,
        noun=noun,
        obstacle=unpriced(rule, plan) or method.measure(whole=False, noun=noun).obstacle,
        earliest=_earliest(rule, clusters) if method.stepwise else clusters,
        reach=None if method.exact else _reach(rule, clusters),
    )


def _under_load(rule: Rule, plan: Plan) -> Foresight:
    """Return what a gate under load can come to if no request waits for another one."""
    count = units(rule, plan.load)
    noun = "blocks" if rule.stat in {"ratio", "mean"} else "requests"
    return Foresight(
        rule=rule,
        clusters=count,
        noun=noun,
        obstacle=(
            shortage(rule, count)
            if noun == "requests"
            else block_method(rule, plan).impediment(noun)
        ),
        earliest=0,
        reach=_reach(rule, count),
    )


def _reach(rule: Rule, clusters: int) -> Reach:
    """Return what can be told of a gate that infers something of other prompts."""
    risks = risks_of(rule)
    if rule.stat == "ratio":
        return _ratio(rule, clusters, risks)
    if rule.stat.startswith("p"):
        return _percentile(rule, clusters, risks)
    bounds = finite_range(rule)
    if bounds is None:
        away = (detectable_effect(sd=VARIATION, clusters=clusters, alpha=a) for a in _alphas(risks))
        passes, fails = (
            rule.limit * (1.0 + sign * d) for sign, d in zip(_signs(rule), away, strict=True)
        )
        assumed = f"if values vary by {VARIATION * 100:.0f} %"
        return Reach(passes=passes, fails=fails, assumed=assumed)
    return _mean(rule, bounds, clusters, risks)


def _mean(rule: Rule, bounds: tuple[float, float], clusters: int, risks: Risks) -> Reach:
    low, high = bounds
    share = min(max((rule.limit - low) / (high - low), 0.0), 1.0)
    binary = math.sqrt(share * (1.0 - share))
    yes_or_no = rule.metric.rate and rule.metric.name != "win_rate"
    sd = (binary if yes_or_no else min(binary, SPREAD)) * (high - low)
    found = []
    for sign, alpha in zip(_signs(rule), _alphas(risks), strict=True):
        value = rule.limit + sign * detectable_effect(sd=sd, clusters=clusters, alpha=alpha)
        found.append(value if low <= value <= high else None)
    assumed = "" if yes_or_no else f"if values spread by {sd:.2g}"
    return Reach(passes=found[0], fails=found[1], assumed=assumed)


def _percentile(rule: Rule, clusters: int, risks: Risks) -> Reach:
    q = float(rule.stat[1:]) / 100.0
    beyond = 1.0 - q if rule.side == "max" else q
    passes = detectable_share(beyond, n=clusters, alpha=risks.passing)
    within = detectable_share(1.0 - beyond, n=clusters, alpha=risks.failing)
    return Reach(of="share", passes=passes, fails=None if within is None else 1.0 - within)


def _ratio(rule: Rule, clusters: int, risks: Risks) -> Reach:
    timing = rule.metric.unit == "s"
    sd = LOG_RATIO_SPREAD if timing else VARIATION
    effects = [detectable_effect(sd=sd, clusters=clusters, alpha=a) for a in _alphas(risks)]
    passes, fails = (
        rule.limit * math.exp(sign * effect)
        for sign, effect in zip(_signs(rule), effects, strict=True)
    )
    return Reach(passes=passes, fails=fails, assumed=f"if ratios spread by {sd * 100:.0f} %")


def _signs(rule: Rule) -> tuple[float, float]:
    """Return on which side of the limit passing lies, and failing."""
    return (1.0, -1.0) if rule.side == "min" else (-1.0, 1.0)


def _alphas(risks: Risks) -> tuple[float, float]:
    return risks.passing, risks.failing


def _earliest(rule: Rule, clusters: int) -> int:
    bounds = finite_range(rule)
    if bounds is None:
        return 1  # one lost prompt fails a gate on pinned ones
    share = min(max((rule.limit - bounds[0]) / (bounds[1] - bounds[0]), 0.0), 1.0)
    goal = share if rule.side == "min" else 1.0 - share
    risks = risks_of(rule)
    proofs = (
        earliest_proof(goal, clusters, alpha=risks.passing, target=rule.target),
        earliest_proof(1.0 - goal, clusters, alpha=risks.failing, target=rule.target),
    )
    return min((proof for proof in proofs if proof is not None), default=clusters)


def _values(rule: Rule, reach: Reach) -> str:
    """Return such as ``pass from 0.520 up and fail from 0.380 down``."""
    unit = "ratio" if rule.stat == "ratio" else rule.metric.unit
    up, down = ("up", "down") if rule.side == "min" else ("down", "up")
    parts = []
    for verb, value, way in (("pass", reach.passes, up), ("fail", reach.fails, down)):
        if value is None:
            parts.append(f"{verb} only near the end of its range")
        else:
            parts.append(f"{verb} from {amount(value, unit, near=rule.limit)} {way}")
    return " and ".join(parts)


def _shares(rule: Rule, reach: Reach) -> str:
    """Return such as ``pass where 1.5 % of the values lie above 800 ms, and fail where 9 % do``."""
    passes, fails = (
        "none" if share is None else f"{share * 100:.2g} %" for share in (reach.passes, reach.fails)
    )
    bar = limit(rule.limit, rule.metric.unit)
    side = "above" if rule.side == "max" else "below"
    return f"pass where {passes} of the values lie {side} {bar}, and fail where {fails} do"


def _noun(rule: Rule, clusters: int, prompts: int) -> str:
    if clusters != prompts:
        return "clusters"
    return "pairs" if rule.stat == "ratio" else "prompts"


def _cluster(prompt: Prompt) -> str:
    return prompt.cluster
