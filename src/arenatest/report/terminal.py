"""The terminal's section as plain lines: what was measured, what was asked, what was decided."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence

from arenatest.model.decision import Decision
from arenatest.report.aa import aa_lines
from arenatest.report.ages import age_lines
from arenatest.report.escape import for_terminal
from arenatest.report.phrases import (
    STATUS,
    evidence_words,
    flips_words,
    interval_words,
    limit_words,
    plural,
    reigns_words,
    value_words,
)
from arenatest.report.spending import faults, known_ages, voids
from arenatest.report.view import Report, SuiteView

_FAILURES = 3  # lines for contestants, and as many for judges and for metrics
_LONGEST = 200  # characters of an example


def terminal_lines(report: Report, *, path: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return the lines of the section, each with what it is, for colour.

    Args:
        report: What is shown of the session.
        path: Where the HTML report lies, as the user knows it.

    Returns:
        (``pass``, ``fail``, ``inconclusive``, ``title``, ``note``, ``warning`` or ``path``; line).
    """
    lines: list[tuple[str, str]] = []
    for suite in report.suites:
        lines += _suite(suite)
    if path is not None:
        lines.append(("path", f"  report: {for_terminal(path)}"))
    return tuple(lines)


def _suite(suite: SuiteView) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for candidate in suite.candidates:
        decisions = candidate.decisions
        if decisions:
            lines.append(_title(suite, candidate.name))
            lines += _gates(decisions, suite.likely)
            lines += [("note", f"  {_line(line)}") for line in _flips(suite, candidate.name)]
    told = _told(suite)
    if told and not lines:  # of battles that a test fought and asked no gate about
        lines.append(_title(suite, *(candidate.name for candidate in suite.candidates)))
    return lines + told


def _title(suite: SuiteView, *candidates: str) -> tuple[str, str]:
    plan = suite.run.ledger.plan
    who = ", ".join(map(_line, candidates))
    return "title", f"{_line(plan.suite)}  {who} against {_line(plan.baseline.name)}"


def _told(suite: SuiteView) -> list[tuple[str, str]]:
    """Say what is to be known of a run beside its gates."""
    lines = [("note", f"  {line}") for line in _cached(suite)]
    lines += [
        ("note", f"  {_line(line)}")
        for line in age_lines(suite.run.ledger, known_ages(suite.spendings))
    ]
    if chain := reigns_words(suite.run.standing.reigns):
        lines.append(("note", f"  {_line(chain)}"))
    lines += [("note", f"  {_line(one.line)}") for one in suite.waitings if one.line]
    lines += [("note", f"  {_line(line)}") for line in aa_lines(suite.run.ledger, suite.alarms)]
    lines += [("warning", f"  {line}") for line in _failures(suite)]
    lines += [("warning", f"  warning: {_line(warning)}") for warning in suite.warnings]
    return lines


def _cached(suite: SuiteView) -> list[str]:
    """Say how many answers were bought before, and by which level of the cache they were given."""
    spent = [one for one in suite.spendings if one.answers]
    levels: Counter[str] = Counter()
    for one in spent:
        levels.update(dict(one.cached))
    answers = sum(one.answers or 0 for one in spent)
    told = ", ".join(f"{_line(level)} {count:,}" for level, count in levels.most_common())
    return [f"cached: {levels.total():,} of {answers:,} answers ({told})"] if levels else []


def _flips(suite: SuiteView, candidate: str) -> list[str]:
    return [
        f"{flips_words(found)}; arenatest flips {shlex.quote(suite.run.ledger.plan.path)}"
        for found in suite.flips
        if found.candidate == candidate and found.flips
    ]


def _failures(suite: SuiteView) -> list[str]:
    """What went wrong most often, with an example: a wrong key is then found without the report."""
    ledger = suite.record.ledger
    known = suite.faults if ledger is suite.run.ledger else faults(ledger)
    failed = [
        f"{_line(fault.contestant)}: {plural(fault.count, 'answer')} failed: "
        f"{_cut(fault.example or fault.kind)}"
        for fault in known
    ]
    unjudged = [
        f"{_line(void.contestant)}: {plural(void.count, 'game')} without a verdict "
        f"({void.kind}): {_cut(void.example)}"
        for void in voids(ledger)
    ]
    missing = [
        f"{_line(lost.contestant)}: {plural(lost.count, 'value')} missing: {_cut(lost.example)}"
        for lost in suite.unmeasured
    ]
    return [*failed[:_FAILURES], *unjudged[:_FAILURES], *missing[:_FAILURES]]


def _gates(
    decisions: Sequence[Decision], likely: Mapping[tuple[str, str], str]
) -> list[tuple[str, str]]:
    cells = [_cells(decision) for decision in decisions]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines: list[tuple[str, str]] = []
    for decision, row in zip(decisions, cells, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        status, gate, value, needs, evidence = padded
        lines.append(
            (decision.decision, f"  {status}  {gate}   {value}   {needs}   {evidence}".rstrip())
        )
        if decision.decision != "pass" and decision.reason:
            lines.append(("note", f"  {' ' * len(status)}  {_line(decision.reason)}"))
        if cause := likely.get((decision.candidate, decision.gate)):
            lines.append(("note", f"  {' ' * len(status)}  {_line(cause)}"))
    return lines


def _cells(decision: Decision) -> tuple[str, str, str, str, str]:
    measured = f"{value_words(decision)} {interval_words(decision)}".strip()
    return (
        STATUS[decision.decision],
        _line(decision.gate),
        measured,
        f"needs {limit_words(decision)}",
        evidence_words(decision),
    )


def _cut(text: str) -> str:
    line = _line(text[:_LONGEST])
    return f"{line} ..." if len(text) > _LONGEST else line


def _line(text: str) -> str:
    return " ".join(for_terminal(text).split())
