"""One run in detail: who took part, what was bought, what gates came to, what happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from arenatest.history.listing import RunLine, run_line, short_ids
from arenatest.history.table import aligned, one_line
from arenatest.model.decision import Decision
from arenatest.model.health import GOLDEN
from arenatest.model.plan import Plan
from arenatest.model.record import Event, Run, Served
from arenatest.report.phrases import (
    STATUS,
    dollars,
    duration_words,
    evidence_words,
    interval_words,
    limit_words,
    moment,
    plural,
    value_words,
)
from arenatest.store import Store
from arenatest.store.overview import (
    AnswerCounts,
    CallCounts,
    GameCounts,
    read_answer_counts,
    read_call_counts,
    read_game_counts,
    read_outlines,
    read_overviews,
)

_SHOWN = 12  # characters of a fingerprint
_WIDTH = 12  # of the names of fields
_JUDGING = "judge"

Role = Literal["baseline", "candidate", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who took part in a run.

    Attributes:
        fingerprint: Hash of what determines what it says.
        served: The models that servers named for it.
        answers: Of a contestant; None where none was placed.
        games: Of a judge, by candidate; the golden set goes by its own name.
        calls: That this run made of it, by role; what was reused was not called.
    """

    role: Role
    name: str
    kind: str
    fingerprint: str
    served: tuple[str, ...]
    answers: AnswerCounts | None
    games: Mapping[str, GameCounts]
    calls: Mapping[str, CallCounts]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """One run as it is shown.

    Attributes:
        run: As it is listed.
        gates: Decisions in the order of the plan.
        undecided: Gates of the plan without a decision, each as ``candidate gate``.
    """

    run: RunLine
    description: str
    session: str
    plan_hash: str
    prompts: int
    repeats: int
    seed: int
    versions: Mapping[str, str]
    seats: tuple[Seat, ...]
    gates: tuple[Decision, ...]
    undecided: tuple[str, ...]
    events: tuple[Event, ...]


def run_detail(store: Store, run: Run) -> RunDetail:
    """Return one run in detail; its ledger is not read."""
    plan = store.plan(run.plan_hash)
    came_to = read_overviews(store, [run.id])[run.id]
    decided = {(made.candidate, made.gate): made for made in came_to.decisions}
    places = [(rule.candidate, rule.id) for rule in plan.rules]
    short = short_ids([one.id for one in store.runs()])[run.id]
    return RunDetail(
        run=run_line(run, read_outlines(store, [plan.hash])[plan.hash], short, came_to),
        description=plan.description,
        session=run.session,
        plan_hash=plan.hash,
        prompts=len(plan.prompts),
        repeats=plan.repeats,
        seed=plan.seed,
        versions=run.versions,
        seats=tuple(_seats(store, run, plan)),
        gates=tuple(decided[place] for place in places if place in decided),
        undecided=tuple(" ".join(place) for place in places if place not in decided),
        events=tuple(store.events(run.id)),
    )


def detail_lines(found: RunDetail) -> Iterator[str]:
    """Yield one run for people, in lines that are safe in a terminal."""
    yield from _head(found)
    for seat in found.seats:
        yield from _seat_lines(seat)
    yield from _gate_lines(found)
    if found.events:
        yield "events"
        rows = [(moment(event.at), event.kind, _details(event)) for event in found.events]
        yield from (f"  {line}" for line in aligned(rows))


def _seats(store: Store, run: Run, plan: Plan) -> Iterator[Seat]:
    served: Served = store.served(run.id)
    answers = read_answer_counts(store, run.id)
    games = read_game_counts(store, run.id)
    calls = read_call_counts(store, run.id)
    for number, contestant in enumerate(plan.contestants):
        yield Seat(
            role="candidate" if number else "baseline",
            name=contestant.name,
            kind=contestant.kind,
            fingerprint=contestant.fingerprint,
            served=served.get(("answer", contestant.name), ()),
            answers=answers.get(contestant.name),
            games={},
            calls={
                role: count
                for (role, owner), count in sorted(calls.items())
                if owner == contestant.name and role != _JUDGING
            },
        )
    for judge in plan.judges:
        mine = calls.get((_JUDGING, judge.name))
        yield Seat(
            role="judge",
            name=judge.name,
            kind=judge.kind,
            fingerprint=judge.fingerprint,
            served=served.get(("judge", judge.name), ()),
            answers=None,
            games={who: count for (name, who), count in games.items() if name == judge.name},
            calls={} if mine is None else {_JUDGING: mine},
        )


