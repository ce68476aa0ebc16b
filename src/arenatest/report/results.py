"""``arena-results.json``: what other programs read, with a schema of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from arenatest.lock.flips import Flip, Flips, Fought
from arenatest.model.decision import Decision
from arenatest.model.plan import Contestant
from arenatest.model.price import Price
from arenatest.report.ages import Age
from arenatest.report.attempts import false_pass_of
from arenatest.report.breakdown import Counts
from arenatest.report.conduct import Conduct
from arenatest.report.controlled import Controlled
from arenatest.report.jury import JuryReport
from arenatest.report.panel import RESULTS, JudgeReport
from arenatest.report.results_model import (
    SCHEMA_VERSION,
    AlarmPart,
    BattlesPart,
    ContestantPart,
    ControlledPart,
    CorrectedPart,
    ErrorPart,
    ExamplePart,
    FlipPart,
    FlipsPart,
    FoughtPart,
    GatePart,
    JudgePart,
    JuryPart,
    PartPart,
    PricePart,
    Results,
    SlicePart,
    SuspicionPart,
    WarningPart,
)
from arenatest.report.results_runs import (
    AgainPart,
    AgePart,
    AskedAgainPart,
    AttemptsPart,
    RunPart,
    StoppedPart,
    SuitePart,
)
from arenatest.report.spending import Spending
from arenatest.report.suite_run import Again, SuiteRun
from arenatest.report.time_parts import (
    advice_parts,
    imbalance_parts,
    latency_part,
    load_part,
    timed_parts,
    waiting_parts,
)
from arenatest.report.view import CandidateView, Report, SuiteView


def results(report: Report) -> Results:
    """Return the results of a session: the same record gives the same value.

    ``gates`` follows the suites by path and the rules of each suite, whatever order the items
    were run in.
    """
    suites = report.suites
    return Results(
        schema_version=SCHEMA_VERSION,
        run=_run(report),
        suites=[_suite(suite) for suite in suites],
        contestants=[part for suite in suites for part in _contestants(suite)],
        gates=[_gate(decision) for suite in suites for decision in suite.run.ordered],
        battles=[_battles(suite, one) for suite in suites for one in suite.candidates],
        slices=[
            part for suite in suites for one in suite.candidates for part in _slices(suite, one)
        ],
        controlled=[_controlled(suite, rate) for suite in suites for rate in suite.controlled],
        judges=[
            _judge(suite, *pair)
            for suite in suites
            for pair in zip(suite.judges, suite.conducts, strict=True)
        ],
        juries=[_jury(suite, suite.jury) for suite in suites if suite.jury is not None],
        latency=[latency_part(suite, one) for suite in suites for one in suite.latencies],
        timed=[part for suite in suites for part in timed_parts(suite)],
        waiting=[part for suite in suites for part in waiting_parts(suite)],
        imbalances=[part for suite in suites for part in imbalance_parts(suite)],
        advice=[part for suite in suites for part in advice_parts(suite)],
        load=[load_part(suite, one) for suite in suites for one in suite.loads],
        errors=[part for suite in suites for part in _errors(suite)],
        flips=[_flips(suite, found) for suite in suites for found in suite.flips],
        aa=[AlarmPart(suite=s.name, **asdict(alarm)) for s in suites for alarm in s.alarms],
        corrected=[part for suite in suites for part in _corrected(suite)],
        suspicions=[part for suite in suites for part in _suspicions(suite)],
        warnings=[WarningPart(suite=s.name, line=line) for s in suites for line in s.warnings],
    )


def _corrected(suite: SuiteView) -> Iterator[CorrectedPart]:
    for one in suite.candidates:
        if one.corrected is not None:
            yield CorrectedPart(suite=suite.name, candidate=one.name, **asdict(one.corrected))


def results_json(report: Report) -> bytes:
    """Return the results as UTF-8 JSON with sorted keys and a final line feed."""
    text = json.dumps(
        results(report).model_dump(), ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False
    )
    return text.encode("utf-8", "backslashreplace") + b"\n"


def results_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``arena-results.json``."""
    schema = Results.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "arena-results.json"
    return schema


