"""Judges as noisy looks at a hidden difference between two answers.

Each prompt has a hidden difference between the candidate's answer and the baseline's. A judge sees
it through an opinion that stays with the prompt, noise of the single call, and a liking for the
first answer. A difference near zero is called a tie. At equal strength a fifth of the games are
ties and a judge's two orders name different winners on one prompt in nine.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

OPINION, CALL, POSITION = 0.6, 0.6, 0.35  # in standard deviations between prompts
SPREAD = math.sqrt(1.0 + OPINION**2 + CALL**2)
TIE = SPREAD * NormalDist().inv_cdf(0.6)


def games(
    chance: np.random.Generator,
    mean: float | Reals,
    hidden: Reals,
    *,
    judges: int = 1,
    repeats: int = 1,
    position: float | Reals = POSITION,
    call: float | Reals = CALL,
) -> Reals:
    """Return the candidate's scores: prompts x repeats x judges x orders, candidate first first.

    Args:
        chance: Where randomness comes from.
        mean: The expected score of each prompt's population, in (0, 1), or of all.
        hidden: The prompts' differences from that population, standard normal.
        judges: How many there are.
        repeats: How often each battle is fought.
        position: How much the judge likes the first answer; one number or one for each prompt.
        call: Noise of a single call. Other values than ``CALL`` keep only a mean of 0.5.
    """
    n = len(hidden)
    liking = _column(position, n)
    shift = np.array([shift_of(m, p) for m, p in _pairs(mean, position, n)])
    opinion = chance.normal(size=(n, 1, judges, 1)) * OPINION
    noise = chance.normal(size=(n, repeats, judges, 2)) * _column(call, n)
    order = np.array([1.0, -1.0])
    seen = (shift + hidden)[:, None, None, None] + opinion + noise + order * liking
    return np.where(seen > TIE, 1.0, np.where(seen < -TIE, 0.0, 0.5))


def expected(shift: float, position: float = POSITION) -> float:
    """Return the mean score, over both orders, of a candidate that is better by ``shift``."""
    normal = NormalDist(0.0, SPREAD)
    edges = (sign * position + edge for sign in (1.0, -1.0) for edge in (TIE, -TIE))
    return sum(normal.cdf(shift + edge) for edge in edges) / 4.0


@cache
def shift_of(mean: float, position: float = POSITION) -> float:
    """Return the ``shift`` whose ``expected`` score is ``mean``."""
    low, high = -20.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2.0
        if expected(middle, position) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def prompt_scores(scores: Reals) -> Reals:
    """Return each prompt's mean over judges and repeats; NaN where every pair has a void."""
    pairs = scores.mean(axis=3).reshape(len(scores), -1)
    known = ~np.isnan(pairs)
    counts = known.sum(axis=1)
    sums = np.where(known, pairs, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _column(value: float | Reals, n: int) -> Any:
    return np.broadcast_to(np.asarray(value, dtype=float), (n,))[:, None, None, None]


def _pairs(mean: float | Reals, position: float | Reals, n: int) -> zip[tuple[float, float]]:
    means, positions = np.broadcast_to(mean, (n,)), np.broadcast_to(position, (n,))
    return zip(means.tolist(), positions.tolist(), strict=True)
