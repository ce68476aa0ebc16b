"""The hooks that plugins implement, and the protocols of what the hooks return.

They live on pytest's own plugin manager, so that ``conftest.py`` and installed plugins both work
and a misspelt hook is an error. No hook is ``async``: hooks return objects with async methods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from arenatest.model.answer import Answer, Quota, TimingSource
    from arenatest.model.decision import Decision
    from arenatest.model.judgment import Game, Judgment
    from arenatest.model.metric import MetricSpec
    from arenatest.model.prompt import Message, Prompt
    from arenatest.model.record import Ledger

Made_co = TypeVar("Made_co", covariant=True)


def unheard(quota: Quota) -> None:
    """Take note of a quota where nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt at one model call, as a provider is asked to make it.

    Attributes:
        chat_id: Unique for this attempt; to be sent to the server where the API allows.
        prompt: What is asked; its ``system`` is the contestant's.
        messages: What to send: system prompt first, with the contestant's own earlier replies.
        params: Sampling parameters of the contestant, as the suite gives them.
        timeout: Seconds until the caller gives up and cancels.
        session: Id of the conversation that this call goes on with, the same for its turns and its
            retries: of this run, contestant, conversation (or prompt) and repeat. It looks random
            and says nothing of any of them. None for a judge's call, which stands alone.
        on_quota: To be told what the server says is left of its limits, once a response.
    """

    chat_id: str
    prompt: Prompt
    messages: tuple[Message, ...]
    params: Mapping[str, Any]
    timeout: float
    session: str | None = None
    on_quota: Callable[[Quota], None] = unheard


class Provider(Protocol):
    """Sends a prompt to a model and streams the answer. One attempt: retries are the engine's."""

    @property
    def endpoint(self) -> str:
        """Calls to one endpoint share its concurrency and its pauses."""

    @property
    def timing(self) -> TimingSource:
        """Whether its clocks may feed latency gates: ``measured``, ``recorded`` or ``unfit``."""

    @property
    def max_concurrency(self) -> int | None:
        """Calls in flight at once that its endpoint takes; None for the suite's own number."""

    async def open(self) -> None:
        """Get ready, on the engine's event loop, before the first call. Raises ``ArenaError``."""

    async def answer(self, call: Call) -> Answer:
        """Make one attempt. A model's failure is a value of the answer, never an exception."""

    async def close(self) -> None:
        """Let go of connections and processes; called once after the last call."""


Ask = Callable[["Prompt", "tuple[Message, ...]"], "Awaitable[tuple[str, Answer]]"]
"""Asks a judge's model through the engine, which retries and records: (chat id, final answer)."""


class Judge(Protocol):
    """Compares two answers blind to names. The engine shows it both orders."""

    async def judge(self, game: Game, ask: Ask) -> Judgment:
        """Return the verdict about the seats, or a void with its cause.

        Args:
            game: The prompt and the two texts.
            ask: Reaches the provider of a judge ``on_provider``; others do not call it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a metric looks at: an answer; and the baseline's, for a metric of battles only."""

    prompt: Prompt
    answer: Answer
    baseline: Answer | None


class Metric(Protocol):
    """A number with a unit and a direction, from one answer or one battle."""

    async def measure(self, sample: Sample) -> float | None:
        """Return the value of one answer that did not fail; None where it does not apply."""


