"""Judged battles: what makes a win rate hard to decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from arenatest.model.metric import BUILT_IN
from arenatest.model.plan import Rule
from arenatest.model.record import Ledger
from simulation.latent import POSITION, games, prompt_scores
from simulation.records import Records, rule_of, until
from simulation.trials import Sample, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

LIMIT = 0.45
WIN_RATE = BUILT_IN["win_rate"]
_LATE = 16  # how far out of the plan's order battles settle: calls in flight


@dataclass(slots=True, kw_only=True)
class Battles:
    """Battles of one candidate under one gate; the defaults are the plainest world.

    Attributes:
        records: Where their scores go.
        rule: The gate.
        judges, repeats: How many there are.
        position: How much judges like the first answer, at the start and at the end of a run.
        call: Noise of a call, likewise.
        slide: How much the candidate's mean falls from the start of a run to its end.
        means: What each prompt's mean is above the limit, in the order of the file.
        families: The number of each prompt's family.
        lost: The share of battles without a verdict, taken from those of one ``kind``.
        kind: What ``lost`` battles would have been: ``loss``, ``win`` or ``any``.
        culprit: Who fails in a lost battle: a contestant, or None for the judge.
        looks: How many processes decide from an unfinished record before the last one.
    """

    records: Records
    rule: Rule = field(default_factory=lambda: rule_of(WIN_RATE, "rate", side="min", limit=LIMIT))
    judges: int = 1
    repeats: int = 1
    position: tuple[float, float] = (POSITION, POSITION)
    call: tuple[float, float] = (0.6, 0.6)
    slide: float = 0.0
    means: Reals | None = None
    families: NDArray[np.int64] | None = None
    lost: float = 0.0
    kind: str = "any"
    culprit: str | None = None
    looks: int = 0

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run."""
        ledger = self.records.ledger(chance)
        scores = self._scores(chance, ledger, self.rule.limit + effect)
        gone = self._gone(chance, prompt_scores(scores))
        if self.culprit is None:
            scores[gone] = np.nan
        self.records.judged(ledger, {"new": scores})
        if self.culprit is not None:
            self.records.failed(ledger, self.culprit, gone)
        seen = np.where(gone, np.nan, prompt_scores(scores))
        return Trial(
            ledger=ledger,
            rules=(self.rule,),
            samples=(Sample(values=by_family(seen, self.families), limit=self.rule.limit),),
            earlier=self._earlier(chance, ledger),
            pass_is_false=effect <= 0.0,
            fail_is_false=effect >= 0.0,
        )

    def _scores(self, chance: np.random.Generator, ledger: Ledger, mean: float) -> Reals:
        n = len(self.records.prompts)
        time = _times(self.records, ledger)
        of_prompts = mean + (0.0 if self.means is None else self.means)
        if self.slide:
            of_prompts = np.round(of_prompts + self.slide * (0.5 - time), 3)
        position: Any = POSITION
        if self.position != (POSITION, POSITION):
            position = np.round(np.interp(time, (0.0, 1.0), self.position), 2)
        return games(
            chance,
            of_prompts,
            self._hidden(chance, n),
            judges=self.judges,
            repeats=self.repeats,
            position=position,
            call=np.interp(time, (0.0, 1.0), self.call),
        )

    def _hidden(self, chance: np.random.Generator, n: int) -> Reals:
        own = chance.normal(size=n)
        if self.families is None:
            return own
        shared = chance.normal(size=self.families.max() + 1)[self.families]
        alike: Reals = np.sqrt(0.8) * shared + np.sqrt(0.2) * own
        return alike

    def _gone(self, chance: np.random.Generator, scores: Reals) -> NDArray[np.bool_]:
        """Return which battles are lost, where that many are of their kind."""
        if not self.lost:
            return np.zeros(len(scores), dtype=bool)
        might = {"loss": scores == 0.0, "win": scores == 1.0, "any": scores >= 0.0}[self.kind]
        wanted = chance.binomial(len(scores), self.lost)
        chosen = chance.permutation(np.flatnonzero(might))[:wanted]
        gone = np.zeros(len(scores), dtype=bool)
        gone[chosen] = True
        return gone

    def _earlier(self, chance: np.random.Generator, ledger: Ledger) -> tuple[Ledger, ...]:
        n = len(ledger.plan.prompts)
        arrival = np.argsort(np.arange(n) + chance.uniform(0.0, _LATE, n))
        cuts = np.sort(chance.integers(1, n, self.looks)).tolist()
        ids = [ledger.plan.prompts[place].id for place in arrival.tolist()]
        return tuple(until(ledger, frozenset(ids[:cut])) for cut in cuts)


