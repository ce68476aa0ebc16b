"""Kills sessions at random moments, starts them again, and holds each end to the undisturbed one.

    python benchmarks/crash.py [--kills 200] [--first 0] [--at-once 2] [--store postgresql://...]

Each line is one seed: the variant of the suite, the kind of kill, its moments, and what it cost. A
seed that ends otherwise says in what, and how to repeat it; the exit status is then 1. The server
runs here and survives. With ``--store``, each seed has a schema of its own in that database.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.databases import new_schema
from simulation.crashes import Told, crash, drawn, undisturbed
from simulation.sessions import WIDE, Differs, World, models


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--store", metavar="URL", default="")
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="arena-crash-") as made, models() as server:
        folder = Path(made)
        whole = undisturbed(folder, server, at_once=options.at_once)

        def one(seed: int) -> Told | Differs:
            case = drawn(seed)
            place = folder / f"seed-{seed}"
            empty = new_schema(options.store) if options.store else nullcontext(place / "store")
            with empty as store:
                name = f"seed-{seed}"
                world = World(place, server, variant=case.variant, store=str(store), name=name)
                try:
                    return crash(case, world, whole)
                except Differs as error:
                    return error

        seeds = range(options.first, options.first + options.kills)
        with ThreadPoolExecutor(options.at_once) as pool:
            outcomes = []
            for outcome in pool.map(one, seeds):
                print(outcome, flush=True)
                outcomes.append(outcome)
    told = [outcome for outcome in outcomes if isinstance(outcome, Told)]
    kills, twice = sum(one.kills for one in told), sum(one.twice for one in told)
    wrong = len(outcomes) - len(told)
    print(f"{len(outcomes)} seeds, {kills} kills in {time.monotonic() - started:.0f} s")
    print(f"{twice} calls paid twice, of at most {WIDE * kills}; {wrong} seeds ended otherwise")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
