"""Decides the gates of finished runs again, from the record, and compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from math import isclose

from arenatest.gates.decide import decide
from arenatest.keeping.findings import RESTORE, Finding, Findings
from arenatest.model.decision import Decision
from arenatest.model.microseconds import A_SECOND
from arenatest.model.record import Ledger

_MEASURED = frozenset({"value", "low", "high"})
_SHARE = 1e-3  # of a ratio of clocks of some milliseconds


def check_decisions(
    ledger: Ledger,
    recorded: dict[tuple[str, str], Decision],
    findings: Findings,
    *,
    version: str,
    stood: Callable[[str, str], Ledger],
    rounded: bool = False,
) -> None:
    """Decide again what a finished run decided: every word must be the same.

    Another version of arenatest may find other words for the same; that is noted, and no finding.

    Args:
        ledger: What the run recorded.
        recorded: Its decisions, by candidate and gate.
        findings: Takes what is wrong.
        version: Of this arenatest.
        stood: Gives the record that a gate was decided on whose decision stands, though something
            was asked again since, by candidate and id.
        rounded: Whether the run's clocks have been rounded to microseconds since.
    """
    run = ledger.run
    if run.finished is None:
        return
    rules = {(rule.candidate, rule.id): rule for rule in ledger.plan.rules}
    if rules and not recorded:
        findings.add(_finding(run.id, "gates", "no decision at all", "those of its gates"))
    for place, decision in recorded.items():
        rule = rules.get(place)
        if rule is None:
            if rules:  # else battles of a Python test, whose assertions are the gates
                where = " ".join(place)
                findings.add(_finding(run.id, where, "a decision", "none: it has no such gate"))
            continue
        findings.looked["decisions"] += 1
        again = decide(rule, ledger if ledger.stands(*place) is None else stood(*place))
        if again == decision:
            continue
        differing = _differing(decision, again)
        if rounded and _is_rounding(decision, again, differing):
            findings.notes.append(
                f"run {run.id[:8]}: {' '.join(place)} was decided on clocks finer than the "
                f"microseconds that are kept now: {decision.decision}, as now"
            )
        elif run.versions.get("arenatest") == version:
            found, expected = (_shown(one, differing) for one in (decision, again))
            findings.add(_finding(run.id, " ".join(place), found, f"{expected} from the record"))
        else:
            findings.notes.append(
                f"run {run.id[:8]}: {' '.join(place)} is decided otherwise by this version "
                f"({', '.join(differing)}): it was {decision.decision} and is {again.decision}"
            )


def _differing(one: Decision, other: Decision) -> list[str]:
    names = [field.name for field in fields(Decision)]
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _shown(one: Decision, names: Sequence[str]) -> str:
    return ", ".join(f"{name} {getattr(one, name)!r}" for name in names)


def _is_rounding(one: Decision, other: Decision, differing: Sequence[str]) -> bool:
    """Return whether two decisions say the same of clocks that differ by a microsecond."""
    measured = {*differing} - {"reason"}
    if not measured or not measured <= _MEASURED:
        return False
    pairs = [(getattr(one, name), getattr(other, name)) for name in measured]
    return all(
        None not in pair and isclose(*pair, rel_tol=_SHARE, abs_tol=1 / A_SECOND) for pair in pairs
    )


def _finding(run: str, where: str, found: str, expected: str) -> Finding:
    return Finding(
        kind="decision",
        where=f"gate {where} of the run {run[:8]}",
        found=found,
        expected=expected,
        remedy=RESTORE.format(run=run[:8]),
    )
