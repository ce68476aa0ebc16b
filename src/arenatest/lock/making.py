"""Makes a lock from the record of a run: what is not in the store is not in the lock."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Literal

from arenatest.gates.words import limit
from arenatest.lock.lock import (
    LOCK_VERSION,
    Accepted,
    Lock,
    LockedContestant,
    LockedDataset,
    LockedGate,
    LockedJudge,
    LockedPart,
    LockedPrice,
    LockedPrompts,
)
from arenatest.model.decision import Decision
from arenatest.model.identity import content_id
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import Run, Served

_DIGITS = 6
_TOLD_APART = frozenset(
    {"suite", "description", "path", "prompts", "baseline", "candidates", "judges", "metrics"}
    | {"metric_fingerprints", "rules", "hash", "early_stop", "aa"}
)


def make_lock(
    plan: Plan,
    run: Run,
    served: Served,
    decisions: Iterable[Decision],
    *,
    promoted: str | None = None,
    forced: Sequence[str] = (),
) -> Lock:
    """Return the lock of a run.

    Args:
        plan: What was compared.
        run: A finished run of it.
        served: The models that servers named in that run.
        decisions: Of its gates, in the order in which they are to be listed.
        promoted: The candidate that becomes the baseline; None where nobody does.
        forced: What was wrong and is accepted all the same.
    """
    contestants = {c.name: _contestant(c, served) for c in plan.contestants}
    baseline = contestants[promoted or plan.baseline.name]
    mine = [d for d in decisions if promoted in (None, d.candidate)]
    return Lock(
        lock_version=LOCK_VERSION,
        suite=plan.suite,
        accepted=Accepted(
            by="lock" if promoted is None else "accept",
            candidate=promoted,
            over=None if promoted is None else contestants[plan.baseline.name],
            run=run.id,
            plan=plan.hash,
            attempt=run.attempt,
            started=_moment(run.started),
            finished=_moment(run.finished or run.started),
            arenatest=run.versions.get("arenatest", ""),
            forced=list(forced),
            gates=[_gate(decision) for decision in mine],
        ),
        baseline=baseline,
        candidates=[contestants[c.name] for c in plan.candidates] if promoted is None else [],
        judges=[_judge(seat, served) for seat in plan.judges],
        metrics=metric_prints(plan),
        prompts=locked_prompts(plan.prompts),
        settings=settings_of(plan),
        gates=gates_of(rule for rule in plan.rules if promoted in (None, rule.candidate)),
    )


def contestant_values(contestant: Contestant) -> dict[str, Any]:
    """Return what a lock says of a contestant, but for its name, price and served models."""
    options, params = _split(contestant.settings)
    return {
        "provider": contestant.kind,
        "options": options,
        "params": params,
        "system": text_hash(contestant.system),
        "template": text_hash(contestant.template),
        "fingerprint": contestant.fingerprint,
    }


def locked_price(contestant: Contestant) -> LockedPrice | None:
    """Return what a lock says of a price; None where it is unknown."""
    price = contestant.price
    if price is None:
        return None
    return LockedPrice(input=price.input, output=price.output, source=price.source)


def judge_values(seat: JudgeSeat) -> dict[str, Any]:
    """Return what a lock says of a judge, but for its name and served models."""
    options, params = _split(seat.settings)
    return {
        "kind": seat.kind,
        "options": options,
        "params": params,
        "repeats": seat.repeats,
        "strength": seat.strength,
        "rubric": seat.rubric,
        "fingerprint": seat.fingerprint,
    }


def metric_prints(plan: Plan) -> dict[str, str]:
    """Return the fingerprints of the metrics that are not built in, by name."""
    names = (metric.name for metric in plan.metrics)
    return dict(sorted(zip(names, plan.metric_fingerprints, strict=False)))


def locked_prompts(prompts: Iterable[Prompt]) -> LockedPrompts:
    """Return what a lock says of prompts: the whole and each dataset, whatever their order."""
    own: dict[str, list[str]] = defaultdict(list)
    for prompt in prompts:
        own[prompt.dataset or ""].append(_prompt(prompt))
    return LockedPrompts(
        prompts=sum(map(len, own.values())),
        hash=content_id("prompts", {name: sorted(hashes) for name, hashes in own.items()}),
        datasets=[
            LockedDataset(name=name, prompts=len(hashes), hash=content_id(sorted(hashes)))
            for name, hashes in sorted(own.items())
        ],
    )


def settings_of(plan: Plan) -> dict[str, Any]:
    """Return what else of a plan determines verdicts: plain values, and hashes of all others."""
    return {
        name: value
        for field in fields(plan)
        if field.name not in _TOLD_APART
        for name, value in _plain(field.name, getattr(plan, field.name))
    }


def gates_of(rules: Iterable[Rule]) -> dict[str, str]:
    """Return what the gates of each id ask; where candidates differ, all that is asked."""
    asked: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        asked[rule.id].add(_needs(rule))
    return {name: " or ".join(sorted(needs)) for name, needs in asked.items()}


def text_hash(text: str | None) -> str | None:
    """Return the identity of a text; None for none."""
    return None if text is None else content_id("text", text)


def _contestant(contestant: Contestant, served: Served) -> LockedContestant:
    return LockedContestant(
        name=contestant.name,
        **contestant_values(contestant),
        price=locked_price(contestant),
        served=list(served.get(("answer", contestant.name), ())),
        parts=[
            LockedPart(name=part.label, **contestant_values(part), price=locked_price(part))
            for part in contestant.parts
        ],
    )


def _judge(seat: JudgeSeat, served: Served) -> LockedJudge:
    return LockedJudge(
        name=seat.name, **judge_values(seat), served=list(served.get(("judge", seat.name), ()))
    )


def _gate(decision: Decision) -> LockedGate:
    return LockedGate(
        candidate=decision.candidate,
        gate=decision.gate,
        decision=decision.decision,
        passed=decision.passed,
        value=_short(decision.value),
        low=_short(decision.low),
        high=_short(decision.high),
        level=decision.level,
        n=decision.n,
    )


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.{_DIGITS}g}")


def _split(settings: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options and the sampling parameters, as JSON gives them back."""
    values = json.loads(json.dumps(dict(settings), default=_raw, sort_keys=True))
    params = values.pop("params", {})
    return {key: _placeless(value) for key, value in values.items()}, params


