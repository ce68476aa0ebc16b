"""Plays an engine to its end, with models that say who they are."""

import asyncio

from fakes.models import ScriptedProvider, said
from fakes.runs import Stage, naming


def play(ledger, providers=None, during=None, **parts):
    """Run an engine to its end; `during(stage)` runs beside it. Return the stage."""

    async def run():
        stage = Stage(ledger, providers or models(ledger), **parts)
        beside = [during(stage)] if during else []
        stage.stopped, *_ = await asyncio.gather(stage.engine.run(), *beside)
        return stage

    return asyncio.run(run())


def models(ledger, **fields):
    return {c.name: naming(c.name, **fields) for c in ledger.plan.contestants}


def one_endpoint(ledger):
    """Contestants that share a provider's endpoint, and all the calls in their order."""
    asked = []

    def model(name):
        def answer(call):
            asked.append((name, call.prompt.id))
            return said(f"{name} says {call.prompt.id}")

        return ScriptedProvider(answer)

    return {c.name: model(c.name) for c in ledger.plan.contestants}, asked


def two_endpoints():
    return {"old": naming("old", endpoint="a"), "new": naming("new", endpoint="b")}


async def until(condition):
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")