def _head(found: RunDetail) -> Iterator[str]:
    run = found.run
    yield _field("run", run.id)
    yield _field("suite", f"{run.suite} ({run.path})")
    if found.description:
        yield _field("", found.description)
    yield _field("started", moment(run.started))
    if run.finished is not None:
        took = duration_words(max(run.finished - run.started, 0.0))
        yield _field("finished", f"{moment(run.finished)}, after {took}")
    yield _field("state", f"{run.state}{f': {run.stopped}' if run.stopped else ''}")
    yield _field("attempt", f"{run.attempt} of plan {found.plan_hash[:_SHOWN]}")
    if run.commit:
        yield _field("commit", run.commit)
    if run.source:
        yield _field("imported", f"from {run.source}")
    repeats = f", {found.repeats} repeats" if found.repeats > 1 else ""
    yield _field("plan", f"{plural(found.prompts, 'prompt')}{repeats}, seed {found.seed}")
    unknown = f" ({plural(run.uncosted, 'call')} of unknown cost)" if run.uncosted else ""
    yield _field("calls", f"{run.calls:,}, {dollars(run.cost)}{unknown}")
    if found.versions:
        yield _field("versions", ", ".join(f"{k} {v}" for k, v in found.versions.items()))


def _seat_lines(seat: Seat) -> Iterator[str]:
    served = f", served as {', '.join(seat.served)}" if seat.served else ""
    yield _field(seat.role, seat.name)
    yield _field("", f"{seat.kind}, fingerprint {seat.fingerprint[:_SHOWN]}{served}")
    if seat.answers is not None:
        counts = seat.answers
        told = (
            f"{plural(counts.placed, 'answer')}, {counts.reused:,} reused, {counts.failed:,} failed"
        )
        yield _field("", told)
    for who, games in sorted(seat.games.items()):
        on = "the golden set" if who == GOLDEN else who
        told = ", ".join(f"{count:,} {cause}" for cause, count in games.voids.items())
        void = f"{sum(games.voids.values()):,} void{f' ({told})' if told else ''}"
        yield _field("", f"on {on}: {plural(games.games, 'game')}, {games.reused:,} reused, {void}")
    for role, count in seat.calls.items():
        what = {"answer": "for answers", "judge": "to judge"}.get(role, f"for {role}")
        failed = f", {count.failed:,} failed" if count.failed else ""
        yield _field("", f"{plural(count.calls, 'call')} {what}{failed}, {dollars(count.cost)}")


def _gate_lines(found: RunDetail) -> Iterator[str]:
    if found.gates:
        yield "gates"
    for decision in found.gates:
        yield f"  {STATUS[decision.decision]}  {_gate_name(decision)}"
        yield f"    {_gate_words(decision)}"
    for place in found.undecided:
        yield f"  undecided  {one_line(place)}"


def _gate_name(decision: Decision) -> str:
    return f"{one_line(decision.candidate)}  {one_line(decision.gate)}"


def _gate_words(decision: Decision) -> str:
    """Return what was measured and asked for; where a gate did not pass, its reason says it all."""
    if decision.decision != "pass" and decision.reason:
        return one_line(decision.reason)
    measured = f"{value_words(decision)} {interval_words(decision)}".strip()
    return f"{measured}  needs {limit_words(decision)}  {evidence_words(decision)}"


def _field(name: str, told: str) -> str:
    return f"{name:<{_WIDTH}} {one_line(told)}"


def _details(event: Event) -> str:
    return ", ".join(f"{name} {value}" for name, value in event.details.items())
