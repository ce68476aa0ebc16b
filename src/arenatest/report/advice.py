"""Why a candidate is slow or unsteady, where a gate asks or the record shows that it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from arenatest.model.decision import Decision
from arenatest.report.causes import told_cause, unkept_words
from arenatest.report.suite_run import SuiteRun
from arenatest.signs.slowness.advice import Finding, advise
from arenatest.signs.slowness.arms import Arm, Clock, arms_of
from arenatest.stats.percentile import nearest_rank

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
        unkept: By id of a gate on a percentile that is beyond its limit: the same percentile of
            whom it is compared with, where that is beyond the limit too, in seconds.
    """

    candidate: str
    against: str
    findings: tuple[Finding, ...]
    unkept: Mapping[str, float]


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
    for (candidate, against), asked in questions.items():
        findings = advise(
            arms[candidate],
            arms[against],
            compared=asked.compared,
            alone=asked.alone,
            lagging=asked.lagging,
        )
        if findings or any(asked):
            found.append(
                Advice(
                    candidate=candidate,
                    against=against,
                    findings=findings,
                    unkept=_unkept(run, candidate, arms[against]),
                )
            )
    return tuple(found)


def likely_causes(run: SuiteRun, advised: Iterable[Advice]) -> Mapping[tuple[str, str], str]:
    """Return the line that names the likeliest cause, by candidate and id of the gate.

    Gates that passed, and those for which nothing was found, have none.
    """
    found = {(advice.candidate, advice.against): advice for advice in advised}
    lines: dict[tuple[str, str], str] = {}
    for decision in run.ordered:
        clock, against = asked_clock(run, decision), _against(run, decision)
        advice = found.get((decision.candidate, against))
        if clock is None or advice is None:
            continue
        ours = decision.cause == "latency"  # then it is no model that is to blame
        known = [
            finding
            for finding in advice.findings
            if clock in finding.shares and (finding.cause == "lag") == ours
        ]
        told = []
        if known:
            told.append(told_cause(max(known, key=lambda one: one.shares[clock]), clock))
        if (theirs := advice.unkept.get(decision.gate)) is not None:
            told.append(unkept_words(against, decision.stat, theirs))
        if told:
            lines[decision.candidate, decision.gate] = "; ".join(told)
    return lines


def asked_clock(run: SuiteRun, decision: Decision) -> Clock | None:
    """Return the clock that a gate leaves a reader to ask about; None for none.

    A gate at a level of load looks at other calls: what slows those down is the load.
    """
    open_ = decision.decision != "pass" and decision.cause not in _UNMEASURED
    if not open_ or run.is_under_load(decision):
        return None
    return ASKED.get(decision.metric)


class _Question(NamedTuple):
    """Clocks of gates that did not pass: on ratios, on limits of their own, or for our own lag."""

    compared: list[Clock]
    alone: list[Clock]
    lagging: list[Clock]


def _questions(run: SuiteRun) -> dict[tuple[str, str], _Question]:
    """Return what is asked, by candidate and whom it is compared with."""
    plan = run.ledger.plan
    asked = {
        (candidate.name, plan.baseline.name): _Question([], [], []) for candidate in plan.candidates
    }
    names = {contestant.name for contestant in plan.contestants}
    for decision in run.ordered:
        clock = asked_clock(run, decision)
        if clock is None or decision.candidate not in names:
            continue
        pair = decision.candidate, _against(run, decision)
        question = asked.setdefault(pair, _Question([], [], []))
        if decision.cause == "latency":
            question.lagging.append(clock)
        elif decision.stat == "ratio":
            question.compared.append(clock)
        else:
            question.alone.append(clock)
    return asked


def _unkept(run: SuiteRun, candidate: str, theirs: Arm) -> dict[str, float]:
    """Return what whom it is compared with takes, where that is beyond a gate's limit as well."""
    found = {}
    for decision in run.ordered:
        clock = asked_clock(run, decision)
        mine = decision.candidate == candidate and decision.side == "max"
        if clock is None or not mine or not decision.stat.startswith("p") or not theirs.places:
            continue
        near = decision.value is not None and decision.value <= decision.threshold
        if near and decision.decision != "fail":
            continue  # it keeps its limit, and only too few calls prove it
        seconds = nearest_rank(theirs[clock], float(decision.stat[1:]) / 100.0)
        if seconds > decision.threshold:
            found[decision.gate] = seconds
    return found


def _against(run: SuiteRun, decision: Decision) -> str:
    rule = run.rules.get((decision.candidate, decision.gate))
    return run.ledger.plan.baseline.name if rule is None else rule.against
