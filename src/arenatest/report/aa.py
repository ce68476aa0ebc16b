"""What an A/A run tells, line by line: the scores, the judges' seats, and the gates' mistakes."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.gates.aa import FalseAlarms
from arenatest.model.record import Ledger
from arenatest.report.battles import battles
from arenatest.report.breakdown import slices
from arenatest.report.conduct import Conduct, conducts
from arenatest.report.phrases import p_words, percent, plural


def aa_lines(ledger: Ledger, alarms: Sequence[FalseAlarms]) -> list[str]:
    """Return the lines of an A/A run; none for any other.

    Args:
        ledger: Its record.
        alarms: How its gates take resampled runs.
    """
    if not ledger.plan.aa:
        return []
    lines = [_score(ledger), *map(_seats, conducts(ledger)), *map(_gate, alarms)]
    return [f"A/A: {line}" for line in lines if line]


def _score(ledger: Ledger) -> str:
    whole = slices(list(battles(ledger)))[0]
    if whole.value is None or whole.low is None or whole.high is None:
        return "no battle has a score"
    equal = whole.counts.identical
    same = f", {equal:,} of them between equal answers" if equal else ""
    return (
        f"mean score {whole.value:.3f} [{whole.low:.3f}, {whole.high:.3f}] where 0.5 is the truth "
        f"(n={whole.n:,}{same})"
    )


def _seats(conduct: Conduct) -> str:
    if conduct.first_p is None:
        return ""
    return (
        f"{conduct.name} names the first answer in {percent(conduct.first.share)} of "
        f"{plural(int(conduct.first.whole), 'decided game')}, {p_words(conduct.first_p)} by prompts"
    )


def _gate(alarm: FalseAlarms) -> str:
    return (
        f"{alarm.gate} fails {percent(alarm.fails)} and passes {percent(alarm.passes)} of "
        f"{plural(alarm.draws, 'run')} of an equal model, drawn from "
        f"{plural(alarm.clusters, 'score')}"
    )
