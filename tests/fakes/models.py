"""Stand-ins for models and for time, tested in tests/unit/arena/test_fakes.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from arenatest.arena.cast import Target
from arenatest.arena.lanes import Traffic
from arenatest.arena.minute import Rate
from arenatest.arena.roads import Places
from arenatest.hookspec import Call
from arenatest.model.answer import Answer, Failure
from arenatest.model.plan import Contestant
from arenatest.model.price import Price


class ScriptedProvider:
    """Answers from a list, then for ever with its last entry; keeps the calls it got."""

    def __init__(self, *script: Answer | BaseException | object, endpoint: str = "fake") -> None:
        self.endpoint = endpoint
        self.timing = "measured"
        self.max_concurrency = None
        self.calls: list[Call] = []
        self.running = 0
        self.most = 0
        self.gate: asyncio.Event | None = None
        self._script = list(script) or [said("fine")]

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def answer(self, call: Call) -> Answer:
        """Give the next entry of the script."""
        self.calls.append(call)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            entry = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            if isinstance(entry, BaseException):
                raise entry
            return entry(call) if callable(entry) else entry  # type: ignore[return-value]
        finally:
            self.running -= 1


def said(text: str, **fields: object) -> Answer:
    """An answer with this text."""
    return Answer(text=text, finish="stop", **fields)


def failed(kind: str = "server", *, retryable: bool = True, after: float | None = None) -> Answer:
    """An answer that is a failure."""
    failure = Failure(kind=kind, message=kind, retryable=retryable, retry_after=after)
    return Answer(failure=failure)


def contestant(name: str = "model", *, price: Price | None = None, **fields: object) -> Contestant:
    """A contestant with little to say."""
    values = {"kind": "fake", "fingerprint": f"fp-{name}", "settings": {}, "timeout": 5.0}
    return Contestant(name=name, price=price, **{**values, **fields})


def target(
    provider: ScriptedProvider,
    *,
    width: int = 8,
    clock: Callable[[], float],
    name: str = "model",
    rate: Rate | None = None,
    **fields: object,
) -> Target:
    """A model that can be called."""
    return Target(
        contestant=contestant(name, **fields),
        provider=provider,
        params={},
        lane=Traffic(clock).lane(provider.endpoint, places=Places(width), rate=rate or Rate()),
    )


def letters(count: int) -> Sequence[str]:
    """Distinct short names."""
    return [f"p{number}" for number in range(count)]
