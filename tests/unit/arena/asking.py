"""Asks a caller, and gives what came of it."""

import asyncio
import random

from arenatest.arena.budget import Budget, Limits, OwnAccount
from arenatest.arena.calls import Asked, Caller
from arenatest.arena.redact import Redactor
from arenatest.model.prompt import Message, Prompt
from fakes.models import target
from fakes.plans import ledger_of


def ask(
    provider,
    *,
    ledger=None,
    count=1,
    width=8,
    paid=(),
    max_calls=None,
    max_cost=None,
    admitted=None,
    secrets=None,
    journal=None,
    lag=None,
    role="answer",
    **fields,
):
    """Ask `count` times at once; return the answers, the kept records and the caller."""
    ledger = ledger or ledger_of([])
    kept = []

    class Kept:
        async def keep(self, *records):
            await asyncio.sleep(0)
            kept.extend(records)

    async def run():
        clock = asyncio.get_running_loop().time
        ids = iter(range(1000))
        caller = Caller(
            ledger=ledger,
            journal=journal or Kept(),
            paid=paid,
            clock=clock,
            wall=lambda: 7.0,
            new_id=lambda: f"chat-{next(ids)}",
            chance=random.Random(0),
            redactor=Redactor(secrets or {}, secrets or {}),
            budgets=[Budget(Limits(max_calls=max_calls, max_cost=max_cost), OwnAccount())],
            lag=lag,
        )
        caller.admit([] if admitted is None else admitted)
        aim = target(provider, width=width, clock=clock, **fields)
        prompt = Prompt(id="p", messages=(Message(role="user", content="hi"),))
        asked = Asked(
            target=aim,
            prompt=prompt,
            messages=prompt.messages,
            key="k",
            role=role,
            repeat=0,
            rank=0,
        )
        tasks = [caller.ask(asked) for _ in range(count)]
        return await asyncio.gather(*tasks, return_exceptions=True), caller

    answers, caller = asyncio.run(run())
    return answers, kept, caller
