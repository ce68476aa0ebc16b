"""From ``[baseline]`` and ``[[candidates]]`` to contestants and what builds their providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from arenatest.errors import PluginError
from arenatest.hookspec import Kind, Provider
from arenatest.model.identity import canonical_json
from arenatest.model.plan import Contestant, Price
from arenatest.suite.datasets import file_name, is_file, missing_file
from arenatest.suite.fingerprint import fingerprints, identity
from arenatest.suite.mistakes import Mistake, got, unknown
from arenatest.suite.names import slug
from arenatest.suite.options import option_values
from arenatest.suite.problems import Problems
from arenatest.suite.records import read_text
from arenatest.suite.schema import ContestantTable, ModelTable
from arenatest.suite.secrets import Location
from arenatest.suite.suite import Setup
from arenatest.suite.validation import checked_together

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A contestant with what builds its provider, and what it is."""

    contestant: Contestant
    setup: Setup[Provider]
    identity: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every table of one suite is read with."""

    directory: Path
    call_timeout: float
    problems: Problems


def read_contestants(
    tables: Mapping[Location, Mapping[str, Any]],
    kinds: Mapping[str, Kind[Provider]],
    around: Surroundings,
) -> list[Entrant]:
    """Return the contestants whose tables are right, the baseline first.

    Args:
        tables: ``[baseline]`` and ``[[candidates]]`` by their places, in this order.
        kinds: Of providers, by name.
        around: The suite that they stand in; takes the mistakes.
    """
    entrants = []
    for location, table in tables.items():
        with around.problems.at(*location):
            entrant = _entrant(table, location, kinds, around)
            if entrant is not None:
                entrants.append(entrant)
    _check_names(tables, around.problems)
    prints = fingerprints("contestant", (entrant.identity for entrant in entrants))
    return [
        replace(entrant, contestant=replace(entrant.contestant, fingerprint=fingerprint))
        for entrant, fingerprint in zip(entrants, prints, strict=True)
    ]


def kind_of(what: str, key: str, table: Mapping[str, Any], kinds: Mapping[str, Made]) -> Made:
    """Return the kind that a table names under ``key``.

    Raises:
        Mistake: There is no such kind, or the key is missing.
    """
    name = table.get(key)
    if name is None:
        raise Mistake("required key is missing", place=(key,))
    if not isinstance(name, str):
        raise got(name, "text in quotes", place=(key,))
    if name not in kinds:
        raise Mistake(unknown(what, name, kinds).problem, place=(key,))
    return kinds[name]


def read_model(
    name: str, table: ModelTable, kind: Kind[Provider], options: BaseModel, around: Surroundings
) -> Entrant:
    """Return a provider's model as a contestant, without system prompt and fingerprint.

    Raises:
        Mistake: ``params`` or the options hold what is no JSON, or name a missing thing.
        PluginError: The kind's code failed.
    """
    _check_json(table.params)
    asked = option_values(options, given_only=True)
    price = table.price
    what = identity("provider", table.provider, kind, options, around.directory)
    return Entrant(
        contestant=Contestant(
            name=name,
            kind=table.provider,
            fingerprint="",
            settings={**asked, **({"params": table.params} if table.params else {})},
            price=Price(input=price.input, output=price.output) if price else None,
            max_concurrency=table.max_concurrency,
            timeout=around.call_timeout if table.timeout is None else table.timeout,
        ),
        setup=Setup(
            name=name, kind_name=table.provider, kind=kind, options=options, params=table.params
        ),
        identity={**what, "params": table.params},
    )


def variables(what: str, setup: Setup[Any]) -> tuple[str, ...]:
    """Return the environment variables that must be set before ``setup`` is used.

    Raises:
        PluginError: The kind's code failed, or returned something else than names.
    """
    if setup.kind.environment is None:
        return ()
    try:
        names = tuple(setup.kind.environment(setup.options))
    except Exception as error:
        raise PluginError(f"environment of {what} {setup.kind_name!r} raised {error!r}") from error
    if not all(isinstance(name, str) for name in names):
        raise PluginError(f"environment of {what} {setup.kind_name!r} returned {names!r}")
    return names


def _entrant(
    table: Mapping[str, Any],
    location: Location,
    kinds: Mapping[str, Kind[Provider]],
    around: Surroundings,
) -> Entrant | None:
    kind = kind_of("provider", "provider", table, kinds)
    parts = checked_together((ContestantTable, kind.options), table, location, around.problems)
    if parts is None:
        return None
    own, options = parts
    assert isinstance(own, ContestantTable)  # noqa: S101 - the first model gives the first part
    system = _system(own, around)
    entrant = read_model(own.name, own, kind, options, around)
    return Entrant(
        contestant=replace(entrant.contestant, system=system, template=own.template),
        setup=entrant.setup,
        identity={**entrant.identity, "system": system, "template": own.template},
    )


def _system(table: ContestantTable, around: Surroundings) -> str | None:
    if table.system_file is None:
        return table.system
    place = ("system_file",)
    if table.system is not None:
        raise Mistake("has system and system_file, expected only one of them", place=place)
    file = around.directory / table.system_file
    if not is_file(file):
        raise Mistake(missing_file(table.system_file, file).problem, place=place)
    text = read_text(file, file_name(table.system_file, around.problems.path)).rstrip("\r\n")
    if not text.strip():
        raise Mistake(f"{table.system_file!r} is empty", place=place)
    return text


def _check_names(tables: Mapping[Location, Mapping[str, Any]], problems: Problems) -> None:
    """Names are unique, and those of candidates stay so as parts of node ids."""
    first_use: dict[str, Location] = {}
    slugs: dict[str, str] = {}
    for location, table in tables.items():
        name = table.get("name")
        if not isinstance(name, str):
            continue
        if name in first_use:
            problems.add((*location, "name"), _same_name(name, first_use[name]))
            continue
        first_use[name] = location
        if location[0] != "candidates":
            continue
        other = slugs.setdefault(slug(name), name)
        if other != name:
            problem = f"is {slug(name)!r} in test ids, as is {other!r}: rename one of them"
            problems.add((*location, "name"), problem)


def _same_name(name: str, first: Location) -> str:
    if first == ("baseline",):
        return f"{name!r} is the name of the baseline: a candidate needs a name of its own"
    return f"{name!r} is also the name of candidates[{first[1]}]: names are unique"


def _check_json(params: Mapping[str, Any]) -> None:
    for key, value in params.items():
        try:
            canonical_json(value)
        except (TypeError, ValueError):
            raise got(value, "a value that JSON can hold", place=("params", key)) from None