def _placeless(value: Any) -> Any:
    """Return a file's name instead of its place on a machine."""
    if isinstance(value, str):
        for path in (PurePosixPath(value), PureWindowsPath(value)):
            if path.is_absolute() or value.startswith("~"):
                return path.name
    return value


def _plain(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str | int | float | None):
        yield name, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _plain(f"{name}.{field.name}", getattr(value, field.name))
    elif value:
        yield name, content_id(name, json.loads(json.dumps(value, default=_raw)))


def _raw(value: Any) -> object:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return dict(value) if isinstance(value, Mapping) else str(value)


def _prompt(prompt: Prompt) -> str:
    said = [[message.role, message.content] for message in prompt.messages]
    labels = [prompt.subset, prompt.category, list(prompt.tags), prompt.family]
    return content_id("prompt", prompt.id, said, prompt.reference, labels)


def _needs(rule: Rule) -> str:
    unit = "ratio" if rule.stat == "ratio" else rule.metric.unit
    sign: Literal[">=", "<="] = ">=" if rule.side == "min" else "<="
    where = "".join(f", {key} {'|'.join(values)}" for key, values in rule.where)
    where += "" if rule.at is None else f", load {rule.at:g}"
    return (
        f"{rule.metric.name} {rule.stat} {sign} {limit(rule.limit, unit)} "
        f"at {rule.confidence:g}, {rule.policy}, {rule.target}{where}"
    )


def _moment(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
