"""What a session leaves: reports from the store, the terminal's section, the CI's summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arenatest.collection.troubles import raised, show_troubles, told
from arenatest.lock.standing import Standing
from arenatest.model.decision import Decision
from arenatest.model.record import Run
from arenatest.report.escape import for_terminal
from arenatest.report.markdown import step_summary
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.report.view import Report, view
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
        decisions: Of all gates that were decided.
        report: What is shown of the runs; None where that could not be made.
        page: The HTML report, as the user knows its path; None where it could not be written.
        troubles: What could not be done, in a line each.
        whole: Whether nothing is missing that a build must not go on without.
    """

    decisions: tuple[Decision, ...]
    report: Report | None
    page: str | None
    troubles: tuple[str, ...]
    whole: bool

    @classmethod
    def write(
        cls,
        runs: Iterable[SuiteRun],
        *,
        folder: Path,
        root: Path,
        command: str,
        finished: float,
        ihook: Any,
        environ: Mapping[str, str],
    ) -> Outputs:
        """Write all reports of runs, and tell the plugins of those that were made.

        What cannot be written is told in the section: the verdicts must be read all the same.
        """
        read = tuple(runs)
        report, page, missing = _reports(read, folder, root, finished=finished, command=command)
        summary = () if report is None else _summary(report, environ)
        failed = _told_plugins(read, ihook)
        return cls(
            decisions=tuple(made for run in read for made in run.decisions),
            report=report,
            page=page,
            troubles=(*missing, *summary, *failed),
            whole=not missing and not failed and not any(run.standing.refused for run in read),
        )

    def show(self, reporter: Any) -> None:
        """Write the section into pytest's terminal summary."""
        reporter.write_sep("=", "arena")
        troubles = self.troubles
        lines = tuple(("note", for_terminal(f"  {made.reason}")) for made in self.decisions)
        if self.report is not None:
            try:
                lines = terminal_lines(self.report, path=self.page)
            except Exception as error:  # a mistake of ours: the verdicts must be read all the same
                troubles = (*troubles, raised("the section of the terminal", error))
        for kind, text in lines:
            reporter.write_line(text, **COLOURS.get(kind, {}))
        show_troubles(reporter, troubles)


def read_run(store: Store, run: Run, standing: Standing) -> SuiteRun:
    """Read a run back from the store, and say where it stands."""
    ledger = store.load(run.id)
    decisions = tuple(store.decisions(run.id).values())
    return SuiteRun(ledger=ledger, decisions=decisions, standing=standing)


def _reports(
    runs: Sequence[SuiteRun], folder: Path, root: Path, *, finished: float, command: str
) -> tuple[Report | None, str | None, tuple[str, ...]]:
    """Write the reports; return what they show and the HTML report's path, or what went wrong."""
    report = None
    try:
        report = view(runs, finished=finished, command=command)
        paths = write_reports(report, folder)
    except OSError as error:
        return report, None, (f"no report was written into {folder}: {told(error)}",)
    except Exception as error:  # a mistake of ours: the verdicts must be read all the same
        return (
            report,
            None,
            (f"no report was written into {folder}: {raised('writing it', error)}",),
        )
    return report, _shown(paths[0], root), ()


def _summary(report: Report, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Add to the page of the CI service; in a container its file is often not there."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return ()
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(step_summary(report))
    except OSError as error:
        return (f"warning: no summary was written: {told(error)}",)
    except Exception as error:  # as above
        return (f"warning: no summary was written: {raised('writing it', error)}",)
    return ()


def _told_plugins(runs: Sequence[SuiteRun], ihook: Any) -> tuple[str, ...]:
    """Tell the plugins of the finished runs; return who failed, and where."""
    try:
        for run in (run for run in runs if run.again is None):
            ihook.pytest_arena_run_finished(ledger=run.ledger, decisions=run.decisions)
    except Exception as error:  # plugin code: the section is still to be shown
        return (raised("pytest_arena_run_finished", error),)
    return ()


def _shown(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)
