"""From ``[[metrics]]``, and from the metrics that gates name, to what builds them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from arenatest.errors import PluginError
from arenatest.hookspec import Kind, Metric
from arenatest.model.identity import content_id
from arenatest.model.metric import BUILT_IN, MetricSpec
from arenatest.suite.contestants import Surroundings, kind_of
from arenatest.suite.fingerprint import identity
from arenatest.suite.mistakes import Mistake, unknown
from arenatest.suite.schema import MetricTable
from arenatest.suite.secrets import Location
from arenatest.suite.suite import MetricSetup
from arenatest.suite.validation import checked_together

_CONTROLLED = re.compile(r"(?:\w+_)?controlled_win_rate|lc_win_rate")


def read_metrics(
    tables: Mapping[Location, Mapping[str, Any]],
    kinds: Mapping[str, Kind[Metric]],
    around: Surroundings,
) -> dict[str, MetricSetup]:
    """Return the metrics that ``[[metrics]]`` configures and whose tables are right, by name.

    Args:
        tables: ``[[metrics]]`` by their places.
        kinds: Of metrics, by name.
        around: The suite that they stand in; takes the mistakes.
    """
    metrics: dict[str, MetricSetup] = {}
    for location, table in tables.items():
        with around.problems.at(*location):
            kind = kind_of("metric kind", "kind", table, kinds)
            parts = checked_together((MetricTable, kind.options), table, location, around.problems)
            if parts is None:
                continue
            own, options = parts
            assert isinstance(own, MetricTable)  # noqa: S101 - the first model, the first part
            name = own.name or own.kind
            _check_name(name, metrics)
            metrics[name] = _setup(name, own.kind, kind, options, around.directory)
    return metrics


def named_by_gates(
    names: Iterable[str],
    configured: Mapping[str, MetricSetup],
    kinds: Mapping[str, Kind[Metric]],
    directory: Path,
) -> dict[str, MetricSetup]:
    """Return the metrics that gates name by their kind, without a table, where that suffices."""
    metrics = {}
    for name in dict.fromkeys(names):
        if name in BUILT_IN or name in configured or name not in kinds:
            continue
        try:
            options = kinds[name].options()
        except ValidationError:
            continue  # the gate's own check says what is missing
        metrics[name] = _setup(name, name, kinds[name], options, directory)
    return metrics


def spec_of(
    name: str, metrics: Mapping[str, MetricSetup], kinds: Mapping[str, Kind[Metric]]
) -> MetricSpec:
    """Return what is known of the metric that a gate names.

    Raises:
        Mistake: There is no such metric, or its kind needs options.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    if name in metrics:
        return metrics[name].spec
    if name in kinds:
        hint = f'add a [[metrics]] table with kind = "{name}"'
        raise Mistake(f"metric kind {name!r} needs options", hint=hint, place=("metric",))
    if _CONTROLLED.fullmatch(name):
        problem = (
            "a controlled win rate is reported and never gated: what makes an answer longer may "
            "be what makes it better"
        )
        raise Mistake(problem, hint='gate metric = "win_rate"', place=("metric",))
    wrong = unknown("metric", name, [*BUILT_IN, *metrics, *kinds])
    raise Mistake(wrong.problem, place=("metric",))


def _setup(
    name: str, kind_name: str, kind: Kind[Metric], options: BaseModel, directory: Path
) -> MetricSetup:
    spec = replace(_spec(kind_name, kind, options), name=name)
    return MetricSetup(
        name=name,
        kind_name=kind_name,
        kind=kind,
        options=options,
        spec=spec,
        fingerprint=content_id("metric", identity("metric", kind_name, kind, options, directory)),
    )


def _spec(kind_name: str, kind: Kind[Metric], options: BaseModel) -> MetricSpec:
    if kind.spec is None:
        raise PluginError(f"metric kind {kind_name!r} has no spec")
    try:
        spec = kind.spec(options)
    except ValueError as error:
        raise Mistake(str(error)) from error
    except Exception as error:
        raise PluginError(f"spec of metric {kind_name!r} raised {error!r}") from error
    if not isinstance(spec, MetricSpec):
        raise PluginError(f"spec of metric {kind_name!r} returned {spec!r}, expected a MetricSpec")
    if spec.range is not None:
        low, high = spec.range
        if not -math.inf < low < high < math.inf:
            raise Mistake(f"its range is {low!r} to {high!r}, expected two finite rising numbers")
    return spec


def _check_name(name: str, metrics: Mapping[str, MetricSetup]) -> None:
    if name in BUILT_IN:
        raise Mistake(f"{name!r} is the name of a built-in metric", place=("name",))
    if name in metrics:
        raise Mistake(f"{name!r} is also the name of another metric", place=("name",))
