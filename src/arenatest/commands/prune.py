"""``arenatest prune``: takes runs out of the store, with all that only they hold."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.keeping.choice import Asked, Held
    from arenatest.keeping.prune import Pruned
    from arenatest.store import Store

_UNITS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_SIZES = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]+)", re.ASCII)


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "take old runs out of the store, with all that only they hold"
    prune = commands.add_parser("prune", help=said, description=said)
    prune.add_argument("runs", nargs="*", metavar="RUN", help="ids, or their first characters")
    prune.add_argument(
        "--older-than", metavar="AGE", type=age, help="that did nothing for so long: 90d, 12h, 6w"
    )
    prune.add_argument(
        "--keep-runs", metavar="N", type=_count, help="all but the latest N of each suite"
    )
    prune.add_argument(
        "--max-size", metavar="SIZE", type=size, help="the oldest, until the store has 2GB"
    )
    prune.add_argument("--dry-run", action="store_true", help="say what would go, and do nothing")
    prune.add_argument("--store", help="default: as for pytest --arena")
    prune.add_argument("--json", action="store_true", help="print JSON, for programs")
    prune.set_defaults(run=_run)


def age(text: str) -> float:
    """Return an age such as ``90d`` in seconds.

    Raises:
        ArgumentTypeError: It is something else.
    """
    return _amount(text, _UNITS, "an age such as 90d, 12h or 6w")


def size(text: str) -> int:
    """Return a size such as ``2GB`` in bytes.

    Raises:
        ArgumentTypeError: It is something else.
    """
    return int(_amount(text, _SIZES, "a size such as 500MB or 2GB"))


def pruned_lines(pruned: Pruned, place: str, files: Sequence[Path] = ()) -> Iterator[str]:
    """Yield what went or would go, what stays, and what that frees."""
    from arenatest.report.escape import for_terminal
    from arenatest.report.phrases import moment, plural

    done = pruned.swept is not None
    verb = "pruned" if done else "would prune"

    def told(verb: str, one: Held, why: str) -> str:
        suite = one.path or one.suite
        return for_terminal(
            f"{verb} {one.run.id[:8]} of {moment(one.run.started)}  {suite}  "
            f"{_bytes(one.size)}: {why}"
        )

    yield from (told(verb, one, why) for one, why in pruned.goes)
    yield from (told("keeps", one, why) for one, why in pruned.stays)
    yield from (for_terminal(f"{verb} {path}") for path in files)
    if pruned.swept is not None:
        swept = pruned.swept
        yield (
            f"went: {plural(len(pruned.goes), 'run')}, {plural(swept.calls, 'call')}, "
            f"{plural(swept.texts, 'text')}, {plural(swept.plans, 'plan')}"
        )
    if pruned.space:
        yield for_terminal(pruned.space)
    about = "" if done else "about "
    yield for_terminal(
        f"{place}: {_bytes(pruned.before)} of records, {about}{_bytes(pruned.after)} after it"
    )


def pruned_values(pruned: Pruned, place: str, files: Sequence[Path] = ()) -> dict[str, Any]:
    """Return the same as JSON values."""

    def told(one: Held, why: str) -> dict[str, Any]:
        run = one.run
        return {
            "run": run.id,
            "suite": one.suite,
            "started": run.started,
            "bytes": one.size,
            "why": why,
        }

    return {
        "store": place,
        "done": pruned.swept is not None,
        "goes": [told(one, why) for one, why in pruned.goes],
        "stays": [told(one, why) for one, why in pruned.stays],
        "swept": pruned.swept and asdict(pruned.swept),
        "bytes_before": pruned.before,
        "bytes_after": pruned.after,
        "space": pruned.space,
        "files": [str(path) for path in files],
    }


def _run(options: argparse.Namespace) -> int:
    if not options.runs and options.older_than is options.keep_runs is options.max_size is None:
        hint = "arenatest prune --older-than 90d --dry-run"
        raise OptionError(f"nothing says what is to go\n  hint: {hint}")
    given = () if options.store is None else (f"--arena-store={options.store}",)
    return configured(partial(_prune, options), given)


def _prune(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.options import lock_folder, store_place
    from arenatest.commands.rerun import FOLDER
    from arenatest.keeping.choice import Asked
    from arenatest.store import is_recorded, open_store
    from arenatest.store.naming import named_run

    place = store_place(config)
    locks = lock_folder(config, place)
    with open_store(place, create=False) as store:
        asked = Asked(
            named=frozenset(named_run(store, name).id for name in options.runs),
            older_than=options.older_than,
            keep_runs=options.keep_runs,
            max_size=options.max_size,
        )
        own = place if isinstance(place, Path) else None
        done = [_one(options, store, asked, folder=own, locks=locks, root=config.rootpath)]
    aside = own / FOLDER if own is not None else None
    if aside is not None and asked.older_than is not None and is_recorded(aside):
        old = Asked(older_than=asked.older_than)
        with open_store(aside, create=False) as store:
            done.append(
                _one(options, store, old, folder=aside, locks=aside / "locks", root=config.rootpath)
            )
    if options.json:
        print(json.dumps([pruned_values(*one) for one in done], indent=2))
    else:
        print("\n".join(line for one in done for line in pruned_lines(*one)))


def _one(
    options: argparse.Namespace,
    store: Store,
    asked: Asked,
    *,
    folder: Path | None,
    locks: Path,
    root: Path,
) -> tuple[Pruned, str, Sequence[Path]]:
    """Prune one store, and what lies beside it; return what to tell of it."""
    from arenatest.keeping.holdings import accepted_runs, read_held
    from arenatest.keeping.leftovers import leftovers
    from arenatest.keeping.prune import Pruning, plan_lock_of

    now = time.time()  # noqa: TID251 - here wall time enters
    pruning = Pruning(
        store,
        asked,
        now=now,
        accepted=accepted_runs(store, root),
        taking=partial(plan_lock_of, store, locks),
    )
    pruned = pruning.foresee() if options.dry_run else pruning.prune(folder)
    files: list[Path] = []
    if folder is not None:
        plans = {one.run.plan_hash for one in read_held(store)}
        files += leftovers(folder, locks, plans, now=now, older_than=asked.older_than)
    for path in () if options.dry_run else files:
        path.unlink(missing_ok=True)
    return pruned, store.place, files


def _bytes(count: int) -> str:
    """Return bytes for people.

    Examples:
        >>> _bytes(1_234_567), _bytes(999), _bytes(2_000_000_000)
        ('1.2 MB', '999 bytes', '2.0 GB')
    """
    for unit, factor in reversed(_SIZES.items()):
        if count >= factor:
            return f"{count / factor:.1f} {unit.upper().replace('KB', 'kB')}"
    return f"{count} bytes"


def _amount(text: str, units: dict[str, Any], expected: str) -> float:
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or match[2].lower() not in units:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected {expected}")
    return float(match[1]) * float(units[match[2].lower()])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a number from 1 on")
    return int(text)
