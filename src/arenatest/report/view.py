"""The whole session as a report shows it, computed from the record alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from arenatest.gates.aa import FalseAlarms, alarms
from arenatest.gates.suspicion import Suspicion, suspicions, warning_lines
from arenatest.lock.flips import Flips, flips
from arenatest.model.decision import Decision
from arenatest.model.plan import Contestant, JudgeSeat, Plan
from arenatest.model.price import Price
from arenatest.report.advice import Advice, advices, likely_causes
from arenatest.report.ages import Age, expiry_lines
from arenatest.report.attempts import asked_again_lines, attempt_lines, mended_lines
from arenatest.report.battles import Battle, battles
from arenatest.report.breakdown import Slice, slices
from arenatest.report.conduct import Conduct, conducts
from arenatest.report.controlled import Controlled, controlled_rates, controlled_warnings
from arenatest.report.jury import JuryReport, jury_report
from arenatest.report.latency import Latency, latencies
from arenatest.report.load import LevelReport, levels
from arenatest.report.panel import JudgeReport, judge_reports
from arenatest.report.people import corrected_win_rate
from arenatest.report.phrases import RANK, STATUS, moment, plural
from arenatest.report.spending import (
    Fault,
    Spending,
    faults,
    known_ages,
    priced,
    spendings,
    unmeasured,
)
from arenatest.report.suite_run import SuiteRun, in_order, relied_on
from arenatest.report.timed import Timed, timed, timing_warnings
from arenatest.report.waiting import Waiting, waitings
from arenatest.stats.correction import CorrectedMean

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
    """A decision and where it stands; ``status`` is the word for it, ``likely`` why it is slow."""

    decision: Decision
    path: str
    status: str
    likely: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateView:
    """One candidate against the baseline: the slices of its win rate, all prompts first.

    Attributes:
        corrected: Its win rate corrected by human labels; None where there are too few.
    """

    name: str
    slices: tuple[Slice, ...]
    decisions: tuple[Decision, ...]
    corrected: CorrectedMean | None

    @property
    def whole(self) -> Slice:
        """The slice of all prompts."""
        return self.slices[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteView:
    """One suite of the session, with all that a report shows of it.

    Attributes:
        run: With what its decisions rest on.
        record: With all that was recorded, also after they fell.
        likely: Why a clock is probably slow, in a line, by candidate and id of the gate that asks.
    """

    run: SuiteRun
    record: SuiteRun
    battles: tuple[Battle, ...]
    candidates: tuple[CandidateView, ...]
    controlled: tuple[Controlled, ...]
    judges: tuple[JudgeReport, ...]
    jury: JuryReport | None
    conducts: tuple[Conduct, ...]
    alarms: tuple[FalseAlarms, ...]
    latencies: tuple[Latency, ...]
    timed: Timed | None
    waitings: tuple[Waiting, ...]
    advice: tuple[Advice, ...]
    likely: Mapping[tuple[str, str], str]
    loads: tuple[LevelReport, ...]
    spendings: tuple[Spending, ...]
    faults: tuple[Fault, ...]
    unmeasured: tuple[Fault, ...]
    contestants: tuple[Contestant, ...]
    seats: tuple[JudgeSeat, ...]
    flips: tuple[Flips, ...]
    suspicions: tuple[Suspicion, ...]
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.run.ledger.plan.suite

    @property
    def prices(self) -> tuple[tuple[str, Price], ...]:
        """The prices that are known, by whose they are."""
        return priced(self.run.ledger.plan)


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
        return sum(sum(run.ledger.calls.values()) for run in self._bought)

    @property
    def cost(self) -> float:
        """US dollars spent in this session, as far as known."""
        return sum(run.ledger.cost for run in self._bought)

    @property
    def uncosted(self) -> int:
        """Calls whose cost is unknown."""
        return sum(run.ledger.uncosted for run in self._bought)

    @property
    def prompts(self) -> int:
        """Prompts planned in all suites."""
        return sum(len(suite.run.ledger.plan.prompts) for suite in self.suites)

    @property
    def _bought(self) -> list[SuiteRun]:
        """The runs of this session: what was decided again was paid for by another one."""
        return [suite.run for suite in self.suites if suite.run.again is None]


def view(runs: Sequence[SuiteRun], *, finished: float, command: str) -> Report:
    """Return the view model of a session.

    Args:
        runs: The suites, in any order.
        finished: Wall clock, seconds since 1970.
        command: The command line that makes the same session again.
    """
    recorded = in_order(runs)
    ordered = tuple(map(relied_on, recorded))
    suites = tuple(map(suite_view, ordered, recorded))
    rows = [
        GateRow(
            decision=decision,
            path=suite.run.ledger.plan.path,
            status=STATUS[decision.decision],
            likely=suite.likely.get((decision.candidate, decision.gate), ""),
        )
        for suite in suites
        for decision in suite.run.ordered
    ]
    rows.sort(key=lambda row: (RANK[row.decision.decision], row.decision.passed))
    started = min((run.began for run in ordered), default=finished)
    return Report(
        headline=headline(
            [row.decision for row in rows],
            refused=[run.ledger.plan.suite for run in ordered if run.standing.refused],
        ),
        gates=tuple(rows),
        suites=suites,
        finished=finished,
        duration=max(0.0, finished - started),
        command=command,
    )


def headline(decisions: Sequence[Decision], *, refused: Sequence[str] = ()) -> Headline:
    """Return the verdict on a session from its gates' decisions.

    Args:
        decisions: Of all suites.
        refused: The suites that are not what their lock files say, where that is refused.
    """
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
    if refused:
        sentence = f"{total}, but not on what was locked: {', '.join(refused)}."
        return Headline(word="INCONCLUSIVE", sentence=sentence, passed=False)
    if open_:
        sentence = f"{total}; {len(open_)} undecided, which the policy no-regression lets through."
        return Headline(word="PASSED", sentence=sentence, passed=True)
    return Headline(word="PASSED", sentence=f"{total}, all passed.", passed=True)


def suite_view(run: SuiteRun, record: SuiteRun) -> SuiteView:
    """Return all that a report shows of one suite."""
    ledger = run.ledger
    fought = tuple(battles(ledger))
    suspected = suspicions(ledger)
    rates = controlled_rates(fought)
    clocks, advised, spent = timed(ledger), advices(run), spendings(ledger)
    told = warnings(run, suspected, rates, known_ages(spent))
    return SuiteView(
        run=run,
        record=record,
        battles=fought,
        candidates=tuple(
            CandidateView(
                name=candidate.name,
                slices=slices([b for b in fought if b.candidate == candidate.name]),
                decisions=tuple(d for d in run.ordered if d.candidate == candidate.name),
                corrected=corrected_win_rate(ledger, candidate.name),
            )
            for candidate in ledger.plan.candidates
        ),
        controlled=rates,
        judges=judge_reports(ledger.plan.judges, fought),
        jury=jury_report(ledger.plan, fought),
        conducts=conducts(ledger),
        alarms=alarms(ledger),
        latencies=latencies(ledger),
        timed=clocks,
        waitings=waitings(ledger),
        advice=advised,
        likely=likely_causes(run, advised),
        loads=levels(ledger),
        spendings=spent,
        faults=faults(ledger),
        unmeasured=unmeasured(record.ledger),
        contestants=ledger.plan.contestants,
        seats=ledger.plan.judges,
        flips=flipped(run),
        suspicions=suspected,
        warnings=(*told, *timing_warnings(clocks)),
    )


def flipped(run: SuiteRun) -> tuple[Flips, ...]:
    """Return the candidates that have an earlier run, each beside it."""
    earlier = run.standing.earlier
    return tuple(
        flips(run.ledger, candidate.name, earlier[candidate.name])
        for candidate in run.ledger.plan.candidates
        if candidate.name in earlier
    )


def warnings(
    run: SuiteRun,
    suspected: Sequence[Suspicion] = (),
    rates: Sequence[Controlled] = (),
    old: Mapping[str, Age] | None = None,
) -> tuple[str, ...]:
    """Return the lines a reader must not miss, each once: of the run, its answers, its gates."""
    ledger = run.ledger
    lines = [*_decided_again(run), *(f"lock: {line}" for line in run.standing.drift)]
    lines += _copies(ledger.plan)
    lines += run.standing.models
    if ledger.run.stopped is not None:
        cause, line = ledger.run.stopped
        lines.append(f"the run ended before its plan ({cause}): {line}")
    lines += asked_again_lines(ledger)
    lines += attempt_lines(run)
    lines += mended_lines(run)
    lines += expiry_lines(ledger, old)
    lines += ledger.warnings
    lines += warning_lines(suspected)
    lines += controlled_warnings(rates)
    lines += [
        f"{decision.candidate} {decision.gate}: {line}"
        for decision in run.ordered
        for line in decision.warnings
    ]
    return tuple(dict.fromkeys(lines))


def _copies(plan: Plan) -> Iterator[str]:
    """Say of prompts that ask the same that each counts: whether that is right only people know."""
    alone = (one for one in plan.prompts if one.family is None and one.conversation is None)
    asked = Counter(prompt.messages for prompt in alone)
    copies = sum(count for count in asked.values() if count > 1)
    if copies:
        yield (
            f"{copies:,} of {len(plan.prompts):,} prompts ask what another one asks, and each "
            "counts: right where they were drawn so, but rows that were copied need one family"
        )


def _decided_again(run: SuiteRun) -> Iterator[str]:
    again = run.again
    if again is None:
        return
    then = f"run {run.ledger.run.id} of {moment(run.ledger.run.started)}"
    yield f"decided again from {then}: no call was made"
    if again.replies is not None:
        share = f"{again.reread:,} of {plural(again.replies, 'game')}"
        yield f"the judges' replies were read again: {share} came to another verdict than then"
    if again.others:
        yield (
            f"not gates of that run: {', '.join(again.others)}; a limit that was chosen after a "
            "look at the record is wrong more often than its confidence says"
        )
