"""Writes runs into a folder, in one of the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from arenatest import __version__
from arenatest.exchange.arena_hard import write_arena_hard
from arenatest.exchange.evalscope import write_evalscope
from arenatest.exchange.folder import whole_folder
from arenatest.exchange.lines import json_line
from arenatest.exchange.losses import Losses
from arenatest.exchange.manifest import FilePart, Format, Manifest, file_part, write_manifest
from arenatest.exchange.parquet import require_pyarrow, write_parquet
from arenatest.exchange.rows import ROWS, BattleSheetRow, Row
from arenatest.exchange.sheets import write_sheet
from arenatest.exchange.source import Source
from arenatest.model.record import Run
from arenatest.store import Store
from arenatest.store.plans import read_plan
from arenatest.store.runs import read_run
from arenatest.store.trials import trials_for

Files = dict[str, FilePart]
"""What was written, by path from the folder."""

Writer = Callable[[Source, Path, Losses], Files]
"""Writes runs into a folder."""


def export(
    store: Store,
    runs: Sequence[Run],
    target: Path,
    *,
    form: Format,
    now: float,
    whole: bool = False,
    replace: bool = False,
) -> Manifest:
    """Write runs into a folder that appears whole or not at all, and return its manifest.

    Args:
        store: Where the runs are recorded.
        runs: Which; they are written in this order. JSON Lines hold the A/A runs too that their
            gates rest on, for another store is to decide alike.
        target: The folder.
        form: In which format.
        now: Wall clock, seconds since 1970.
        whole: Whether these are all runs of the store.
        replace: Whether an earlier export in the folder may be replaced.

    Raises:
        OptionError: The folder cannot be written, holds something else, or the format needs a
            library that is not installed.
    """
    if form == "parquet":
        require_pyarrow()
    losses = Losses()
    with whole_folder(target, replace=replace) as folder, store.reading() as connection:
        if form == "jsonl" and not whole:
            runs = _with_trials(connection, runs)
        files = WRITERS[form](Source(connection, runs, whole=whole), folder, losses)
        manifest = Manifest(
            format=form,
            arenatest=__version__,
            exported=now,
            runs=[run.id for run in runs],
            files=files,
            not_taken_over=losses.lines(),
        )
        write_manifest(folder, manifest)
    return manifest


def _with_trials(connection: Connection, runs: Sequence[Run]) -> list[Run]:
    found = {run.id: run for run in runs}
    for run in runs:
        for trial in trials_for(connection, read_plan(connection, run.plan_hash), run.started):
            found.setdefault(trial, read_run(connection, trial))
    return sorted(found.values(), key=lambda run: (run.started, run.id))


def _write_lines(path: Path, _kind: type[Row], rows: Iterable[Row], _losses: Losses) -> int:
    count = 0
    with path.open("w", encoding="ascii", newline="\n") as file:
        for row in rows:
            file.write(json_line(row))
            count += 1
    return count


def _tables(
    ending: str,
    write: Callable[[Path, type[Row], Iterable[Row], Losses], int],
    kinds: Mapping[str, type[Row]] = ROWS,
) -> Writer:
    """Return what writes a file for each kind of row."""

    def written(source: Source, folder: Path, losses: Losses) -> Files:
        files = {}
        for name, kind in kinds.items():
            path = folder / f"{name}.{ending}"
            files[path.name] = file_part(path, write(path, kind, source.rows(kind), losses))
        return files

    return written


WRITERS: Mapping[Format, Writer] = {
    "jsonl": _tables("jsonl", _write_lines),
    "csv": _tables("csv", write_sheet, {**ROWS, "battles": BattleSheetRow}),
    "parquet": _tables("parquet", write_parquet),
    "evalscope": write_evalscope,
    "arena-hard": write_arena_hard,
}
"""How each format is written."""
