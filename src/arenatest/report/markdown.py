"""The summary for a CI service's page: the gate table and the weakest slices, as Markdown."""

from __future__ import annotations

from arenatest.lock.flips import Flips
from arenatest.report.aa import aa_lines
from arenatest.report.breakdown import Slice
from arenatest.report.escape import for_markdown
from arenatest.report.phrases import (
    OUTCOMES,
    alpha_words,
    corrected_words,
    evidence_words,
    flips_words,
    interval_words,
    jury_words,
    limit_words,
    plural,
    value_words,
)
from arenatest.report.view import CandidateView, GateRow, Report, SuiteView

LIMIT = 900_000
"""Bytes: GitHub refuses a step's summary over 1 MiB altogether."""
WORST = 5

_MARKS = {"pass": "✅", "fail": "❌", "inconclusive": "❓"}


def step_summary(report: Report, *, limit: int = LIMIT) -> str:
    """Return the summary as Markdown that shows every name and text literally.

    Args:
        report: The session.
        limit: Most bytes of UTF-8; lines that do not fit are left out, and a last line says so.
    """
    lines = [f"## Arena: {report.headline.word}", "", report.headline.sentence, ""]
    lines += _gate_table(report.gates)
    for suite in report.suites:
        lines += _suite(suite)
    lines += _notes(report)
    return _cut(lines, limit)


def _gate_table(rows: tuple[GateRow, ...]) -> list[str]:
    if not rows:
        return []
    table = [
        "| | gate | candidate | measured | needs | evidence |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        decision = row.decision
        cells = [
            f"{_MARKS[decision.decision]} {row.status}",
            f"{decision.suite}: {decision.gate}",
            decision.candidate,
            f"{value_words(decision)} {interval_words(decision)}".strip(),
            limit_words(decision),
            evidence_words(decision),
        ]
        table.append("| " + " | ".join(for_markdown(cell) for cell in cells) + " |")
    reasons = [
        f"- **{for_markdown(row.decision.candidate)} {for_markdown(row.decision.gate)}**: "
        f"{for_markdown(row.decision.reason)}"
        f"{f'; {for_markdown(row.likely)}' if row.likely else ''}"
        for row in rows
        if row.decision.decision != "pass"
    ]
    return [*table, "", *reasons, *([""] if reasons else [])]


def _suite(suite: SuiteView) -> list[str]:
    lines: list[str] = []
    for candidate in suite.candidates:
        if candidate.whole.counts.total:
            lines += _candidate(suite, candidate)
    tried = aa_lines(suite.run.ledger, suite.alarms)
    lines += [*(f"- {for_markdown(line)}" for line in tried), *([""] if tried else [])]
    if suite.jury is not None and suite.jury.battles:
        lines += [f"{jury_words(suite.jury)} {alpha_words(suite.jury)}", ""]
    return lines


def _candidate(suite: SuiteView, candidate: CandidateView) -> list[str]:
    counts = candidate.whole.counts
    baseline = suite.run.ledger.plan.baseline.name
    lines = [
        f"### {for_markdown(suite.name)}: {for_markdown(candidate.name)} "
        f"against {for_markdown(baseline)}",
        "",
        f"{plural(counts.win, 'win')}, {plural(counts.tie, 'tie')}, "
        f"{counts.loss:,} lost, {counts.void:,} void",
        "",
    ]
    for found in suite.flips:
        if found.candidate == candidate.name:
            lines += _flips(found)
    if candidate.corrected is not None:
        lines += [for_markdown(corrected_words(candidate.corrected)), ""]
    parts = [part for part in candidate.slices[1:] if part.value is not None]
    worst = sorted(parts, key=lambda part: part.value or 0.0)[:WORST]
    if worst:
        lines += ["| weakest slices | win rate | won / tied / lost | n |", "|---|---|---|---|"]
        lines += [_slice_row(part) for part in worst]
        lines.append("")
    return lines


def _flips(found: Flips) -> list[str]:
    if not found.flips:
        return []
    lines = [for_markdown(flips_words(found)) + ".", ""]
    for flip in found.flips[:WORST]:
        category = f" ({flip.prompt.category})" if flip.prompt.category else ""
        ended = f"{OUTCOMES[flip.before.outcome]}, now {OUTCOMES[flip.after.outcome]}"
        lines.append(f"- {for_markdown(f'{flip.prompt.id}{category}: {ended}; {flip.rerun}')}")
    return [*lines, ""]


def _slice_row(part: Slice) -> str:
    counts = part.counts
    measured = f"{part.value:.3f} [{part.low:.3f}, {part.high:.3f}]"
    return (
        f"| {for_markdown(f'{part.kind} {part.name}')} | {for_markdown(measured)} "
        f"| {counts.win} / {counts.tie} / {counts.loss} | {part.n} |"
    )


def _notes(report: Report) -> list[str]:
    warnings = [
        f"- ⚠️ {for_markdown(f'{suite.name}: {line}')}"
        for suite in report.suites
        for line in suite.warnings
    ]
    return [*warnings, *([""] if warnings else [])]


def _cut(lines: list[str], limit: int) -> str:
    end = "\n_Cut here: the whole is in arena-report.html._\n"
    kept: list[str] = []
    room = limit - len(end.encode())
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            return "\n".join(kept) + end
        kept.append(line)
    return "\n".join(kept).rstrip() + "\n"