class Cache(Protocol):
    """Keeps answers where other machines find them: behind the store, which is asked first.

    It holds bytes by key and need not understand them: what comes back is checked, and what is
    damaged or missing is bought. An error of it costs its answers, never the run.
    """

    async def open(self) -> None:
        """Get ready, on the engine's event loop."""

    async def get(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return the entries that are there. Keys are 32 hexadecimal digits."""

    async def put(self, entries: Mapping[str, bytes], lifetime: float) -> None:
        """Keep entries for ``lifetime`` seconds, in place of earlier ones."""

    async def close(self) -> None:
        """Let go of connections; called once, whatever happened before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a factory may use beside its options.

    Attributes:
        directory: The folder of the suite: relative paths start there.
        environ: The environment, for keys.
        clock: Monotonic seconds.
        shared: Things that several contestants of one run share, by a key of the plugin's own.
        provider: For a judge ``on_provider``: the provider that its table names.
        latency_gated: Whether a gate of the suite looks at latency, so caches must be off.
    """

    directory: Path
    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], float]
    shared: MutableMapping[str, Any]
    provider: Provider | None = None
    latency_gated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Under which name a vendor bills the tokens of a model.

    Attributes:
        model: As the vendor's price list names it.
        url: Of the vendor's API, by which it is recognised.
    """

    model: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Made_co]):
    """A kind of provider, judge, metric or cache: its options, and how to build one.

    Attributes:
        options: The pydantic model of its keys in the suite; it forbids extras. That of a cache has
            one key, ``url``.
        build: Makes one from validated options; heavy imports wait until here.
        identity: What enters the fingerprint: JSON values that determine the answers, without
            secrets. Default: all options and the version of the plugin's package. It is called
            at collection, raises ``ValueError`` for a missing file or function, and needs no key.
            A judge's may hold ``rubric``: what its model is told, whatever reads the reply.
        environment: Names of the environment variables that must be set before a call is made.
        ready: Raises ``OptionError`` where this machine lacks something, such as a package or a
            fetched model. All that the selected gates need is asked before any call is made.
        billing: Only for providers whose tokens somebody bills: under which name, so that the price
            can be looked up where the suite gives none. A limit of cost then needs a price.
        on_provider: Only for judges: the table also names a ``provider`` and holds its options.
        spec: Only for metrics, and required there: name, unit, direction and range, from the
            options. The suite's ``name`` replaces the name given here.
    """

    options: type[BaseModel]
    build: Callable[[Any, Context], Made_co]
    identity: Callable[[Any, Path], Mapping[str, Any]] | None = None
    environment: Callable[[Any], Sequence[str]] | None = None
    ready: Callable[[Any, Mapping[str, str]], None] | None = None
    billing: Callable[[Any], Billing] | None = None
    on_provider: bool = False
    spec: Callable[[Any], MetricSpec] | None = None


@pytest.hookspec
def pytest_arena_providers() -> Mapping[str, Kind[Provider]]:  # type: ignore[empty-body]
    """Return the kinds of provider that this plugin offers to contestants, by name.

    Called at collection of each suite through its folder's hooks; all results are collected. A
    name that two plugins offer is an error. None offers nothing.

    Returns:
        Kinds by the name that a suite writes in ``provider``.
    """


@pytest.hookspec
def pytest_arena_judges() -> Mapping[str, Kind[Judge]]:  # type: ignore[empty-body]
    """Return the kinds of judge that this plugin offers to ``[[judges]]`` tables, by name.

    Called at collection of each suite through its folder's hooks; all results are collected. A
    name that two plugins offer is an error. None offers nothing.

    Returns:
        Kinds by the name that a suite writes in ``kind``.
    """


@pytest.hookspec
def pytest_arena_metrics() -> Mapping[str, Kind[Metric]]:  # type: ignore[empty-body]
    """Return the kinds of metric that this plugin offers to ``[[metrics]]`` tables, by name.

    Called at collection of each suite through its folder's hooks; all results are collected. A
    name that two plugins offer, or that a built-in metric has, is an error. None offers nothing.
    A gate may also name a kind directly where none of its options is required.

    Returns:
        Kinds by the name that a suite writes in ``kind``.
    """


@pytest.hookspec
def pytest_arena_caches() -> Mapping[str, Kind[Cache]]:  # type: ignore[empty-body]
    """Return the kinds of shared cache that this plugin offers, by the scheme of their URLs.

    Called at collection of each suite, and where ``--arena-cache-url`` names a cache. All
    results are collected. A scheme that two plugins offer is an error. None offers nothing.

    Returns:
        Kinds by scheme: what stands before ``://``. The whole URL is the option ``url``.
    """


@pytest.hookspec
def pytest_arena_gate_decided(decision: Decision) -> None:
    """Observe that a gate was decided; called once for each gate item, in the process that ran it.

    All results are ignored: no hook decides a gate.

    Args:
        decision: The decision with what it compared.
    """


@pytest.hookspec
def pytest_arena_run_finished(ledger: Ledger, decisions: Sequence[Decision]) -> None:
    """Observe the record of a run after the session's last item; called in the controller only.

    All results are ignored.

    Args:
        ledger: All that the run recorded, read back from the store.
        decisions: The decisions of the selected gates.
    """
