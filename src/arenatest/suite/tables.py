"""The tables of one suite, told apart by name and checked one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from arenatest.suite.arrivals import LoadTable
from arenatest.suite.latency import LatencyTable
from arenatest.suite.mistakes import got, unknown
from arenatest.suite.problems import Problems
from arenatest.suite.schema import (
    TABLES,
    DatasetTable,
    FileTable,
    GateTable,
    HealthTable,
    PromptTable,
    RunTable,
    SuiteTable,
    Table,
)
from arenatest.suite.secrets import Location
from arenatest.suite.validation import checked

Checked = TypeVar("Checked", bound=Table)
Raw = Mapping[Location, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What a suite file says: known tables as models by index, open ones as they are by place.

    Attributes:
        suite, run: None where they are wrong.
        latency, load, health, golden, labels: None where they are wrong, or missing.
        datasets, prompts, gates: Those that are right.
        contestants: ``[baseline]``, then ``[[candidates]]``.
    """

    suite: SuiteTable | None
    run: RunTable | None
    datasets: Mapping[int, DatasetTable]
    prompts: Mapping[int, PromptTable]
    contestants: Raw
    judges: Raw
    metrics: Raw
    gates: Mapping[int, GateTable]
    latency: LatencyTable | None
    load: LoadTable | None
    health: HealthTable | None
    golden: FileTable | None
    labels: FileTable | None


def read_tables(raw: Mapping[str, Any], problems: Problems, *, gated: bool = True) -> Tables:
    """Tell the tables of a suite apart and check those whose keys are all known.

    Args:
        raw: By name, as in a suite file.
        problems: Takes the mistakes.
        gated: Whether a suite without a gate is a mistake.
    """
    for name in raw:
        if name not in TABLES:
            problems.add((name,), unknown("table", name, TABLES))
    baseline = _single(raw, "baseline", problems)
    candidates = _array(raw, "candidates", problems)
    if raw.get("candidates") in (None, []):
        problems.add(("candidates",), "the suite has no candidate", hint="add [[candidates]]")
    if raw.get("datasets") in (None, []) and raw.get("prompts") in (None, []):
        hint = "add [[prompts]], or [[datasets]] with a path"
        problems.add(("prompts",), "the suite has no prompts", hint=hint)
    if gated and raw.get("gates") in (None, []):
        problem = "the suite has no gate: nothing would be decided"
        problems.add(("gates",), problem, hint='add [[gates]] with metric = "win_rate"')
    return Tables(
        suite=_model(SuiteTable, _single(raw, "suite", problems), "suite", problems),
        run=_model(RunTable, raw.get("run", {}), "run", problems),
        datasets=_models(DatasetTable, _array(raw, "datasets", problems), problems),
        prompts=_models(PromptTable, _array(raw, "prompts", problems), problems),
        contestants={**({} if baseline is None else {("baseline",): baseline}), **candidates},
        judges=_array(raw, "judges", problems),
        metrics=_array(raw, "metrics", problems),
        gates=_models(GateTable, _array(raw, "gates", problems), problems),
        latency=_model(LatencyTable, raw.get("latency"), "latency", problems),
        load=_model(LoadTable, raw.get("load"), "load", problems),
        health=_model(HealthTable, raw.get("health"), "health", problems),
        golden=_model(FileTable, raw.get("golden"), "golden", problems),
        labels=_model(FileTable, raw.get("labels"), "labels", problems),
    )


def _single(raw: Mapping[str, Any], name: str, problems: Problems) -> Mapping[str, Any] | None:
    table = raw.get(name)
    if isinstance(table, Mapping):
        return table
    if table is None:
        problems.add((name,), f"required table is missing: write [{name}]")
    elif isinstance(table, list):
        problems.add((name,), f"got a list of tables, expected one: write [{name}]")
    else:
        problems.add((name,), got(table, f"a table: write [{name}]"))
    return None


def _array(raw: Mapping[str, Any], name: str, problems: Problems) -> Raw:
    tables = raw.get(name)
    if tables is None:
        return {}
    if not isinstance(tables, list | tuple):
        problems.add((name,), got(tables, f"a list of tables: write [[{name}]]"))
        return {}
    found: dict[Location, Mapping[str, Any]] = {}
    for index, table in enumerate(tables):
        if isinstance(table, Mapping):
            found[name, index] = table
        else:
            problems.add((name, index), got(table, "a table"))
    return found


def _model(model: type[Checked], table: object, name: str, problems: Problems) -> Checked | None:
    return None if table is None else checked(model, table, (name,), problems)


def _models(model: type[Checked], tables: Raw, problems: Problems) -> dict[int, Checked]:
    made = {}
    for location, table in tables.items():
        value = checked(model, table, location, problems)
        if value is not None:
            made[int(location[1])] = value
    return made
