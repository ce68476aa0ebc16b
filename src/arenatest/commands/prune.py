"""``arenatest prune``: takes runs out of the store, with all that only they hold."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.keeping.choice import Held
    from arenatest.keeping.prune import Pruned

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


def pruned_lines(pruned: Pruned, place: str) -> Iterator[str]:
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


def pruned_json(pruned: Pruned, place: str) -> str:
    """Return the same as JSON."""

    def told(one: Held, why: str) -> dict[str, Any]:
        run = one.run
        return {
            "run": run.id,
            "suite": one.suite,
            "started": run.started,
            "bytes": one.size,
            "why": why,
        }

    return json.dumps(
        {
            "store": place,
            "done": pruned.swept is not None,
            "goes": [told(one, why) for one, why in pruned.goes],
            "stays": [told(one, why) for one, why in pruned.stays],
            "swept": pruned.swept and asdict(pruned.swept),
            "bytes_before": pruned.before,
            "bytes_after": pruned.after,
            "space": pruned.space,
        },
        indent=2,
    )


def _run(options: argparse.Namespace) -> int:
    if not options.runs and options.older_than is options.keep_runs is options.max_size is None:
        hint = "arenatest prune --older-than 90d --dry-run"
        raise OptionError(f"nothing says what is to go\n  hint: {hint}")
    given = () if options.store is None else (f"--arena-store={options.store}",)
    return configured(partial(_prune, options), given)


def _prune(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.options import folder
    from arenatest.keeping.choice import Asked
    from arenatest.keeping.holdings import accepted_runs
    from arenatest.keeping.prune import Pruning, plan_lock_of
    from arenatest.store import open_store
    from arenatest.store.naming import named_run

    place = folder(config, "arena_store", ".arenatest")
    with open_store(place, create=False) as store:
        asked = Asked(
            named=frozenset(named_run(store, name).id for name in options.runs),
            older_than=options.older_than,
            keep_runs=options.keep_runs,
            max_size=options.max_size,
        )
        pruning = Pruning(
            store,
            asked,
            now=time.time(),  # noqa: TID251 - here wall time enters
            accepted=accepted_runs(store, config.rootpath),
            taking=partial(plan_lock_of, store, place / "locks"),
        )
        pruned = pruning.foresee() if options.dry_run else pruning.prune(place)
        if options.json:
            print(pruned_json(pruned, store.place))
        else:
            print("\n".join(pruned_lines(pruned, store.place)))


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
