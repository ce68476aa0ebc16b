"""Builds the providers, judges and metrics that a suite names, and opens and closes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from arenatest.arena.foreign import guarded, told
from arenatest.arena.lanes import Lane, Traffic
from arenatest.arena.minute import Rate
from arenatest.arena.on_record import OnRecord
from arenatest.arena.roads import Places
from arenatest.errors import ArenaError, PluginError
from arenatest.hookspec import Context, Judge, Metric, Provider
from arenatest.model.plan import Contestant
from arenatest.model.prompt import Prompt
from arenatest.suite.contestants import variables
from arenatest.suite.suite import JudgeSetup, MetricSetup, Setup, Suite

Made = TypeVar("Made")

PATIENCE = 10.0
"""Seconds that a provider has to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A model that can be called: a contestant, or the model that a judge asks."""

    contestant: Contestant
    provider: Provider
    params: Mapping[str, object]
    lane: Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatedJudge:
    """A judge that is ready, with the model it asks, if it asks one."""

    setup: JudgeSetup
    judge: Judge
    target: Target | None


@dataclass(slots=True, kw_only=True)
class Cast:
    """All that takes part in one run, built and open.

    Attributes:
        targets: The models of each contestant, by its name: one, or its parts.
        places: By endpoint.
        lanes: By endpoint, and the names of the variables that hold the key.
    """

    targets: dict[str, tuple[Target, ...]] = field(default_factory=dict)
    judges: list[SeatedJudge] = field(default_factory=list)
    metrics: list[tuple[MetricSetup, Metric]] = field(default_factory=list)
    places: dict[str, Places] = field(default_factory=dict)
    lanes: dict[tuple[str, tuple[str, ...]], Lane] = field(default_factory=dict)

    def target(self, name: str, prompt: Prompt) -> Target:
        """Return which model of a contestant answers a prompt."""
        targets = self.targets[name]
        if len(targets) == 1:
            return targets[0]
        return next(one for one in targets if prompt.lies_in(one.contestant.where))

    @property
    def answering(self) -> list[Target]:
        """Every model that answers prompts."""
        return [target for targets in self.targets.values() for target in targets]

    @property
    def judging(self) -> list[Target]:
        """Every model that judges ask."""
        return [seat.target for seat in self.judges if seat.target]

    @property
    def providers(self) -> list[Provider]:
        """Every provider, once."""
        return [target.provider for target in (*self.answering, *self.judging)]

    async def close(self) -> None:
        """Close all providers; one that fails, or never ends, does not keep the others open."""
        closing = (asyncio.wait_for(guarded(p.close()), PATIENCE) for p in self.providers)
        await asyncio.gather(*closing, return_exceptions=True)


async def assemble(
    cast: Cast,
    suite: Suite,
    context: Context,
    *,
    contestants: Iterable[str],
    judged: bool,
    metrics: Iterable[str],
    traffic: Traffic,
    on_record: bool = False,
) -> None:
    """Build and open what the selected gates need; nothing else is built.

    Args:
        cast: Takes what is built, so that the caller can close it whatever happens here.
        suite: What may be built.
        context: For the factories.
        contestants: Whose providers are needed.
        judged: Whether the judges are needed.
        metrics: Names of the metrics that are needed.
        traffic: The roads to all endpoints.
        on_record: Whether no contestant is to be asked: none of their providers is built then.

    Raises:
        PluginError: A factory raised, or a provider could not be opened for a reason of its own.
        ArenaError: What a provider says of a missing key or model.
    """
    needed = set(contestants)
    models = (model for contestant in suite.plan.contestants for model in contestant.models)
    for setup, contestant in zip(suite.contestants, models, strict=True):
        if contestant.name in needed:
            provider = OnRecord() if on_record else _build(setup, context)
            target = Target(
                contestant=contestant,
                provider=provider,
                params=setup.params,
                lane=_lane(
                    cast, suite, contestant, setup=setup, provider=provider, traffic=traffic
                ),
            )
            cast.targets[contestant.name] = (*cast.targets.get(contestant.name, ()), target)
    for judge_setup in suite.judges if judged else ():
        cast.judges.append(_judge(cast, suite, judge_setup, context, traffic))
    wanted = set(metrics)
    for metric_setup in suite.metrics:
        if metric_setup.name in wanted:
            cast.metrics.append((metric_setup, _build(metric_setup, context)))
    await _open(cast)


def _judge(
    cast: Cast, suite: Suite, setup: JudgeSetup, context: Context, traffic: Traffic
) -> SeatedJudge:
    target = None
    if setup.provider is not None and setup.model is not None:
        provider = _build(setup.provider, context)
        target = Target(
            contestant=setup.model,
            provider=provider,
            params=setup.provider.params,
            lane=_lane(
                cast,
                suite,
                setup.model,
                setup=setup.provider,
                provider=provider,
                traffic=traffic,
            ),
        )
        context = replace(context, provider=provider)
    return SeatedJudge(setup=setup, judge=_build(setup, context), target=target)


def _build(setup: Setup[Made], context: Context) -> Made:
    try:
        return setup.kind.build(setup.options, context)
    except ArenaError:
        raise
    except Exception as error:
        raise PluginError(
            f"kind {setup.kind_name!r} could not build {setup.name!r}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _lane(
    cast: Cast,
    suite: Suite,
    contestant: Contestant,
    *,
    setup: Setup[Provider],
    provider: Provider,
    traffic: Traffic,
) -> Lane:
    """Return the lane of a model: those with one endpoint and one key share it."""
    endpoint = provider.endpoint
    keys = variables("provider", setup)
    stated = (contestant.max_concurrency, provider.max_concurrency)
    cap = min((number for number in stated if number is not None), default=None)
    wide = suite.settings.concurrency
    places = cast.places.setdefault(endpoint, Places(wide))
    places.width = min(places.width, wide if cap is None else cap)
    rate = Rate(requests=contestant.requests_per_minute, tokens=contestant.tokens_per_minute)
    lane = traffic.lane(endpoint, keys, places=places, cap=cap, rate=rate)
    return cast.lanes.setdefault((endpoint, keys), lane)


async def _open(cast: Cast) -> None:
    opening = (guarded(provider.open()) for provider in cast.providers)
    results = await asyncio.gather(*opening, return_exceptions=True)
    for problem in results:
        if isinstance(problem, ArenaError):
            raise problem
        if isinstance(problem, BaseException):
            raise PluginError(f"a provider could not be opened: {told(problem)}") from problem
