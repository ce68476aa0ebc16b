"""Small plans and ledgers for tests of the engine."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.model.plan import JudgeSeat, Plan
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import Ledger, Run
from fakes.models import contestant


def prompt_of(name: str, **fields: object) -> Prompt:
    """A prompt that asks its own name."""
    return Prompt(id=name, messages=(Message(role="user", content=f"ask {name}"),), **fields)


def plan_of(
    prompts: Sequence[Prompt | str], *, candidates: Sequence[str] = ("new",), **fields: object
) -> Plan:
    """A plan of a baseline `old` against candidates, with one judge `judge`."""
    values: dict[str, object] = {
        "suite": "suite",
        "description": "",
        "path": "suite.arena.toml",
        "judges": (JudgeSeat(name="judge", kind="fake", fingerprint="fp-judge", settings={}),),
        "metrics": (),
        "rules": (),
        "hash": "plan",
    }
    asked = tuple(p if isinstance(p, Prompt) else prompt_of(p) for p in prompts)
    return Plan(
        prompts=asked,
        baseline=contestant("old"),
        candidates=tuple(contestant(name) for name in candidates),
        **{**values, **fields},
    )


def ledger_of(prompts: Sequence[Prompt | str], **fields: object) -> Ledger:
    """An empty ledger of such a plan."""
    run = Run(id="run", session="session", plan_hash="plan", started=0.0)
    return Ledger(run=run, plan=plan_of(prompts, **fields))
