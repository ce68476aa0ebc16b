"""A checked suite: the plan, and the validated options from which its parts are built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from arenatest.hookspec import Judge, Kind, Metric, Provider
from arenatest.model.metric import MetricSpec
from arenatest.model.plan import Contestant, JudgeSeat, Plan

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup(Generic[Made]):
    """What it takes to build one thing that a suite names.

    Attributes:
        name: As the suite names it; unique among its like.
        kind_name: The name under which a plugin offers the kind.
        kind: How to build it: ``kind.build(options, context)``.
        options: The kind's own options, validated.
        params: Sampling parameters, for a provider; empty for everything else.
    """

    name: str
    kind_name: str
    kind: Kind[Made]
    options: BaseModel
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSetup(Setup[Judge]):
    """What it takes to build one judge.

    Attributes:
        seat: The judge as the plan knows it.
        provider: Of a judge ``on_provider``: what builds the provider it asks, with the judge's
            name; None for a judge that needs no model.
        model: Of a judge ``on_provider``: that provider's model with its limits, price and
            timeout, as if it were a contestant; None otherwise.
    """

    seat: JudgeSeat
    provider: Setup[Provider] | None = None
    model: Contestant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSetup(Setup[Metric]):
    """What it takes to build one metric of a plugin.

    Attributes:
        spec: What it measures; its name is ``name``.
        fingerprint: Hash of what determines its values.
    """

    spec: MetricSpec
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is made: limits that change cost and duration, never a verdict.

    Attributes:
        concurrency: Model calls in flight at once for each endpoint.
        call_timeout: Seconds for one call of a contestant or judge without its own ``timeout``.
        deadline: Seconds for the whole run; None for no limit.
        max_calls: Model calls that the run may make; None for no limit.
        max_cost: US dollars that the run may spend; None for no limit.
        reuse_days: Days after which a recorded answer or judgment is bought again.
    """

    concurrency: int = 8
    call_timeout: float = 120.0
    deadline: float | None = None
    max_calls: int | None = None
    max_cost: float | None = None
    reuse_days: float = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A checked suite.

    Attributes:
        plan: What a run is going to do.
        directory: The folder of the suite: relative paths in options start there.
        contestants: Of their models, in the order of ``plan.contestants`` and of their parts.
        judges: In the order of ``plan.judges``.
        metrics: The plugins' metrics that ``[[metrics]]`` configures, and those that a gate names
            by their kind; in the order of ``plan.metrics``.
        environment: The environment variables that must be set before a call is made, each with
            the names of the contestants, judges and metrics that need it.
        latency_gated: Whether a gate looks at the clocks of calls.
    """

    plan: Plan
    directory: Path
    contestants: tuple[Setup[Provider], ...]
    judges: tuple[JudgeSetup, ...]
    metrics: tuple[MetricSetup, ...]
    settings: RunSettings
    environment: Mapping[str, tuple[str, ...]]
    latency_gated: bool
