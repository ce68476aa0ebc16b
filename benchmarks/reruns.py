"""How often a gate passes wrongly that may be decided again once its voids were asked again.

Run it with ``python benchmarks/reruns.py``; it prints the shares that ``docs/store.md`` quotes.

The candidate stands exactly at the limit, where a pass is wrong. A suite is decided on what is not
void. Where that leaves it undecided, its voids are filled with what they would have been, and it is
decided on the whole: a second look at nearly the same scores.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable

from arenatest.stats.betting import BettingTest

LIMIT, TIES, ALPHA = 0.45, 0.3, 0.05


def outcome(scores: Iterable[float | None], prompts: int) -> str:
    """Return what a gate comes to on the scores that are there, in their order."""
    test = BettingTest(LIMIT, prompts, alpha_pass=ALPHA, alpha_fail=ALPHA, target="population")
    for score in scores:
        if score is not None:
            test.update_pass(score)
            test.update_fail(score)
        if test.verdict != "inconclusive":
            break
    return test.verdict


def main() -> None:
    """Print the share of false passes at the first look, and at either."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suites", type=int, default=8000)
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--voids", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    wins = LIMIT - TIES / 2
    first = either = 0
    for _ in range(asked.suites):
        drawn = [
            chance.choices([1.0, 0.5, 0.0], [wins, TIES, 1 - TIES - wins])[0]
            for _ in range(asked.prompts)
        ]
        seen = [None if chance.random() < asked.voids else score for score in drawn]
        then = outcome(seen, asked.prompts)
        first += then == "pass"
        again = outcome(drawn, asked.prompts) if then == "inconclusive" else then
        either += again == "pass"
    print(f"first look {first / asked.suites:.4f}, either {either / asked.suites:.4f}")


if __name__ == "__main__":
    main()