@dataclass(slots=True, kw_only=True)
class Slices:
    """A gate for each category; the candidate's mean is ``above`` the limit in each but the first.

    All must pass, so one category at the limit is the hardest for passing; all of them at the
    limit are the hardest for failing.
    """

    records: Records
    above: float

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run."""
        ledger = self.records.ledger(chance)
        labels = np.array([prompt.category for prompt in self.records.prompts])
        names = list(dict.fromkeys(labels.tolist()))
        means = LIMIT + effect + np.where(labels == names[0], 0.0, self.above)
        scores = games(chance, means, chance.normal(size=len(labels)))
        self.records.judged(ledger, {"new": scores})
        values = prompt_scores(scores)
        return Trial(
            ledger=ledger,
            rules=tuple(
                rule_of(
                    WIN_RATE,
                    "rate",
                    side="min",
                    limit=LIMIT,
                    where=(("category", (name,)),),
                    slices=len(names),
                )
                for name in names
            ),
            samples=tuple(Sample(values=values[labels == name], limit=LIMIT) for name in names),
        )


@dataclass(slots=True, kw_only=True)
class ThisSuite:
    """A gate on these prompts exactly, whose mean is the limit, or lies a hair under it."""

    records: Records

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run."""
        ledger = self.records.ledger(chance)
        scores = games(chance, LIMIT + effect, chance.normal(size=len(self.records.prompts)))
        self.records.judged(ledger, {"new": scores})
        values = prompt_scores(scores)
        below = bool(chance.random() < 0.5)
        limit = min(float(values.mean()) + below * 1e-6, 1.0)
        rule = rule_of(WIN_RATE, "rate", side="min", limit=limit, target="suite")
        return Trial(
            ledger=ledger,
            rules=(rule,),
            samples=(),
            pass_is_false=below,
            fail_is_false=not below,
        )


@dataclass(slots=True, kw_only=True)
class Against:
    """A candidate against another on a shared baseline, which makes both easy or hard to beat."""

    records: Records

    def draw(self, chance: np.random.Generator, effect: float) -> Trial:
        """Return one run."""
        ledger = self.records.ledger(chance)
        shared = chance.normal(size=len(self.records.prompts))
        other = 0.55
        means = {"new": other + 2.0 * (LIMIT + effect - 0.5), "other": other}
        scores = {
            name: games(
                chance,
                mean,
                np.sqrt(0.5) * shared + np.sqrt(0.5) * chance.normal(size=len(shared)),
            )
            for name, mean in means.items()
        }
        self.records.judged(ledger, scores)
        ours, theirs = (prompt_scores(of) for of in scores.values())
        rule = rule_of(WIN_RATE, "rate", side="min", limit=LIMIT, against="other")
        return Trial(
            ledger=ledger,
            rules=(rule,),
            samples=(Sample(values=(ours - theirs + 1.0) / 2.0, limit=LIMIT),),
            pass_is_false=effect <= 0.0,
            fail_is_false=effect >= 0.0,
        )


def by_family(values: Reals, families: NDArray[np.int64] | None) -> Reals:
    """Return each family's mean over its known values; the known values where there are none."""
    known = ~np.isnan(values)
    if families is None:
        return values[known]
    sums = np.bincount(families[known], weights=values[known])
    counts = np.bincount(families[known])
    means: Reals = sums[counts > 0] / counts[counts > 0]
    return means


def _times(records: Records, ledger: Ledger) -> Reals:
    """Return when each prompt of the file comes in the run: 0 is the start, 1 the end."""
    n = len(records.prompts)
    places = {prompt.id: place for place, prompt in enumerate(ledger.plan.prompts)}
    return np.array([places[prompt.id] for prompt in records.prompts]) / max(n - 1, 1)
