"""Show how often drift makes a gate on latency lie, and how often a real slowdown is found.

    python benchmarks/paired_latency.py [--runs 1000] [--prompts 60]

Made-up servers (``tests/simulation/drifting.py``) are timed in the order of the latency lane and
decided by the code of real runs. The gate is ``max_ratio = 1.0`` on the time to the first token: a
fail says that the candidate is slower. Identical models must fail in at most 5 % of the runs, and a
candidate that is 10 % slower must fail in at least 85 %. Beside it stands the same gate where all
calls of the baseline come first, as two runs of a load generator would have it. The last column
says how often identical models pass ``max_ratio = 1.10``. The exit status is 1 where a bound of the
lane's default, two repeats, is broken by more than the error of the simulation.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from simulation.drifting import WORLDS, Design, plan, record, verdict

ALARMS, FOUND = 0.05, 0.85
SLOWER = 1.10
TOLERATED = 1.10
ERRORS = 3.0  # standard errors of a simulation that are no surprise
DESIGNS = (
    Design(name="sequential: all A, then all B", mirrored=False),
    Design(name="lane, repeats = 1 (AB or BA)"),
    Design(name="lane, repeats = 2 (ABBA or BAAB)", repeats=2),
)
PROMISED = DESIGNS[-1]


@dataclass(frozen=True, slots=True)
class Cell:
    """Shares of runs: of identical models that fail and that pass the tolerant gate; found."""

    alarms: float
    found: float
    passes: float


def cell(world: int, design: int, runs: int, prompts: int) -> Cell:
    """Play one world with one design."""
    chance = np.random.default_rng([world, design, prompts])
    there, how = WORLDS[world], DESIGNS[design]
    planned = plan(prompts, how.repeats)
    alarms = found = passes = 0
    for _ in range(runs):
        equal = record(planned, there, how, chance, slower=1.0)
        tolerant = verdict(TOLERATED, equal)
        alarms += tolerant.low is not None and tolerant.low > 1.0  # where the other gate would fail
        passes += tolerant.decision == "pass"
        slow = record(planned, there, how, chance, slower=SLOWER)
        found += verdict(1.0, slow).decision == "fail"
    return Cell(alarms / runs, found / runs, passes / runs)


def main() -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--prompts", type=int, default=60)
    options = parser.parse_args()
    places = [(w, d) for d in range(len(DESIGNS)) for w in range(len(WORLDS))]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        played = [pool.submit(cell, *place, options.runs, options.prompts) for place in places]
        cells = dict(zip(places, (one.result() for one in played), strict=True))
    broken = []
    print(f"{options.prompts} prompts, {options.runs} runs a cell; share of runs that")
    print(f"{'':34}{'alarm at 0 %':>14}{'find +10 %':>12}{'pass <= 1.10':>14}")
    for d, design in enumerate(DESIGNS):
        print(design.name)
        for w, world in enumerate(WORLDS):
            shown = cells[w, d]
            wrong = design is PROMISED and problem(shown, options.runs)
            print(
                f"  {world.name:32}{shown.alarms:14.3f}{shown.found:12.3f}{shown.passes:14.3f}"
                f"{'  ' + wrong if wrong else ''}"
            )
            if wrong:
                broken.append(wrong)
    return 1 if broken else 0


def problem(shown: Cell, runs: int) -> str:
    """Return which bound is broken; empty for none."""
    most = ALARMS + ERRORS * math.sqrt(ALARMS * (1.0 - ALARMS) / runs)
    if shown.alarms > most:
        return f"more than {most:.3f} false alarms"
    return f"fewer than {FOUND} found" if shown.found < FOUND else ""


if __name__ == "__main__":
    sys.exit(main())
