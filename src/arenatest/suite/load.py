"""Reads a suite file, or the same tables made in Python, and checks all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli

from arenatest.errors import SuiteError
from arenatest.model.finish import Finishes
from arenatest.model.latency import Latency
from arenatest.model.load import Load
from arenatest.model.metric import MetricSpec
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.suite.arrivals import check_load, read_load
from arenatest.suite.contestants import Entrant, Surroundings, read_contestants, variables
from arenatest.suite.datasets import gather
from arenatest.suite.judges import check_quorum, read_judges
from arenatest.suite.kinds import Kinds
from arenatest.suite.latency import read_latency
from arenatest.suite.metrics import named_by_gates, read_metrics, spec_of
from arenatest.suite.mistakes import Mistake
from arenatest.suite.order import battle_order
from arenatest.suite.plan_identity import plan_hash
from arenatest.suite.problems import Finds, Problems
from arenatest.suite.quantities import find_huge
from arenatest.suite.records import read_text
from arenatest.suite.rules import Field, read_rules
from arenatest.suite.schema import RunTable, SuiteTable
from arenatest.suite.secrets import find_secrets
from arenatest.suite.standards import Known, Standards, read_standards
from arenatest.suite.suite import JudgeSetup, MetricSetup, RunSettings, Setup, Suite
from arenatest.suite.tables import Tables, read_tables
from arenatest.suite.toml_lines import Lines

_ENDLESS = re.compile(r"[0-9][0-9_]{999}")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


def load_suite(path: Path, *, root: Path, kinds: Kinds) -> Suite:
    """Return the suite of a file.

    Args:
        path: The file.
        root: The root directory: messages and records name the file relative to it.
        kinds: What the suite may name.

    Raises:
        SuiteError: One thing is wrong.
        SuiteErrors: Several things are wrong.
        PluginError: The code of a kind failed.
    """
    name = path.relative_to(root) if path.is_relative_to(root) else path
    shown = name.as_posix()
    try:
        text = read_text(path, shown)
    except Mistake as mistake:
        raise SuiteError(shown, None, "", mistake.problem) from mistake
    try:
        tables = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _not_toml(error, text, shown) from error
    except (ValueError, RecursionError) as error:
        raise _too_much(error, text, shown) from error
    lines = Lines(text)
    return build_suite(tables, path=shown, directory=path.parent, kinds=kinds, lines=lines)


def build_suite(
    tables: Mapping[str, Any],
    *,
    path: str,
    directory: Path,
    kinds: Kinds,
    lines: Finds | None = None,
    gated: bool = True,
) -> Suite:
    """Return the suite of tables as tomli gives them, or as a test in Python writes them.

    Args:
        tables: By name, as in a suite file.
        path: What messages and records call the suite's file.
        directory: Where relative paths start.
        kinds: What the suite may name.
        lines: Finds the lines of tables and keys; None where there is no file.
        gated: Whether a suite without a gate is a mistake; a test in Python decides later.

    Raises:
        SuiteError: One thing is wrong.
        SuiteErrors: Several things are wrong.
        PluginError: The code of a kind failed.
    """
    problems = _refuse_unshowable(tables, Problems(path, tables, lines))
    read = read_tables(tables, problems, gated=gated)
    run = read.run or RunTable()
    prompts = _prompts(read, run, directory, problems)
    around = Surroundings(
        directory=directory,
        call_timeout=run.call_timeout,
        problems=problems,
        prompts=prompts,
        prices=kinds.prices,
    )
    entrants = read_contestants(read.contestants, kinds.providers, around)
    judges = read_judges(read.judges, kinds, around)
    check_quorum(run.quorum, len(read.judges), problems)
    metrics = _metrics(read, kinds, around)
    known = _known(read, run, prompts)
    standards = read_standards(read, known, directory, problems)
    load = read_load(read.load, problems)
    field = _field(known, read, entrants, judges)
    field = replace(field, load=load, load_is_wrong=load is None and "load" in tables)
    latency = read_latency(read.latency, problems)
    rules = read_rules(read.gates, run, field, _finder(read, metrics, kinds), problems)
    if gated:
        check_load(load, rules, [one.contestant for one in entrants], problems)
    problems.raise_any()
    assert read.suite is not None and prompts is not None  # noqa: S101, PT018 - else it is raised
    parts = _Parts(
        entrants=entrants, judges=judges, metrics=[*metrics.values()], latency=latency, load=load
    )
    plan = _plan(read.suite, run, parts, standards, path=path, prompts=prompts, rules=rules)
    return _suite(plan, run, parts, directory)


def _metrics(read: Tables, kinds: Kinds, around: Surroundings) -> dict[str, MetricSetup]:
    """Return the metrics of the suite's tables, and those that gates name by their kind alone."""
    metrics = read_metrics(read.metrics, kinds.metrics, around)
    named = (gate.metric for gate in read.gates.values())
    metrics.update(named_by_gates(named, metrics, kinds.metrics, around.directory))
    return metrics


def _refuse_unshowable(tables: Mapping[str, Any], problems: Problems) -> Problems:
    """Raise at once what no other message may show."""
    for location in find_secrets(tables):
        hint = "put it into an environment variable and name that in api_key_env"
        problems.add(location, "looks like a secret", hint=hint)
    problems.raise_any()  # before any plugin meets it
    for location in find_huge(tables):
        problems.add(location, "expected a whole number of at most 64 bits")
    problems.raise_any()  # others could not even show it
    return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    entrants: Sequence[Entrant]
    judges: Sequence[JudgeSetup]
    metrics: Sequence[MetricSetup]
    latency: Latency
    load: Load | None


