"""The whole session as a report shows it, computed from the record alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from arenatest.model.decision import Decision
from arenatest.model.plan import Contestant, JudgeSeat
from arenatest.report.battles import Battle, battles
from arenatest.report.breakdown import Slice, slices
from arenatest.report.latency import Latency, latencies
from arenatest.report.panel import JudgeReport, judge_reports
from arenatest.report.phrases import RANK, STATUS, plural
from arenatest.report.spending import Fault, Spending, faults, spendings
from arenatest.report.suite_run import SuiteRun, in_order, relied_on

Word = Literal["PASSED", "FAILED", "INCONCLUSIVE", "NOTHING GATED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The session's verdict.

    Attributes:
        word: FAILED where a gate failed; INCONCLUSIVE where none failed but one that was not
            proven stops the build; PASSED only where every gate lets it go on.
        sentence: The same with numbers.
        passed: Whether the build may go on.
    """

    word: Word
    sentence: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """A decision and where it stands; ``status`` is the word for it."""

    decision: Decision
    path: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateView:
    """One candidate against the baseline: the slices of its win rate, all prompts first."""

    name: str
    slices: tuple[Slice, ...]
    decisions: tuple[Decision, ...]

    @property
    def whole(self) -> Slice:
        """The slice of all prompts."""
        return self.slices[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteView:
    """One suite of the session, with all that a report shows of it."""

    run: SuiteRun
    battles: tuple[Battle, ...]
    candidates: tuple[CandidateView, ...]
    judges: tuple[JudgeReport, ...]
    latencies: tuple[Latency, ...]
    spendings: tuple[Spending, ...]
    faults: tuple[Fault, ...]
    contestants: tuple[Contestant, ...]
    seats: tuple[JudgeSeat, ...]
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.run.ledger.plan.suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The view model of a session.

    Attributes:
        gates: Failed first, then inconclusive, then passed.
        finished: Wall clock, seconds since 1970, at which the session ended.
        duration: Seconds from the first run's start.
        command: What reproduces it.
    """

    headline: Headline
    gates: tuple[GateRow, ...]
    suites: tuple[SuiteView, ...]
    finished: float
    duration: float
    command: str

    @property
    def calls(self) -> int:
        """Model calls made in this session."""
        return sum(sum(suite.run.ledger.calls.values()) for suite in self.suites)

    @property
    def cost(self) -> float:
        """US dollars spent in this session, as far as known."""
        return sum(suite.run.ledger.cost for suite in self.suites)

    @property
    def uncosted(self) -> int:
        """Calls whose cost is unknown."""
        return sum(suite.run.ledger.uncosted for suite in self.suites)

    @property
    def prompts(self) -> int:
        """Prompts planned in all suites."""
        return sum(len(suite.run.ledger.plan.prompts) for suite in self.suites)


def view(runs: Sequence[SuiteRun], *, finished: float, command: str) -> Report:
    """Return the view model of a session.

    Args:
        runs: The suites, in any order.
        finished: Wall clock, seconds since 1970.
        command: The command line that makes the same session again.
    """
    ordered = tuple(relied_on(run) for run in in_order(runs))
    rows = [
        GateRow(decision=decision, path=run.ledger.plan.path, status=STATUS[decision.decision])
        for run in ordered
        for decision in run.ordered
    ]
    rows.sort(key=lambda row: (RANK[row.decision.decision], row.decision.passed))
    started = min((run.ledger.run.started for run in ordered), default=finished)
    return Report(
        headline=headline([row.decision for row in rows]),
        gates=tuple(rows),
        suites=tuple(suite_view(run) for run in ordered),
        finished=finished,
        duration=max(0.0, finished - started),
        command=command,
    )


def headline(decisions: Sequence[Decision]) -> Headline:
    """Return the verdict on a session from its gates' decisions."""
    if not decisions:
        return Headline(word="NOTHING GATED", sentence="No gate was decided.", passed=False)
    failed = sum(decision.decision == "fail" for decision in decisions)
    open_ = [decision for decision in decisions if decision.decision == "inconclusive"]
    blocking = sum(not decision.passed for decision in open_)
    total = plural(len(decisions), "gate")
    if failed:
        more = f"; {blocking} more inconclusive" if blocking else ""
        return Headline(word="FAILED", sentence=f"{failed} of {total} failed{more}.", passed=False)
    if blocking:
        return Headline(
            word="INCONCLUSIVE",
            sentence=f"{blocking} of {total} could not be decided, which stops the build.",
            passed=False,
        )
    if open_:
        sentence = f"{total}; {len(open_)} undecided, which the policy no-regression lets through."
        return Headline(word="PASSED", sentence=sentence, passed=True)
    return Headline(word="PASSED", sentence=f"{total}, all passed.", passed=True)


def suite_view(run: SuiteRun) -> SuiteView:
    """Return all that a report shows of one suite."""
    ledger = run.ledger
    fought = tuple(battles(ledger))
    return SuiteView(
        run=run,
        battles=fought,
        candidates=tuple(
            CandidateView(
                name=candidate.name,
                slices=slices([b for b in fought if b.candidate == candidate.name]),
                decisions=tuple(d for d in run.ordered if d.candidate == candidate.name),
            )
            for candidate in ledger.plan.candidates
        ),
        judges=judge_reports(ledger.plan.judges, fought),
        latencies=latencies(ledger),
        spendings=spendings(ledger),
        faults=faults(ledger),
        contestants=ledger.plan.contestants,
        seats=ledger.plan.judges,
        warnings=warnings(run),
    )


def warnings(run: SuiteRun) -> tuple[str, ...]:
    """Return the lines a reader must not miss, each once: of the run, then of its gates."""
    ledger = run.ledger
    lines: list[str] = []
    if ledger.run.stopped is not None:
        cause, line = ledger.run.stopped
        lines.append(f"the run ended before its plan ({cause}): {line}")
    if ledger.run.attempt > 1 and not any(a.reused for a in ledger.answers.values()):
        lines.append(
            f"run {ledger.run.attempt} of the same plan, bought afresh: "
            "repeating a run until it passes makes a false pass more likely"
        )
    lines += ledger.warnings
    lines += [
        f"{decision.candidate} {decision.gate}: {line}"
        for decision in run.ordered
        for line in decision.warnings
    ]
    return tuple(dict.fromkeys(lines))
