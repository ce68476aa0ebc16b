"""Show what ratings cost: 1.5 million votes on 150 models, counted, fitted and bootstrapped.

The same multinomial resamples go through evalica on aggregated rows, which is its fastest way, and
every refit of ours is compared with an exact Newton fit of its own. Seconds are of CPU, in all
threads. Run it with::

    python benchmarks/ratings.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, TypeVar

import evalica
import numpy as np
import pandas as pd

from arenatest.stats.ratings import Ratings, covariance_by_votes, fit_ratings
from arenatest.stats.refits import refit, refit_to, resampled
from arenatest.stats.votes import PairCounts, Votes, count_votes

SEED = 20
T = TypeVar("T")
OUTCOMES = (evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--votes", type=int, default=1_500_000)
    parser.add_argument("--models", type=int, default=150)
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--own-bootstrap", type=int, default=2, metavar="RESAMPLES")
    options = parser.parse_args()

    votes = simulated(options.votes, options.models)
    counts, counting = timed(lambda: count_votes(votes))
    ratings, fitting = timed(lambda: fit_ratings(counts))
    covariance, covering = timed(lambda: covariance_by_votes(ratings))
    refits, refitting = timed(lambda: refit(ratings, resamples=options.resamples, seed=SEED))
    print(f"{counts.n} votes on {options.models} models, {len(counts.first)} pairs that met")
    print(f"count {counting:.3f} s, fit {fitting:.3f} s, sandwich {covering:.3f} s")
    print(f"{options.resamples} refits {refitting:.2f} s")
    spread = refits.values.std(axis=0) / np.sqrt(covariance.matrix.diagonal())
    print(f"spread of the refits / sandwich: median {np.median(spread):.3f}")
    compare(ratings, refitting, options.resamples)
    if options.own_bootstrap:
        own_bootstrap(votes, options.own_bootstrap, refitting / options.resamples)


def compare(ratings: Ratings, refitting: float, resamples: int) -> None:
    """Fit the same resamples exactly and by evalica; print errors and ratios."""
    drawn, drawing = timed(lambda: list(resampled(ratings.counts, resamples, seed=SEED)))
    refits, ours = timed(lambda: refit_to(ratings, drawn))
    exact = np.array([fit_ratings(counts).values for counts in drawn])
    print(f"of which drawing {drawing:.2f} s, fitting {ours:.3f} s")
    print(f"largest difference from an exact fit: {abs(refits.values - exact).max():.1e}")
    assert refits.omitted == 0
    assert abs(refits.values - exact).max() < 1e-8

    rows = Aggregated(ratings.counts)
    once, fitting = timed(lambda: rows.fit(ratings.counts))
    theirs, evalicas = timed(lambda: np.array([rows.fit(counts) for counts in drawn]))
    away = abs(once - ratings.values).max(), abs(theirs - exact).max()
    print(f"evalica {evalica.__version__}, {len(rows.left)} aggregated rows:")
    print(f"  one fit {fitting:.4f} s, off by {away[0]:.1e}")
    print(f"  {resamples} refits {evalicas:.2f} s, off by {away[1]:.1e}")
    print(f"ratio of fitting the same resamples: {evalicas / ours:.1f}")
    print(f"ratio with drawing them on both sides: {(evalicas + drawing) / refitting:.1f}")
    assert evalicas > 4 * ours


class Aggregated:
    """Votes as evalica takes them: a row for each pair and outcome, weighted by its votes."""

    def __init__(self, counts: PairCounts) -> None:
        filled = counts.outcomes > 0
        pair, outcome = np.nonzero(filled)
        self.filled = filled
        self.left, self.right = counts.first[pair], counts.second[pair]
        self.winners = [OUTCOMES[number] for number in outcome]
        self.index = pd.RangeIndex(len(counts.names))

    def fit(self, counts: PairCounts) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return evalica's ratings on our scale."""
        result = evalica.bradley_terry(
            self.left,
            self.right,
            self.winners,
            index=self.index,
            weights=counts.outcomes[self.filled].astype(float),
        )
        logits = np.log(result.scores.sort_index().to_numpy())
        return logits - logits.mean()


def own_bootstrap(votes: Votes, resamples: int, ours: float) -> None:
    """Print what a resample costs in evalica's own bootstrap, which draws votes one by one.

    Its default, BCa, would also leave out each vote in turn: a fit for every vote.
    """
    winners = [OUTCOMES[int(score * 2)] for score in votes.scores]
    _, seconds = timed(
        lambda: evalica.bootstrap(
            evalica.bradley_terry,
            votes.left,
            votes.right,
            winners,
            n_resamples=resamples,
            bootstrap_method="percentile",
            random_state=SEED,
        ),
        times=1,
    )
    each = seconds / (resamples + 1)  # it fits all votes once before
    print(f"evalica.bootstrap, by percentiles: {each:.1f} s a resample, ratio {each / ours:.0f}")


def simulated(votes: int, models: int) -> Votes:
    """Return votes on models of which some meet far more often than others; a fifth are ties."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    worth = rng.normal(0.0, 1.0, models)
    fame = 1.0 / np.arange(1, models + 1) ** 0.7
    left = rng.choice(models, votes, p=fame / fame.sum())
    right = rng.choice(models, votes, p=fame / fame.sum())
    alone = left == right
    right[alone] = (left[alone] + rng.integers(1, models, alone.sum())) % models
    won = rng.random(votes) < 1.0 / (1.0 + np.exp(worth[right] - worth[left]))
    scores = np.where(rng.random(votes) < 0.2, 0.5, won.astype(float))
    names = tuple(f"model-{number:03}" for number in range(models))
    return Votes(names=names, left=left, right=right, scores=scores)


def timed(work: Callable[[], T], *, times: int = 3) -> tuple[T, float]:
    """Return the result, and the CPU seconds of the quickest run: others share the machine."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return result, best


if __name__ == "__main__":
    main()
