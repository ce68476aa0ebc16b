"""What keeps a recorded run from answering for a plan: where their evidence is not the same.

Limits are no evidence. Gates, limits of judges, voting, quorum, ``max_void``, ``strength`` and what
refusals count as may differ: they say what is made of answers and verdicts that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from arenatest.model.identity import content_id
from arenatest.model.plan import Contestant, JudgeSeat, Plan
from arenatest.model.prompt import Prompt

READ = "llm"
"""The kind of judge whose verdicts are read from what its model replied."""

_SHOWN = 3  # names of prompts in a message


def differences(plan: Plan, recorded: Plan) -> tuple[str, ...]:
    """Return in a line each what differs in evidence; empty where the record fits.

    The record may hold more candidates and more metrics than the plan asks for. The order of the
    prompts is part of the evidence: gates are decided on the shortest prefix of it.

    Args:
        plan: What is to be decided.
        recorded: The plan of a run.
    """
    judges = _judges(plan.judges, recorded.judges)
    return (*answer_differences(plan, recorded), *judges, *_golden(plan, recorded))


def answer_differences(plan: Plan, recorded: Plan) -> tuple[str, ...]:
    """Return what differs in who was asked what; whoever judged it does not matter."""
    return tuple(_answers(plan, recorded))


def judge_differences(plan: Plan, recorded: Plan) -> tuple[str, ...]:
    """Return what the suite says otherwise of its judges; how replies are read may differ.

    The fingerprint of a judge whose model's replies are read also holds the version of what reads
    them. Its settings and its rubric do not.
    """
    seats = [seat for p in (plan, recorded) for seat in p.judges if seat.kind == READ]
    told = all(seat.rubric for seat in seats)  # older plans did not keep it
    judges = _judges(*([_as_said(seat, told=told) for seat in p.judges] for p in (plan, recorded)))
    return (*judges, *_golden(plan, recorded))


def _answers(plan: Plan, recorded: Plan) -> Iterator[str]:
    if plan.seed != recorded.seed:
        yield f"the seed is {plan.seed}, it was {recorded.seed}"
    if plan.repeats != recorded.repeats:
        yield f"repeats is {plan.repeats}, it was {recorded.repeats}"
    yield from _prompts(plan.prompts, recorded.prompts, sown=plan.seed == recorded.seed)
    if plan.baseline.name != recorded.baseline.name:
        yield f"the baseline is {plan.baseline.name!r}, it was {recorded.baseline.name!r}"
    elif plan.baseline.fingerprint != recorded.baseline.fingerprint:
        yield f"the baseline {plan.baseline.name!r} has changed"
    yield from _candidates(plan.candidates, recorded.candidates)


def _prompts(now: Sequence[Prompt], then: Sequence[Prompt], *, sown: bool) -> Iterator[str]:
    ours = {prompt.id: prompt for prompt in now}
    theirs = {prompt.id: prompt for prompt in then}
    known = [(prompt, theirs[name]) for name, prompt in ours.items() if name in theirs]
    changed = [one.id for one, other in known if _asked(one) != _asked(other)]
    labels = [one.id for one, other in known if one != other and _asked(one) == _asked(other)]
    yield from _named("new", [name for name in ours if name not in theirs])
    yield from _named("gone", [name for name in theirs if name not in ours])
    yield from _named("changed", changed)
    yield from _named("labelled otherwise", labels)
    if sown and ours == theirs and list(ours) != list(theirs):
        yield "the prompts stand in another order"


def _named(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        shown = ", ".join(map(repr, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
        yield f"{len(names):,} prompt{'s' * (len(names) > 1)} {what} ({shown})"


def _asked(prompt: Prompt) -> tuple[object, ...]:
    return prompt.system, prompt.messages, prompt.turn, prompt.reference


def _candidates(now: Sequence[Contestant], then: Sequence[Contestant]) -> Iterator[str]:
    known = {candidate.name: candidate.fingerprint for candidate in then}
    for candidate in now:
        if candidate.name not in known:
            yield f"the candidate {candidate.name!r} did not take part"
        elif known[candidate.name] != candidate.fingerprint:
            yield f"the candidate {candidate.name!r} has changed"


def _judges(now: Sequence[JudgeSeat], then: Sequence[JudgeSeat]) -> Iterator[str]:
    ours, theirs = {seat.name: seat for seat in now}, {seat.name: seat for seat in then}
    for name, seat in ours.items():
        if name not in theirs:
            yield f"the judge {name!r} did not judge"
        elif seat.fingerprint != theirs[name].fingerprint:
            yield f"the judge {name!r} has changed"
        elif seat.repeats != theirs[name].repeats:
            yield f"the judge {name!r} repeats {seat.repeats}, it was {theirs[name].repeats}"
    for name in theirs:
        if name not in ours:
            yield f"the judge {name!r} is gone"


def _golden(plan: Plan, recorded: Plan) -> Iterator[str]:
    if plan.golden != recorded.golden:
        yield "the golden set is another one"


def _as_said(seat: JudgeSeat, *, told: bool) -> JudgeSeat:
    if seat.kind != READ:
        return seat
    said = [seat.kind, dict(seat.settings), seat.rubric if told else ""]
    return replace(seat, fingerprint=content_id("judge as said", *said))
