"""Votes of judges who care about the prompt, so that votes on one prompt resemble each other."""

from __future__ import annotations

import random

from arenatest.stats.votes import Votes, read_votes


def simulated(
    n: int = 400, models: int = 6, prompts: int = 40, seed: int = 3
) -> tuple[Votes, list[int]]:
    """Votes with ties, and the prompt of each: it moves what a model is worth."""
    rng = random.Random(seed)
    worth = {(m, p): m / 4 + rng.gauss(0, 1) for m in range(models) for p in range(prompts)}
    left, right, scores, clusters = [], [], [], []
    for _ in range(n):
        one, other = rng.sample(range(models), 2)
        prompt = rng.randrange(prompts)
        gap = worth[one, prompt] - worth[other, prompt] + rng.gauss(0, 0.5)
        left.append(f"m{one}")
        right.append(f"m{other}")
        scores.append(0.5 if abs(gap) < 0.3 else float(gap > 0))
        clusters.append(prompt)
    return read_votes(left, right, scores), clusters
