"""Holds the end of a disturbed session to that of one that nothing disturbed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

import arenatest
from arenatest.keeping.verify import verify
from arenatest.model.record import Ledger
from arenatest.store import open_store, schema
from simulation.sessions import CLOCKED, WIDE, Seen, World

_VOLATILE = {
    *("id", "run", "started", "finished", "duration", "calls", "cost", "latency", "chat_id"),
    *("versions", "attempt", "session", "command", "timed", "waiting", "reused", "cached"),
    *("input_tokens", "output_tokens", "errors", "flips", "advice", "imbalances", "uncosted"),
    *("reused_age", "attempts"),
}


def hold_reports(world: World, expected: Seen) -> None:
    """No verdict comes from half a plan: what a killed session reported is the whole truth."""
    results = world.results()
    right = {_gate(gate): gate for gate in expected.results["gates"]}
    for gate in () if results is None else results["gates"]:
        if _gate(gate)[1] != CLOCKED and gate["cause"] not in ("plan", "budget"):
            assert gate == right[_gate(gate)], f"{gate} after a kill"


def _gate(gate: Mapping[str, Any]) -> tuple[str, str]:
    return gate["candidate"], gate["gate"]


def hold_end(world: World, ended: Seen, expected: Seen, *, kills: int) -> int:
    """Hold an ended session to the undisturbed one; return how many calls were paid twice."""
    timed = world.variant == "lane"
    if not timed:  # a clock may say that the machine was too busy
        assert ended.status == expected.status, f"exit status {ended.status}"
    assert _plain(ended.cases) == _plain(expected.cases), "JUnit"
    gates = [
        {_gate(gate): gate for gate in seen.results["gates"] if gate["gate"] != CLOCKED}
        for seen in (ended, expected)
    ]
    assert gates[0] == gates[1], differing(gates[0], gates[1])
    if world.variant != "early":  # which buys as much as was under way
        others = differing(steady(ended.results), steady(expected.results))
        assert not others, others
    hold_ledger(ended.ledger, expected.ledger, whole=world.variant != "early")
    hold_store(world, expected)
    return hold_calls(world, kills)


def _plain(cases: Mapping[str, str]) -> dict[str, str]:
    return {name: how for name, how in cases.items() if not name.endswith(CLOCKED)}


def steady(results: object) -> object:
    """Return what two runs of one plan must share: all but ids, times, and lost calls."""
    if isinstance(results, dict):
        if results.get("gate") == CLOCKED:
            return CLOCKED
        return {key: steady(value) for key, value in results.items() if key not in _VOLATILE}
    if isinstance(results, list):
        return [steady(value) for value in results]
    return results


def differing(one: object, other: object, where: str = "results") -> list[str]:
    """Return where two JSON values differ, with what stands there."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        pairs = [(f"{where}.{key}", one.get(key), other.get(key)) for key in keys]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{where}[{at}]", *two) for at, two in enumerate(zip(one, other, strict=True))]
    else:
        return [] if one == other else [f"{where}: {one!r}, undisturbed {other!r}"]
    return [line for name, mine, theirs in pairs for line in differing(mine, theirs, name)]


def hold_ledger(ended: Ledger, expected: Ledger, *, whole: bool) -> None:
    """Hold what stands in the places of a run to what stands there undisturbed."""
    parts = [
        (
            {slot: found.answer.text for slot, found in ledger.answers.items()},
            dict.fromkeys(ledger.timings),
            {
                slot: (said.verdict, said.void, said.explanation)
                for slot, said in ledger.judgments.items()
            },
            dict(ledger.measurements),
        )
        for ledger in (ended, expected)
    ]
    names = ("answers", "clocks", "judgments", "measurements")
    for name, found, right in zip(names, *parts, strict=True):
        if whole:
            assert found.keys() == right.keys(), name
        for slot in found.keys() & right.keys():
            assert found[slot] == right[slot], (name, slot)
    needed = {slot for slot in expected.answers if slot.contestant != "old"}
    assert needed <= ended.answers.keys(), "the gate that never stops early needs all of them"


def hold_store(world: World, expected: Seen) -> None:
    """Each thing stands once, as it was written, and each decision ever made is the right one."""
    right = {_gate(gate): gate for gate in expected.results["gates"]}
    with open_store(world.store, create=False) as store:
        for run in store.runs():
            for gate, decision in store.decisions(run.id).items():
                if gate[1] != CLOCKED:
                    assert decision.decision == right[gate]["decision"], decision
                    assert (decision.n, decision.value) == (right[gate]["n"], right[gate]["value"])
        assert [run for run in store.runs() if run.finished is None] == []
        calls = schema.generation.c
        once = select(calls.role, calls.key).where(calls.role.in_(("answer", "judge")))
        timed = select(calls.run, calls.role, calls.key).where(calls.role == "timing")
        with store.reading() as connection:
            for query in (once, timed):
                rows = connection.execute(query).all()
                assert len(rows) == len(set(rows)), "a call was recorded twice"
            bodies = connection.execute(select(schema.text.c.sha)).all()
            assert len(bodies) == len(set(bodies))
        findings = verify(store, version=arenatest.__version__)
        assert findings.count == 0, [str(finding) for finding in findings.told]


def hold_calls(world: World, kills: int) -> int:
    """Only what was in flight at a kill is paid twice, and no other call is missing."""
    twice = sum(count - 1 for count in world.asked().values())
    assert twice <= WIDE * kills, f"{twice} calls were paid twice"
    sent = {call.chat_id for call in world.calls}
    assert len(sent) == len(world.calls)
    with open_store(world.store, create=False) as store, store.reading() as connection:
        recorded = set(connection.execute(select(schema.generation.c.chat_id)).scalars())
    assert recorded <= sent, "a record of a call that nobody made"
    lost = len(sent - recorded)
    assert lost <= WIDE * kills, f"{lost} calls are not on record"
    return twice
