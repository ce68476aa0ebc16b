"""``arenatest export``: runs as files for other programs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.exchange.manifest import Manifest
    from arenatest.model.record import Run
    from arenatest.store import Store

_FORMATS = ("jsonl", "csv", "parquet", "evalscope", "arena-hard")


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "write runs into a folder, for other programs or another store"
    export = commands.add_parser("export", help=said, description=said)
    export.add_argument(
        "runs", nargs="*", metavar="RUN", help="ids, or their first characters, latest, latest~1"
    )
    export.add_argument("--all", action="store_true", help="every run of the store")
    export.add_argument(
        "--format",
        choices=_FORMATS,
        default=_FORMATS[0],
        help="jsonl (the default) holds all that is on record; arenatest import reads it back",
    )
    export.add_argument(
        "--to", metavar="FOLDER", type=Path, required=True, help="a folder that does not exist yet"
    )
    export.add_argument(
        "--replace", action="store_true", help="the folder may hold an earlier export: replace it"
    )
    export.add_argument("--store", help="default: as for pytest --arena")
    export.set_defaults(run=_run)


def export_lines(manifest: Manifest, target: str) -> Iterator[str]:
    """Yield what was written, in lines for people."""
    from arenatest.report.escape import for_terminal
    from arenatest.report.phrases import plural

    rows = sum(part.rows for part in manifest.files.values())
    size = sum(part.bytes for part in manifest.files.values()) / 1e6
    yield for_terminal(
        f"{target}: {plural(len(manifest.runs), 'run')} in {plural(len(manifest.files), 'file')}, "
        f"{plural(rows, 'row')}, {size:,.1f} MB"
    )
    if manifest.not_taken_over:
        yield f"not taken over: {'; '.join(manifest.not_taken_over)}"


def chosen_runs(store: Store, options: argparse.Namespace) -> list[Run]:
    """Return the runs that were named, each once, earliest first."""
    from arenatest.store.naming import named_run

    if options.all == bool(options.runs):
        raise OptionError("name the runs to export, as in `latest`, or give --all")
    if options.all:
        found = store.runs()
        if not found:
            raise OptionError(
                f"{store.place}: no run is recorded\n  hint: run `pytest --arena` first"
            )
        return found
    runs = {run.id: run for run in (named_run(store, asked) for asked in options.runs)}
    return sorted(runs.values(), key=lambda run: (run.started, run.id))


def _run(options: argparse.Namespace) -> int:
    store = () if options.store is None else (f"--arena-store={options.store}",)
    return configured(partial(_export, options), store)


def _export(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.options import store_place
    from arenatest.exchange.export import export
    from arenatest.store import open_store

    target = Path(config.invocation_params.dir, options.to)
    with open_store(store_place(config), create=False) as store:
        manifest = export(
            store,
            chosen_runs(store, options),
            target,
            form=options.format,
            now=datetime.now(UTC).timestamp(),
            whole=options.all,
            replace=options.replace,
        )
    print("\n".join(export_lines(manifest, str(options.to))))
