"""Decides the gates of finished runs again, from the record, and compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from arenatest.gates.decide import decide
from arenatest.keeping.findings import RESTORE, Finding, Findings
from arenatest.model.decision import Decision
from arenatest.model.record import Ledger


def check_decisions(
    ledger: Ledger,
    recorded: dict[tuple[str, str], Decision],
    findings: Findings,
    *,
    version: str,
    stood: Callable[[str, str], Ledger],
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
    """
    run = ledger.run
    if run.finished is None:
        return
    same_version = run.versions.get("arenatest") == version
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
        stands = ledger.stands(*place) is not None
        again = decide(rule, stood(*place) if stands else ledger)
        if again == decision:
            continue
        differing = _differing(decision, again)
        if same_version:
            found, expected = (
                ", ".join(f"{name} {getattr(one, name)!r}" for name in differing)
                for one in (decision, again)
            )
            findings.add(_finding(run.id, " ".join(place), found, f"{expected} from the record"))
        else:
            findings.notes.append(
                f"run {run.id[:8]}: {' '.join(place)} is decided otherwise by this version "
                f"({', '.join(differing)}): it was {decision.decision} and is {again.decision}"
            )


def _differing(one: Decision, other: Decision) -> list[str]:
    names = [field.name for field in fields(Decision)]
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _finding(run: str, where: str, found: str, expected: str) -> Finding:
    return Finding(
        kind="decision",
        where=f"gate {where} of the run {run[:8]}",
        found=found,
        expected=expected,
        remedy=RESTORE.format(run=run[:8]),
    )
