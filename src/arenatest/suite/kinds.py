"""The kinds that plugins offer: of provider, judge and metric for suites, and of cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from arenatest.errors import PluginError
from arenatest.hookspec import Billing, Cache, Judge, Kind, Metric, Provider
from arenatest.model.metric import BUILT_IN
from arenatest.model.price import Price

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """All kinds that the plugins of one folder offer, by name, and what models of them cost.

    Attributes:
        prices: Tells what a vendor takes for a model, where somebody knows.
    """

    providers: Mapping[str, Kind[Provider]] = field(default_factory=dict)
    judges: Mapping[str, Kind[Judge]] = field(default_factory=dict)
    metrics: Mapping[str, Kind[Metric]] = field(default_factory=dict)
    caches: Mapping[str, Kind[Cache]] = field(default_factory=dict)
    prices: Callable[[Billing], Price | None] = lambda _billing: None


def merge_kinds(results: Sequence[Mapping[str, Kind[Made]]], what: str) -> dict[str, Kind[Made]]:
    """Merge what the plugins returned from one of the registry hooks.

    Args:
        results: One mapping from each plugin; None among them was dropped by pluggy.
        what: ``provider``, ``judge``, ``metric`` or ``cache``.

    Raises:
        PluginError: A result is not a mapping of kinds, a metric has no ``spec``, or a name is
            offered twice or belongs to a built-in metric.
    """
    merged: dict[str, Kind[Made]] = {}
    for result in results:
        for name, kind in _checked(result, what).items():
            if name in merged:
                raise PluginError(f"{what} kind {name!r} is offered by two plugins")
            if what == "metric" and name in BUILT_IN:
                raise PluginError(f"metric kind {name!r} has the name of a built-in metric")
            if what == "metric" and kind.spec is None:
                raise PluginError(f"metric kind {name!r} has no spec")
            merged[name] = kind
    return merged


def _checked(result: Mapping[str, Kind[Made]], what: str) -> Mapping[str, Kind[Made]]:
    if not isinstance(result, Mapping):
        raise PluginError(f"pytest_arena_{what}s returned {result!r}, expected names and Kinds")
    for name, kind in result.items():
        if not isinstance(name, str) or not isinstance(kind, Kind):
            raise PluginError(
                f"pytest_arena_{what}s returned {name!r}: {kind!r}, expected a name and a Kind"
            )
    return result
