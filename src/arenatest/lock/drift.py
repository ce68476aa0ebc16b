"""Drift: what differs between a lock and a suite, and between a lock and what servers said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from arenatest.lock.lock import (
    Lock,
    LockedContestant,
    LockedJudge,
    LockedPart,
    LockedPrice,
    LockedPrompts,
)
from arenatest.lock.making import (
    contestant_values,
    gates_of,
    judge_values,
    locked_price,
    locked_prompts,
    metric_prints,
    settings_of,
)
from arenatest.model.plan import Contestant, Plan
from arenatest.model.record import Served

_SHOWN = 8  # digits of a hash that people compare
_MOST = 80  # characters of a value


def drift(lock: Lock, plan: Plan) -> tuple[str, ...]:
    """Return what a suite changed since it was locked, in a line each; known before any call.

    A candidate that the lock does not name is new, which is no drift.

    Args:
        lock: What was accepted.
        plan: What is to be run now.
    """
    return (
        *_contestants(lock, plan),
        *_judges(lock, plan),
        *_prompts(lock.prompts, locked_prompts(plan.prompts)),
        *_named("metric", lock.metrics, metric_prints(plan)),
        *_settings(lock.settings, settings_of(plan)),
        *_gates(lock.gates, plan),
    )


def served_drift(lock: Lock, served: Served) -> tuple[str, ...]:
    """Return which servers name other models than they did in the accepted run.

    Args:
        lock: What was accepted.
        served: The models that servers named in a run, as far as it has come.
    """
    lines = []
    parts: list[tuple[Literal["answer", "judge"], LockedContestant | LockedJudge]] = [
        *(("answer", one) for one in (lock.baseline, *lock.candidates)),
        *(("judge", one) for one in lock.judges),
    ]
    for role, one in parts:
        found = served.get((role, one.name), ())
        if one.served and set(found) - set(one.served):
            said = f"locked {', '.join(one.served)}, found {', '.join(found)}"
            lines.append(f"{_called(role, one.name)}: another model is served: {said}")
    return tuple(lines)


def _contestants(lock: Lock, plan: Plan) -> Iterator[str]:
    if plan.baseline.name != lock.baseline.name:
        yield _line("baseline", lock.baseline.name, plan.baseline.name)
    locked = {one.name: one for one in (lock.baseline, *lock.candidates)}
    for contestant in plan.contestants:
        if (one := locked.get(contestant.name)) is not None:
            yield from _models(contestant, one.parts or [one])


def _models(now: Contestant, before: Sequence[LockedContestant | LockedPart]) -> Iterator[str]:
    """Yield the changes of a contestant, model by model where it is made of several."""
    locked = {model.name: model for model in before}
    found = {model.label: model for model in now.models}
    if locked.keys() != found.keys():
        yield _line(f"{now.name} parts", ", ".join(locked), ", ".join(found))
    for name in [name for name in locked if name in found]:
        was = locked[name].model_dump(exclude={"name", "price", "served", "parts"})
        yield from _changes(name, was, contestant_values(found[name]))
        prices = _dollars(locked[name].price), _dollars(locked_price(found[name]))
        if prices[0] != prices[1]:
            yield _line(f"{name} price", *prices)


def _judges(lock: Lock, plan: Plan) -> Iterator[str]:
    locked = {judge.name: judge for judge in lock.judges}
    found = {seat.name: seat for seat in plan.judges}
    for name in [*locked, *(name for name in found if name not in locked)]:
        called = _called("judge", name)
        if name not in found:
            yield f"{called}: locked, found none"
        elif name not in locked:
            yield f"{called}: locked none, found one"
        else:
            before = locked[name].model_dump(exclude={"name", "served"})
            yield from _changes(called, before, judge_values(found[name]))


def _changes(who: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield what can be named; where only the fingerprint tells that something changed, that."""
    lines: list[str] = []
    for key in before:
        if key in ("options", "params"):
            lines += _named(f"{who} {key}", before[key], now[key], dot=True)
        elif key == "rubric":
            if before[key] and before[key] != now[key]:
                lines.append(_line(f"{who} rubric", before[key][:_SHOWN], now[key][:_SHOWN]))
        elif key != "fingerprint" and before[key] != now[key]:
            name = f"{key} prompt" if key == "system" else key
            lines.append(_line(f"{who} {name}", before[key], now[key]))
    was, found = before["fingerprint"], now["fingerprint"]
    if not lines and was != found:
        inside = "code or package"
        if "kind" in before:
            inside = "parser or code" if before["rubric"] else "rubric or code"
        lines.append(_line(f"{who} {inside}", was[:_SHOWN], found[:_SHOWN]))
    yield from lines


def _named(
    what: str, before: Mapping[str, Any], now: Mapping[str, Any], *, dot: bool = False
) -> Iterator[str]:
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            yield _line(f"{what}{'.' if dot else ' '}{key}", before.get(key), now.get(key))


def _prompts(before: LockedPrompts, now: LockedPrompts) -> Iterator[str]:
    if before.hash == now.hash:
        return
    was = {one.name: one for one in before.datasets}
    found = {one.name: one for one in now.datasets}
    for name in [*was, *(name for name in found if name not in was)]:
        old, new = was.get(name), found.get(name)
        if old != new:
            sides = [
                f"{one.prompts} prompts ({one.hash[:_SHOWN]})" if one else "none"
                for one in (old, new)
            ]
            what = f"dataset {name}" if name else "prompts of the suite"
            yield f"{what}: locked {sides[0]}, found {sides[1]}"


def _settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield changes of what both know: another version of arenatest may know of more."""
    for key in before:
        if key in now and before[key] != now[key]:
            yield _line(key, before[key], now[key])


def _gates(locked: Mapping[str, str], plan: Plan) -> Iterator[str]:
    """Yield what gates ask now: of each candidate, for a candidate may have gates of its own."""
    for name, needs in locked.items():
        own = [gates_of([rule])[name] for rule in plan.rules if rule.id == name]
        asked = needs.split(" or ")
        others = sorted(set(own) - set(asked))
        if others or not own:
            yield f"gate {name}: locked {needs}, found {' or '.join(others) or 'none'}"


def _dollars(price: LockedPrice | None) -> str | None:
    """Return a price without its source: a price list that is a day older says the same."""
    return None if price is None else f"${price.input:g} in and ${price.output:g} out"


def _called(role: str, name: str) -> str:
    return f"judge {name}" if role == "judge" else name


def _line(what: str, before: object, now: object) -> str:
    return f"{what}: locked {_shown(before)}, found {_shown(now)}"


def _shown(value: object) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else repr(value)
    if _is_hash(text):
        return text[:_SHOWN]
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def _is_hash(text: str) -> bool:
    return len(text) == 32 and not set(text) - set("0123456789abcdef")  # noqa: PLR2004


def joined(lines: Iterable[str]) -> str:
    """Return the lines one below the other, indented, as a message ends with them."""
    return "\n".join(f"  {line}" for line in lines)
