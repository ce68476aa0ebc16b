"""Why a candidate is slow or unsteady, where a gate asks or the record shows that it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arenatest.model.decision import Decision
from arenatest.report.causes import told_cause
from arenatest.report.suite_run import SuiteRun
from arenatest.signs.slowness.advice import Finding, advise
from arenatest.signs.slowness.arms import Clock, arms_of

ASKED: Mapping[str, Clock] = {
    "ttft": "ttft",
    "ttfat": "ttfat",
    "e2e": "e2e",
    "queue_wait": "queue_wait",
}
"""The clock behind the metric of a gate."""

_UNMEASURED = ("plan", "budget")  # causes of gates whose calls were not all made


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What was found about one candidate beside another contestant.

    Attributes:
        against: As a rule the baseline.
        findings: Likely causes, those that explain most first.
        asked: Clocks of gates that did not pass.
    """

    candidate: str
    against: str
    findings: tuple[Finding, ...]
    asked: frozenset[Clock]


def advices(run: SuiteRun) -> tuple[Advice, ...]:
    """Return what there is to say of each candidate, in the plan's order.

    Nothing is said where no clock is markedly slower than the baseline's and no gate asks; where a
    gate asks and nothing was found, there is advice without findings.
    """
    ledger = run.ledger
    questions = _questions(run)
    if not questions:
        return ()
    arms = arms_of(ledger)
    found = []
    for (candidate, against), (compared, alone) in questions.items():
        findings = advise(arms[candidate], arms[against], compared=compared, alone=alone)
        if findings or compared or alone:
            found.append(
                Advice(
                    candidate=candidate,
                    against=against,
                    findings=findings,
                    asked=frozenset((*compared, *alone)),
                )
            )
    return tuple(found)


def likely_causes(run: SuiteRun, advised: Iterable[Advice]) -> Mapping[tuple[str, str], str]:
    """Return the line that names the likeliest cause, by candidate and id of the gate.

    Gates that passed, and those for which nothing was found, have none.
    """
    found = {(advice.candidate, advice.against): advice.findings for advice in advised}
    lines: dict[tuple[str, str], str] = {}
    for decision in run.ordered:
        clock = ASKED.get(decision.metric)
        findings = found.get((decision.candidate, _against(run, decision)), ())
        known = [finding for finding in findings if clock in finding.shares]
        if clock is not None and known and asks(decision):
            likeliest = max(known, key=lambda finding: finding.shares[clock])
            lines[decision.candidate, decision.gate] = told_cause(likeliest, clock)
    return lines


def asks(decision: Decision) -> bool:
    """Return whether a gate leaves a reader to ask why a clock is slow."""
    return decision.decision != "pass" and decision.cause not in _UNMEASURED


def _questions(run: SuiteRun) -> dict[tuple[str, str], tuple[Sequence[Clock], Sequence[Clock]]]:
    """Return, by candidate and whom it is compared with, the clocks compared and those alone."""
    plan = run.ledger.plan
    asked: dict[tuple[str, str], tuple[list[Clock], list[Clock]]] = {
        (candidate.name, plan.baseline.name): ([], []) for candidate in plan.candidates
    }
    names = {contestant.name for contestant in plan.contestants}
    for decision in run.ordered:
        clock = ASKED.get(decision.metric)
        if clock is None or not asks(decision) or decision.candidate not in names:
            continue
        pair = decision.candidate, _against(run, decision)
        compared, alone = asked.setdefault(pair, ([], []))
        if decision.stat == "ratio":
            compared.append(clock)
        if decision.stat != "ratio" or decision.cause == "latency":
            alone.append(clock)
    return dict(asked)


def _against(run: SuiteRun, decision: Decision) -> str:
    rule = run.rules.get((decision.candidate, decision.gate))
    return run.ledger.plan.baseline.name if rule is None else rule.against