def _run(report: Report) -> RunPart:
    runs = [suite.run.ledger.run for suite in report.suites]
    versions: dict[str, str] = {}
    for run in runs:
        versions.update(run.versions)
    return RunPart(
        id=runs[0].session if runs else "",
        started=report.finished - report.duration,
        finished=report.finished,
        duration=report.duration,
        versions=versions,
        calls=report.calls,
        cost=report.cost,
        uncosted=report.uncosted,
        command=report.command,
        verdict=report.headline.word,
        passed=report.headline.passed,
    )


def _suite(suite: SuiteView) -> SuitePart:
    plan, run = suite.run.ledger.plan, suite.run.ledger.run
    stopped, again = run.stopped, suite.run.again
    return SuitePart(
        name=plan.suite,
        path=plan.path,
        description=plan.description,
        run=run.id,
        plan_hash=plan.hash,
        attempt=run.attempt,
        attempts=_attempts(suite.run),
        asked_again=[AskedAgainPart(**asdict(one)) for one in suite.run.ledger.asked_again],
        commit=run.commit,
        seed=plan.seed,
        repeats=plan.repeats,
        prompts=len(plan.prompts),
        started=run.started,
        finished=run.finished,
        stopped=None if stopped is None else StoppedPart(cause=stopped[0], line=stopped[1]),
        decided_again=None if again is None else _again(again),
    )


def _attempts(run: SuiteRun) -> AttemptsPart | None:
    one = run.standing.attempts
    if one is None:
        return None
    counts = {name: value for name, value in asdict(one).items() if name != "commit"}
    return AttemptsPart(**counts, false_pass=false_pass_of(run))


def _again(again: Again) -> AgainPart:
    return AgainPart(
        decided=again.decided,
        others=list(again.others),
        replies=again.replies,
        reread=again.reread,
    )


def _contestants(suite: SuiteView) -> list[ContestantPart]:
    return [
        ContestantPart(
            suite=suite.name,
            name=contestant.name,
            role="baseline" if place == 0 else "candidate",
            kind=contestant.kind,
            fingerprint=contestant.fingerprint,
            models=list(spent.models),
            calls=spent.calls or 0,
            answers=spent.answers or 0,
            failed=spent.failed,
            reused=spent.reused,
            cached=dict(spent.cached),
            reused_age=_age(spent.age),
            finishes=dict(spent.finishes),
            input_tokens=spent.input_tokens,
            output_tokens=spent.output_tokens,
            cost=spent.cost,
            price=_price(contestant.price),
            parts=[
                _part(part, own) for part, own in zip(contestant.parts, spent.parts, strict=True)
            ],
        )
        for place, (contestant, spent) in enumerate(
            zip(suite.contestants, suite.spendings, strict=False)
        )
    ]


def _age(age: Age | None) -> AgePart | None:
    if age is None:
        return None
    return AgePart(youngest=age.youngest, median=age.median, oldest=age.oldest)


def _part(part: Contestant, spent: Spending) -> PartPart:
    return PartPart(
        where={key: list(values) for key, values in part.where},
        kind=part.kind,
        fingerprint=part.fingerprint,
        models=list(spent.models),
        answers=spent.answers or 0,
        failed=spent.failed,
        reused=spent.reused,
        cached=dict(spent.cached),
        finishes=dict(spent.finishes),
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cost=spent.cost,
        price=_price(part.price),
    )


def _price(price: Price | None) -> PricePart | None:
    if price is None:
        return None
    return PricePart(**{name: getattr(price, name) for name in PricePart.model_fields})


def _gate(decision: Decision) -> GatePart:
    return GatePart(**{name: getattr(decision, name) for name in GatePart.model_fields})


def _battles(suite: SuiteView, candidate: CandidateView) -> BattlesPart:
    counts = candidate.whole.counts
    return BattlesPart(
        suite=suite.name,
        candidate=candidate.name,
        unplayed=counts.unplayed,
        identical=counts.identical,
        voids=dict(counts.causes),
        forfeits=dict(counts.forfeits),
        **_outcomes(counts),
    )


