"""What a session leaves: reports from the store, the terminal's section, the CI's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arenatest.model.record import Run
from arenatest.report.markdown import step_summary
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import view
from arenatest.report.write import write_reports
from arenatest.store import Store

COLOURS: Mapping[str, Mapping[str, bool]] = {
    "pass": {"green": True},
    "fail": {"red": True},
    "inconclusive": {"yellow": True},
    "warning": {"yellow": True},
    "title": {"bold": True},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The finished runs of a session, and where their reports lie.

    Attributes:
        runs: As they were read back from the store.
        report: The HTML report, as the user knows its path.
    """

    runs: tuple[SuiteRun, ...]
    report: str

    @classmethod
    def write(
        cls,
        store: Store,
        runs: Sequence[Run],
        *,
        folder: Path,
        root: Path,
        command: str,
        finished: float,
        ihook: Any,
        environ: Mapping[str, str],
    ) -> Outputs:
        """Read the runs back from the store, write all reports, and tell the plugins."""
        read = tuple(_read(store, run) for run in runs)
        paths = write_reports(read, folder, finished=finished, command=command)
        if summary := environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(step_summary(view(read, finished=finished, command=command)))
        for run in read:
            ihook.pytest_arena_run_finished(ledger=run.ledger, decisions=run.decisions)
        return cls(runs=read, report=_shown(paths[0], root))

    def show(self, reporter: Any) -> None:
        """Write the section into pytest's terminal summary."""
        reporter.write_sep("=", "arena")
        for kind, text in terminal_lines(self.runs, report=self.report):
            reporter.write_line(text, **COLOURS.get(kind, {}))


def _read(store: Store, run: Run) -> SuiteRun:
    ledger = store.load(run.id)
    return SuiteRun(ledger=ledger, decisions=tuple(store.decisions(run.id).values()))


def _shown(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)
