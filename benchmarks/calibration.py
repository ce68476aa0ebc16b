"""Show how often verdicts are wrong: whole gates in simulated runs whose truth is known.

    python benchmarks/calibration.py [--reps 2000] [--seed 20] [--cells judges power ...]

Every run is a record like an engine's, decided by the same code as a real one. The truth lies
exactly at the limit, where both verdicts are false and 5 % of either are promised. Beside it stand,
on the same data, a t test on the whole plan (clustered by prompt) and what most tools do: compare
the mean with the limit. ``power`` moves the truth away from the limit, and shows what stopping
early saves.

A cell with more than 5 % and three standard errors of the simulation is marked ``!`` and makes the
exit status 1, unless it is one of the limits that are known and named.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from simulation.battles import LIMIT  # noqa: E402 - found through the line above
from simulation.trials import Cell, Count, World, bound, simulate  # noqa: E402
from simulation.worlds import WORLDS as ALL  # noqa: E402

WORLDS = {world.name: world for world in ALL}
METHODS = {"gate": "gate", "t": "t test", "points": "point comparison"}
POWER = "power"
POWER_WORLD = "judges"
EFFECTS = (-0.10, -0.05, 0.05, 0.10)
POWER_SIZES = (50, 200, 800)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--cells", nargs="+", choices=(*WORLDS, POWER), metavar="NAME")
    options = parser.parse_args()
    names = options.cells or (*WORLDS, POWER)

    wanted = [(name, n, 0.0) for name in names if name != POWER for n in WORLDS[name].sizes]
    if POWER in names:
        wanted += [(POWER_WORLD, n, effect) for n in POWER_SIZES for effect in EFFECTS]
    cells = simulated(wanted, options.reps, options.seed)
    worlds = [WORLDS[name] for name in names if name != POWER]
    rows = {world.name: [cells[world.name, n, 0.0] for n in world.sizes] for world in worlds}
    promised = [world for world in worlds if not world.excuse]
    if promised:
        print(f"## False passes / false fails at the limit, % of {options.reps:,} runs")
        for method in METHODS:
            table(method, promised, rows)
    for world in worlds:
        if world.excuse:
            known_limit(world, rows[world.name])
    if POWER in names:
        power([cell for cell in cells.values() if cell.effect], options.reps)
    return verdict([cell for world in promised for cell in rows[world.name]])


def simulated(
    wanted: Sequence[tuple[str, int, float]], reps: int, seed: int
) -> dict[tuple[str, int, float], Cell]:
    """Simulate cells, as many at a time as there are processors; large ones first."""
    cells = {}
    with ProcessPoolExecutor() as pool:
        jobs = {
            pool.submit(one, name, n, effect, reps, seed): (name, n, effect)
            for name, n, effect in sorted(wanted, key=lambda cell: -cell[1])
        }
        for done, job in enumerate(as_completed(jobs), 1):
            cells[jobs[job]] = job.result()
            print(f"\r{done} of {len(jobs)} cells", end="", file=sys.stderr)
    print(file=sys.stderr)
    return {cell: cells[cell] for cell in wanted}


def one(name: str, n: int, effect: float, reps: int, seed: int) -> Cell:
    return simulate(WORLDS[name], n, runs=reps, seed=seed, effect=effect)


def table(method: str, worlds: Sequence[World], rows: dict[str, list[Cell]]) -> None:
    sizes = sorted({n for world in worlds for n in world.sizes})
    print(f"\n| {METHODS[method]} | {' | '.join(f'n={n}' for n in sizes)} |")
    print("|---" * (len(sizes) + 1) + "|")
    for world in worlds:
        cells = {cell.n: cell for cell in rows[world.name]}
        errors = [errors_of(cells[n], method) if n in cells else "" for n in sizes]
        name = f"{world.name}: {world.about}" if method == "gate" else world.name
        print(f"| {name} | {' | '.join(errors)} |")


def errors_of(cell: Cell, method: str) -> str:
    count = cell.counts[method]
    if not count.runs:
        return ""
    sides = ((count.false_passes, count.may_pass), (count.false_fails, count.may_fail))
    return " / ".join(
        percent(wrong, of) + "!" * (wrong > bound(of, cell.alpha)) for wrong, of in sides
    )


def known_limit(world: World, cells: Sequence[Cell]) -> None:
    print(f"\nKnown limit: {world.name}: {world.about}")
    print(f"  {world.excuse}")
    for cell in cells:
        print(f"  n={cell.n}: {errors_of(cell, 'gate')}")


def power(cells: Sequence[Cell], reps: int) -> None:
    """Print verdicts away from the limit, of which one is right and the other false."""
    print(f"\n## Passes / fails away from the limit {LIMIT}, % of {reps:,} runs\n")
    print("| n | true win rate | gate | t test | point comparison | judge calls saved |")
    print("|---|---|---|---|---|---|")
    for cell in cells:
        said = " | ".join(verdicts(cell.counts[method]) for method in METHODS)
        print(f"| {cell.n} | {LIMIT + cell.effect:.2f} | {said} | {1.0 - cell.bought:.0%} |")


def verdicts(count: Count) -> str:
    return f"{percent(count.passes, count.runs)} / {percent(count.fails, count.runs)}"


def percent(count: int, of: int) -> str:
    return f"{100.0 * count / of:.1f}" if of else "-"


def verdict(cells: Sequence[Cell]) -> int:
    out = [cell for cell in cells if cell.flagged]
    for cell in out:
        print(f"\nOUT OF BOUNDS: {cell.world} n={cell.n}: {errors_of(cell, 'gate')}")
    if cells:
        print(f"\n{len(cells) - len(out)} of {len(cells)} cells within their bounds")
    return bool(out)


if __name__ == "__main__":
    sys.exit(main())