def _slices(suite: SuiteView, candidate: CandidateView) -> list[SlicePart]:
    return [
        SlicePart(
            suite=suite.name,
            candidate=candidate.name,
            kind=part.kind,
            name=part.name,
            value=part.value,
            low=part.low,
            high=part.high,
            n=part.n,
            **_outcomes(part.counts),
        )
        for part in candidate.slices
    ]


def _outcomes(counts: Counts) -> dict[str, int]:
    return {"win": counts.win, "tie": counts.tie, "loss": counts.loss, "void": counts.void}


def _controlled(suite: SuiteView, rate: Controlled) -> ControlledPart:
    return ControlledPart.model_validate(
        {"suite": suite.name, **asdict(rate), "constant": list(rate.constant)}
    )


def _judge(suite: SuiteView, judge: JudgeReport, conduct: Conduct) -> JudgePart:
    (spent,) = (s for s in suite.spendings if s.role == "judge" and s.name == judge.name)
    (seat,) = (seat for seat in suite.seats if seat.name == judge.name)
    return JudgePart(
        suite=suite.name,
        name=judge.name,
        kind=judge.kind,
        fingerprint=judge.fingerprint,
        games=judge.games,
        calls=spent.calls or 0,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cost=spent.cost,
        price=_price(seat.price),
        voids=dict(judge.voids),
        parse_rate=judge.parse_rate,
        pairs=judge.pairs,
        flip_rate=judge.flip_rate,
        agreement=judge.agreement,
        decisive_rate=judge.decisive_rate,
        first_seat_share=judge.first_share,
        first_seat_p=conduct.first_p,
        family=conduct.family,
        error_rate=conduct.errors.share,
        tie_rate=conduct.ties.share,
        length_preference=conduct.longer.share,
        family_preference=conduct.kin.share,
        golden_games=int(conduct.golden.whole),
        golden_agreement=conduct.golden.share,
        human_battles=int(conduct.human.whole),
        human_agreement=conduct.human.share,
        human_kappa=None if conduct.kappa is None else conduct.kappa.value,
        orders={
            row: dict(zip(RESULTS, counts, strict=True))
            for row, counts in zip(RESULTS, judge.table, strict=True)
        },
    )


def _jury(suite: SuiteView, jury: JuryReport) -> JuryPart:
    return JuryPart(suite=suite.name, **asdict(jury))


def _flips(suite: SuiteView, found: Flips) -> FlipsPart:
    return FlipsPart.model_validate(
        {
            "suite": suite.name,
            "candidate": found.candidate,
            "run": found.earlier.run,
            "started": found.earlier.started,
            "accepted": found.earlier.accepted,
            "changed": list(found.changed),
            "compared": found.compared,
            "worse": found.worse,
            "better": found.better,
            "chance": found.chance,
            "prompts": [_flip(flip) for flip in found.flips],
        }
    )


def _flip(flip: Flip) -> FlipPart:
    return FlipPart(
        prompt=flip.prompt.id,
        category=flip.prompt.category,
        before=_fought(flip.before),
        after=_fought(flip.after),
        rerun=flip.rerun,
    )


def _fought(fought: Fought) -> FoughtPart:
    return FoughtPart(outcome=fought.outcome, score=fought.score, chat_id=fought.chat_id)


def _suspicions(suite: SuiteView) -> list[SuspicionPart]:
    return [
        SuspicionPart(
            suite=suite.name,
            contestant=one.contestant,
            kind=one.kind,
            count=one.count,
            answers=one.answers,
            alone=one.alone,
            spared=one.spared,
            hidden=one.hidden,
            warned=one.warned,
            examples=[
                ExamplePart(prompt=example.prompt, excerpt=example.excerpt)
                for example in one.examples
            ],
        )
        for one in suite.suspicions
    ]


def _errors(suite: SuiteView) -> list[ErrorPart]:
    return [
        ErrorPart(
            suite=suite.name,
            contestant=fault.contestant,
            kind=fault.kind,
            status=fault.status,
            count=fault.count,
            example=fault.example,
        )
        for fault in (*suite.faults, *suite.unmeasured)
    ]
