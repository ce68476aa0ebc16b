"""How often a p95 under load passes falsely: by the plain binomial rule, and by the one in use.

Requests come at random to one server with lognormal service times. The true p95 of all requests
lies exactly at the limit, so at most 5 in 100 runs may pass. Prints the table of docs/load.md.

    python benchmarks/load_dependence.py --runs 1000
"""

from __future__ import annotations

import argparse
import math
import random

from arenatest.stats import percentile
from arenatest.stats.serial import effective_size, percentile_upper_bound

Q, ALPHA = 0.95, 0.05
BUSY = (0.0, 0.3, 0.6, 0.8)
SIZES = (100, 300, 1000)
FORGOTTEN = 1000  # requests after which nothing is left of the empty start


def latencies(n: int, busy: float, chance: random.Random) -> list[float]:
    """Return how long n requests took from their arrival, at a share of time that it is busy."""
    wait, found = 0.0, []
    for number in range(n + FORGOTTEN):
        service = chance.lognormvariate(-0.125, 0.5)
        if number >= FORGOTTEN:
            found.append(wait + service)
        gap = chance.expovariate(busy) if busy else math.inf
        wait = max(0.0, wait + service - gap)
    return found


def false_passes(n: int, busy: float, runs: int) -> tuple[float, float, float]:
    """Return the shares of false passes by both rules, and the median worth of a request."""
    chance = random.Random(f"{n} {busy}")
    limit = percentile.nearest_rank(latencies(300_000, busy, chance), Q)
    plain = ours = 0
    worth = []
    for _ in range(runs):
        values = latencies(n, busy, chance)
        size = effective_size(values)
        worth.append(size / n)
        plain += (percentile.upper_bound(values, Q, alpha=ALPHA) or math.inf) <= limit
        bound = percentile_upper_bound(values, Q, worth=size, alpha=ALPHA)
        ours += bound is not None and bound <= limit
    return plain / runs, ours / runs, sorted(worth)[runs // 2]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    print(
        "| busy | requests | taken as independent | as done here | worth |\n|---|---|---|---|---|"
    )
    for busy in BUSY:
        for n in SIZES:
            plain, ours, worth = false_passes(n, busy, runs)
            row = f"{busy:.0%} | {n:,} | {plain:.1%} | {ours:.1%} | {worth * n:.0f}"
            print(f"| {row.replace('%', ' %')} |", flush=True)


if __name__ == "__main__":
    main()
