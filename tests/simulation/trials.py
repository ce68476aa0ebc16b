"""Decides made-up runs and counts false verdicts: of gates, and of others on the same data."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from arenatest.gates.watch import Watch
from arenatest.model.decision import Outcome
from arenatest.model.plan import Rule
from arenatest.model.record import Ledger
from arenatest.stats.beta import t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.05
ERRORS = 3.0  # standard errors of a simulation that are no surprise


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One gate's data as other methods see it: turned so that more is better.

    Attributes:
        values: One for each cluster, voids left out, in the order of the file.
        limit: The smallest acceptable mean.
    """

    values: NDArray[np.float64]
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One made-up run, with its truth.

    Attributes:
        ledger: The record of the whole plan.
        rules: The gates that all must pass.
        samples: Their data, for other methods; empty where those ask something else.
        earlier: What the record was when earlier processes of the run decided from it.
        pass_is_false, fail_is_false: Which verdicts would be wrong; at the limit both are.
    """

    ledger: Ledger
    rules: tuple[Rule, ...]
    samples: tuple[Sample, ...]
    earlier: tuple[Ledger, ...] = ()
    pass_is_false: bool = True
    fail_is_false: bool = True


class Stage(Protocol):
    """Draws runs of one world at one size."""

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return a run where the truth lies ``effect`` above the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A kind of runs whose truth is known.

    Attributes:
        name: In one word.
        about: What makes it hard.
        stage: Makes what does not change between runs of that many prompts.
        sizes: Prompts planned.
        alpha: The largest share of false verdicts that its gates promise.
        excuse: Why they may be more, where nothing can be promised; empty where it is.
    """

    name: str
    about: str
    stage: Callable[[int], Stage]
    sizes: tuple[int, ...] = (20, 50, 200, 800)
    alpha: float = ALPHA
    excuse: str = ""


Method = Callable[[Trial], Outcome]


@dataclass(slots=True, kw_only=True)
class Count:
    """Verdicts of one method in many runs.

    Attributes:
        runs: How many there were.
        passes, fails: Its verdicts.
        false_passes, false_fails: Those that are wrong.
        may_pass, may_fail: Runs in which that verdict would be wrong.
    """

    runs: int = 0
    passes: int = 0
    fails: int = 0
    false_passes: int = 0
    false_fails: int = 0
    may_pass: int = 0
    may_fail: int = 0

    def add(self, outcome: Outcome, trial: Trial) -> None:
        """Count one run."""
        self.runs += 1
        passed, failed = outcome == "pass", outcome == "fail"
        self.passes += passed
        self.fails += failed
        self.may_pass += trial.pass_is_false
        self.may_fail += trial.fail_is_false
        self.false_passes += passed and trial.pass_is_false
        self.false_fails += failed and trial.fail_is_false

    def excessive(self, alpha: float) -> bool:
        """Whether chance is no explanation for so many false verdicts of either kind."""
        return any(
            wrong > bound(of, alpha)
            for wrong, of in (
                (self.false_passes, self.may_pass),
                (self.false_fails, self.may_fail),
            )
        )


@dataclass(slots=True, kw_only=True)
class Cell:
    """What many runs of one world at one size and effect came to.

    Attributes:
        world: Its name.
        alpha: The largest share of false verdicts that its gates promise.
        counts: By name of the method; ours is ``gate``.
        bought: The mean share of the plan that ours needed.
    """

    world: str
    alpha: float
    n: int
    effect: float
    counts: dict[str, Count] = field(default_factory=dict)
    bought: float = 0.0

    @property
    def flagged(self) -> bool:
        """Whether our false verdicts are more than promised, beyond chance."""
        return self.counts["gate"].excessive(self.alpha)


def bound(runs: int, alpha: float) -> float:
    """Return the most false verdicts in so many runs that a valid method may show."""
    return runs * alpha + ERRORS * math.sqrt(runs * alpha * (1.0 - alpha))


def simulate(world: World, n: int, *, runs: int, seed: int, effect: float = 0.0) -> Cell:
    """Fight ``runs`` runs of a world; the same seed gives the same cell, whatever else is run."""
    entropy = (seed, zlib.crc32(world.name.encode()), n, round((effect + 1.0) * 10_000))
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
    stage = world.stage(n)
    cell = Cell(world=world.name, alpha=world.alpha, n=n, effect=effect)
    cell.counts = {name: Count() for name in ("gate", *OTHERS)}
    for _ in range(runs):
        trial = stage.draw(chance, effect)
        outcome, bought = by_gates(trial)
        cell.bought += bought / runs
        cell.counts["gate"].add(outcome, trial)
        if trial.samples:
            for name, method in OTHERS.items():
                cell.counts[name].add(method(trial), trial)
    return cell


def by_gates(trial: Trial) -> tuple[Outcome, float]:
    """Return the verdict of the first process that comes to one, and the share it had to buy."""
    for ledger in trial.earlier:
        outcome, _ = decided(trial.rules, ledger)
        if outcome != "inconclusive":
            _, bought = decided(trial.rules, trial.ledger)
            return outcome, bought
    return decided(trial.rules, trial.ledger)


def by_t(trial: Trial) -> Outcome:
    """Return what a t test on all clusters of each gate decides."""
    return _together(
        [
            _t(sample, round(1.0 - rule.confidence, 12))
            for sample, rule in zip(trial.samples, trial.rules, strict=True)
        ]
    )


def by_points(trial: Trial) -> Outcome:
    """Return what comparing each gate's mean with its limit decides."""
    return _together(
        ["pass" if _mean(sample) >= sample.limit else "fail" for sample in trial.samples]
    )


OTHERS: dict[str, Method] = {"t": by_t, "points": by_points}


def decided(rules: Sequence[Rule], ledger: Ledger) -> tuple[Outcome, float]:
    outcomes: list[Outcome] = []
    looked_at: set[str] = set()
    for rule in rules:
        watch = Watch(rule, ledger.plan)
        watch.advance(ledger)
        outcomes.append("inconclusive" if watch.ruling is None else watch.ruling.outcome)
        looked_at.update(prompt.id for prompt in watch.looked_at)
    return _together(outcomes), len(looked_at) / len(ledger.plan.prompts)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    if "fail" in outcomes:
        return "fail"
    return "pass" if all(outcome == "pass" for outcome in outcomes) else "inconclusive"


def _mean(sample: Sample) -> float:
    return float(sample.values.mean()) if len(sample.values) else math.nan


def _t(sample: Sample, alpha: float) -> Outcome:
    n = len(sample.values)
    if n < 2:
        return "inconclusive"
    reach = _quantile(alpha, n - 1) * float(sample.values.std(ddof=1)) / math.sqrt(n)
    away = _mean(sample) - sample.limit
    if away > reach:
        return "pass"
    return "fail" if away < -reach else "inconclusive"


@cache
def _quantile(alpha: float, freedom: int) -> float:
    return t_quantile(1.0 - alpha, freedom)
