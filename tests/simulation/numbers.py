"""Numbers of contestants: scores, failures, times to the first token, tokens."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from arenatest.model.metric import BUILT_IN, MetricSpec
from arenatest.model.plan import Rule
from simulation.battles import by_family
from simulation.records import BASELINE, Records, rule_of
from simulation.trials import Sample, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

QUALITY = MetricSpec(name="quality", unit="fraction", direction="higher", range=(0.0, 1.0))


@dataclass(slots=True, kw_only=True)
class Scores:
    """A metric with a range; ``of`` draws that many values with the limit as their mean."""

    records: Records
    limit: float
    of: Callable[[np.random.Generator, int], Reals]

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run, at the limit."""
        del effect
        ledger = self.records.ledger(chance)
        values = self.of(chance, len(self.records.prompts))
        self.records.measured(ledger, QUALITY.name, "new", values)
        rule = rule_of(QUALITY, "mean", side="min", limit=self.limit)
        return Trial(
            ledger=ledger, rules=(rule,), samples=(Sample(values=values, limit=self.limit),)
        )


@dataclass(slots=True, kw_only=True)
class Errors:
    """An error rate at its largest acceptable value."""

    records: Records
    limit: float

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run, at the limit."""
        del effect
        ledger = self.records.ledger(chance)
        failed = chance.random(len(self.records.prompts)) < self.limit
        self.records.answered(ledger)
        self.records.failed(ledger, "new", failed)
        rule = rule_of(BUILT_IN["error_rate"], "rate", side="max", limit=self.limit)
        sample = Sample(values=1.0 - failed, limit=1.0 - self.limit)
        return Trial(ledger=ledger, rules=(rule,), samples=(sample,))


@dataclass(slots=True, kw_only=True)
class Times:
    """A percentile of the time to the first token, at its limit.

    Attributes:
        q: Which percentile, as a share.
        timeouts: The share of calls that never answer.
        retried: The share of slow calls that failed at first, and were quick when made again.
    """

    records: Records
    q: float
    timeouts: float = 0.0
    retried: float = 0.0
    families: NDArray[np.int64] | None = None

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run, at the limit."""
        del effect
        ledger, n = self.records.ledger(chance), len(self.records.prompts)
        shown = (self.q / (1.0 - self.timeouts)) if self.timeouts else self.q
        limit = math.exp(NormalDist().inv_cdf(shown) - 1.0)
        hidden = chance.normal(size=n)
        if self.families is not None:
            shared = chance.normal(size=self.families.max() + 1)[self.families]
            hidden = math.sqrt(0.8) * shared + math.sqrt(0.2) * hidden
        seconds = np.exp(hidden - 1.0)
        seconds[chance.random(n) < self.timeouts] = np.inf
        again = (seconds > limit) & (chance.random(n) < self.retried)
        self.records.timed(ledger, "new", np.where(again, limit / 2.0, seconds), again)
        rule = rule_of(BUILT_IN["ttft"], f"p{self.q * 100:g}", side="max", limit=limit)
        within = by_family(np.where(again, 1.0, seconds <= limit), self.families)
        sample = Sample(values=within, limit=self.q)
        return Trial(ledger=ledger, rules=(rule,), samples=(sample,))


@dataclass(slots=True, kw_only=True)
class Ratios:
    """A ratio of times paired by prompt, at its limit.

    Attributes:
        drift: How much the logarithm of both times grows while the run goes.
        skewed: Whether slowdowns have a long tail on one side.
        timeouts: The share of the candidate's calls that never answer: where it is slowest.
    """

    records: Records
    limit: float = 1.1
    drift: float = 0.0
    skewed: bool = False
    timeouts: float = 0.0

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run, ``effect`` below the limit on the scale of logarithms."""
        ledger, n = self.records.ledger(chance), len(self.records.prompts)
        places = {prompt.id: place for place, prompt in enumerate(ledger.plan.prompts)}
        time = np.array([places[prompt.id] for prompt in self.records.prompts]) / n
        shared = chance.normal(size=n) * 0.6 + self.drift * time
        noise = chance.laplace(scale=0.2, size=n)
        if self.skewed:
            noise = (chance.exponential(size=n) - _PSEUDOMEDIAN) * 0.4
        slower = math.log(self.limit) - effect + noise
        self.records.timed(ledger, BASELINE, np.exp(shared))
        gone = (
            slower > np.quantile(slower, 1.0 - self.timeouts) if self.timeouts else slower > np.inf
        )
        self.records.timed(ledger, "new", np.where(gone, np.inf, np.exp(shared + slower)))
        rule = rule_of(BUILT_IN["ttft"], "ratio", side="max", limit=self.limit)
        return Trial(
            ledger=ledger,
            rules=(rule,),
            samples=() if self.skewed else (_sample(slower[~gone], self.limit),),
            pass_is_false=effect <= 0.0,
            fail_is_false=effect >= 0.0,
        )


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Output tokens with a long tail: their mean, or the ratio of the totals, at its limit."""

    records: Records
    rule: Rule
    spread: float = 0.8

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run, at the limit."""
        del effect
        ledger, n = self.records.ledger(chance), len(self.records.prompts)
        shared = chance.normal(size=n) * self.spread - self.spread**2 / 2.0
        theirs = np.exp(shared)
        ours = theirs * np.exp(chance.normal(size=n) * 0.3 - 0.045)
        counts = {
            name: chance.poisson(200.0 * of) for name, of in ((BASELINE, theirs), ("new", ours))
        }
        for name, count in counts.items():
            self.records.used(ledger, name, count)
        amounts = counts["new"].astype(float)
        excess = amounts - (counts[BASELINE] if self.rule.stat == "ratio" else self.rule.limit)
        return Trial(
            ledger=ledger, rules=(self.rule,), samples=(Sample(values=-excess, limit=0.0),)
        )


def _sample(slower: Reals, limit: float) -> Sample:
    return Sample(values=-slower, limit=-math.log(limit))


_PSEUDOMEDIAN = 0.8391734950083303  # of an exponential: half the median of a gamma of shape 2