def _prompts(
    read: Tables, run: RunTable, directory: Path, problems: Problems
) -> list[Prompt] | None:
    """Return all prompts; None where one is wrong."""
    before = len(problems)
    prompts = gather(
        read.datasets, read.prompts, directory=directory, seed=run.seed, problems=problems
    )
    return prompts if prompts and len(problems) == before else None


def _known(read: Tables, run: RunTable, prompts: list[Prompt] | None) -> Known:
    names = {place: str(table.get("name", "")) for place, table in read.contestants.items()}
    return Known(
        baseline=names.pop(("baseline",), ""),
        candidates=tuple(names.values()),
        prompts=prompts,
        seed=run.seed,
        reuse_days=run.reuse_days,
        judged=bool(read.judges),
    )


def _field(
    known: Known, read: Tables, entrants: Sequence[Entrant], judges: Sequence[JudgeSetup]
) -> Field:
    contestants = [entrant.contestant for entrant in entrants]
    families = {one.name: {model.family for model in one.models} for one in contestants}
    return Field(
        baseline=known.baseline,
        candidates=known.candidates,
        judged=known.judged,
        prompts=known.prompts,
        golden=read.golden is not None,
        labelled=read.labels is not None,
        families=families if len(entrants) == len(read.contestants) else None,
        kin=tuple(judge.seat.family for judge in judges),
    )


def _finder(
    read: Tables, metrics: Mapping[str, MetricSetup], kinds: Kinds
) -> Callable[[str], MetricSpec | None]:
    """Return what finds a metric by name; None for one whose own table is wrong."""
    tried = [table.get("name", table.get("kind")) for table in read.metrics.values()]

    def find(name: str) -> MetricSpec | None:
        if name in tried and name not in metrics:
            return None
        return spec_of(name, metrics, kinds.metrics)

    return find


def _plan(
    suite: SuiteTable,
    run: RunTable,
    parts: _Parts,
    standards: Standards,
    *,
    path: str,
    prompts: Sequence[Prompt],
    rules: Sequence[Rule],
) -> Plan:
    baseline, *candidates = (entrant.contestant for entrant in parts.entrants)
    plan = Plan(
        suite=suite.name,
        description=suite.description,
        path=path,
        prompts=battle_order(prompts, run.seed),
        baseline=baseline,
        candidates=tuple(candidates),
        judges=tuple(judge.seat for judge in parts.judges),
        metrics=tuple(metric.spec for metric in parts.metrics),
        rules=tuple(rules),
        seed=run.seed,
        repeats=run.repeats,
        early_stop=run.early_stop,
        max_void=run.max_void,
        voting=run.voting,
        quorum=run.quorum,
        finishes=Finishes(
            refusal=run.on_refusal, filter=run.on_filter, truncation=run.on_truncation
        ),
        metric_fingerprints=tuple(metric.fingerprint for metric in parts.metrics),
        latency=parts.latency,
        load=parts.load,
        limits=standards.limits,
        golden=standards.golden,
        labels=standards.labels,
        hash="",
    )
    return replace(plan, hash=plan_hash(plan))


def _suite(plan: Plan, run: RunTable, parts: _Parts, directory: Path) -> Suite:
    return Suite(
        plan=plan,
        directory=directory,
        contestants=tuple(setup for entrant in parts.entrants for setup in entrant.setups),
        judges=tuple(parts.judges),
        metrics=tuple(parts.metrics),
        settings=RunSettings(
            concurrency=run.concurrency,
            call_timeout=run.call_timeout,
            deadline=run.deadline,
            max_calls=run.max_calls,
            max_cost=run.max_cost,
            reuse_days=run.reuse_days,
        ),
        environment=_environment(parts),
        latency_gated=any(rule.metric.source in {"timing", "load"} for rule in plan.rules),
    )


def _environment(parts: _Parts) -> dict[str, tuple[str, ...]]:
    setups: list[tuple[str, Setup[Any]]] = [
        *(("provider", setup) for entrant in parts.entrants for setup in entrant.setups),
        *(("judge", judge) for judge in parts.judges),
        *(("provider", judge.provider) for judge in parts.judges if judge.provider is not None),
        *(("metric", setup) for setup in parts.metrics),
    ]
    needed: dict[str, tuple[str, ...]] = {}
    for what, setup in setups:
        for variable in variables(what, setup):
            names = (*needed.get(variable, ()), setup.name)
            needed[variable] = tuple(dict.fromkeys(names))
    return needed


def _too_much(error: Exception, text: str, shown: str) -> SuiteError:
    """Word what the parser gives up on: it cannot say where."""
    if isinstance(error, RecursionError):
        return SuiteError(shown, None, "", "not valid TOML: nested too deeply")
    found = _ENDLESS.search(text)
    line = None if found is None else text.count("\n", 0, found.start()) + 1
    return SuiteError(shown, line, "", "not valid TOML: a number of more than 64 bits")


def _not_toml(error: tomli.TOMLDecodeError, text: str, shown: str) -> SuiteError:
    """Word what tomli finds; before 2.1 it has the place only in its text."""
    message = str(error)
    found = _PLACE.search(message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    column = f" (column {found[2]})" if found and found[2] else " (at the end of the file)"
    problem = f"not valid TOML: {_PLACE.sub('', message)}{column}"
    return SuiteError(shown, line, "", problem)
