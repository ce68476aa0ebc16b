"""From ``[baseline]`` and ``[[candidates]]`` to contestants and what builds their providers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from arenatest.errors import PluginError
from arenatest.hookspec import Billing, Kind, Provider
from arenatest.model.identity import canonical_json, content_id
from arenatest.model.plan import Contestant
from arenatest.model.price import Price
from arenatest.model.prompt import Prompt
from arenatest.suite.datasets import file_name, is_file, missing_file
from arenatest.suite.fingerprint import fingerprints, identity
from arenatest.suite.mistakes import Mistake, got, unknown
from arenatest.suite.names import slug
from arenatest.suite.options import option_values
from arenatest.suite.problems import Problems
from arenatest.suite.records import read_text
from arenatest.suite.schema import (
    AnsweringTable,
    ContestantTable,
    ModelTable,
    PartedTable,
    PartTable,
)
from arenatest.suite.secrets import Location
from arenatest.suite.slices import read_where
from arenatest.suite.suite import Setup
from arenatest.suite.validation import checked, checked_together

Made = TypeVar("Made")
_ASKED = ("messages", "input", "contents", "prompt")  # what APIs call the prompt itself
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A contestant with what builds the providers of its models, and what they are.

    Attributes:
        setups, identities: Of each of its models: of its parts, or of itself.
    """

    contestant: Contestant
    setups: tuple[Setup[Provider], ...]
    identities: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every table of one suite is read with.

    Attributes:
        prompts: All of them; None where they are wrong.
        prices: Tells what a vendor takes for a model, where somebody knows.
    """

    directory: Path
    call_timeout: float
    problems: Problems
    prompts: Sequence[Prompt] | None = None
    prices: Callable[[Billing], Price | None] = lambda _billing: None


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
            read = _parted if "parts" in table else _entrant
            entrant = read(table, location, kinds, around)
            if entrant is not None:
                entrants.append(entrant)
    _check_names(tables, around.problems)
    prints = fingerprints("contestant", (one for each in entrants for one in each.identities))
    left = iter(prints)
    return [replace(each, contestant=_identified(each.contestant, left)) for each in entrants]


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


def family_of(model: object) -> str | None:
    """Return the letters that a model's name begins with, after its owner's; None without any.

    Examples:
        >>> family_of("gpt-4o-2024-08-06"), family_of("Qwen/Qwen3-8B"), family_of(None)
        ('gpt', 'qwen', None)
    """
    if not isinstance(model, str):
        return None
    found = _LETTERS.match(model.rpartition("/")[2])
    return found[0].lower() if found else None


def read_model(
    name: str, table: ModelTable, kind: Kind[Provider], options: BaseModel, around: Surroundings
) -> Entrant:
    """Return a provider's model as a contestant, without system prompt and fingerprint.

    Raises:
        Mistake: ``params`` or the options hold what is no JSON, or name a missing thing.
        PluginError: The kind's code failed.
    """
    _check_params(table, kind)
    asked = option_values(options, given_only=True)
    what = identity("provider", table.provider, kind, options, around.directory)
    return Entrant(
        contestant=Contestant(
            name=name,
            kind=table.provider,
            fingerprint="",
            settings={**asked, **({"params": table.params} if table.params else {})},
            price=_price(table, kind, options, around),
            metered=kind.billing is not None,
            max_concurrency=table.max_concurrency,
            requests_per_minute=table.requests_per_minute,
            tokens_per_minute=table.tokens_per_minute,
            timeout=around.call_timeout if table.timeout is None else table.timeout,
        ),
        setups=(
            Setup(
                name=name, kind_name=table.provider, kind=kind, options=options, params=table.params
            ),
        ),
        identities=({**what, "params": table.params},),
    )


def _price(
    table: ModelTable, kind: Kind[Provider], options: BaseModel, around: Surroundings
) -> Price | None:
    """Return what the suite says, or else what a price list says of the model."""
    own = table.price
    if own is not None:
        return Price(input=own.input, output=own.output, cached_input=own.cached_input)
    if kind.billing is None:
        return None
    try:
        billing = kind.billing(options)
    except Exception as error:
        raise PluginError(f"billing of provider {table.provider!r} raised {error!r}") from error
    return around.prices(billing)


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
    return _answering(own.name, own, kind, options, around)


def _answering(
    name: str,
    table: AnsweringTable,
    kind: Kind[Provider],
    options: BaseModel,
    around: Surroundings,
) -> Entrant:
    system = _system(table, around)
    entrant = read_model(name, table, kind, options, around)
    (what,) = entrant.identities
    return replace(
        entrant,
        contestant=replace(
            entrant.contestant,
            system=system,
            template=table.template,
            family=table.family or family_of(entrant.contestant.settings.get("model")),
        ),
        identities=({**what, "system": system, "template": table.template},),
    )


def _parted(
    table: Mapping[str, Any],
    location: Location,
    kinds: Mapping[str, Kind[Provider]],
    around: Surroundings,
) -> Entrant | None:
    """Read a contestant made of parts, which answer in its name on the prompts of their slices."""
    for key in table:
        if key not in ("name", "parts"):
            problem = "stands beside parts, expected only a name: each part has keys of its own"
            raise Mistake(problem, place=(key,))
    own = checked(PartedTable, table, location, around.problems)
    if own is None:
        return None
    parts = []
    for index, part in enumerate(own.parts):
        place = (*location, "parts", index)
        with around.problems.at(*place):
            entrant = _part(own.name, part, place, kinds, around)
            if entrant is not None:
                parts.append(entrant)
    if len(parts) < len(own.parts):
        return None
    models = [part.contestant for part in parts]
    _check_cover(models, around.prompts)
    return Entrant(
        contestant=Contestant(
            name=own.name,
            kind="parts",
            fingerprint="",
            settings={"parts": [_told(model) for model in models]},
            timeout=max(model.timeout for model in models),
            parts=tuple(models),
        ),
        setups=tuple(setup for part in parts for setup in part.setups),
        identities=tuple(one for part in parts for one in part.identities),
    )


def _identified(contestant: Contestant, prints: Iterator[str]) -> Contestant:
    """Return a contestant with the next fingerprints, one for each of its models."""
    if not contestant.parts:
        return replace(contestant, fingerprint=next(prints))
    parts = tuple(replace(part, fingerprint=next(prints)) for part in contestant.parts)
    whole = content_id("parts", [[part.where, part.fingerprint] for part in parts])
    return replace(contestant, fingerprint=whole, parts=parts)


def _part(
    name: str,
    table: Mapping[str, Any],
    location: Location,
    kinds: Mapping[str, Kind[Provider]],
    around: Surroundings,
) -> Entrant | None:
    kind = kind_of("provider", "provider", table, kinds)
    read = checked_together((PartTable, kind.options), table, location, around.problems)
    if read is None:
        return None
    own, options = read
    assert isinstance(own, PartTable)  # noqa: S101 - the first model gives the first part
    if not own.where:
        raise Mistake("is empty, expected the prompts that this part answers", place=("where",))
    where = read_where(own.where, around.prompts)
    entrant = _answering(name, own, kind, options, around)
    return replace(entrant, contestant=replace(entrant.contestant, where=where))


def _check_cover(parts: Sequence[Contestant], prompts: Sequence[Prompt] | None) -> None:
    """Raise unless every prompt lies in exactly one part."""
    left = []
    for prompt in prompts or ():
        places = [index for index, part in enumerate(parts) if prompt.lies_in(part.where)]
        if len(places) > 1:
            problem = f"answers prompt {prompt.id!r}, as parts[{places[0]}] does"
            raise Mistake(f"{problem}: expected one part", place=("parts", places[1], "where"))
        if not places:
            left.append(prompt.id)
    if left:
        others = f" and {len(left) - 1} more" if left[1:] else ""
        raise Mistake(f"no part answers prompt {left[0]!r}{others}", place=("parts",))


def _told(model: Contestant) -> dict[str, object]:
    """Return what the suite says of a part, for reports and locks."""
    own = {"system": model.system, "template": model.template}
    given = {key: value for key, value in own.items() if value is not None}
    where = {key: list(values) for key, values in model.where}
    return {"where": where, "provider": model.kind, **model.settings, **given}


def _system(table: AnsweringTable, around: Surroundings) -> str | None:
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


def _check_params(table: ModelTable, kind: Kind[Provider]) -> None:
    """See that parameters are JSON, and none of them says what is said elsewhere in a suite."""
    elsewhere = {*type(table).model_fields, *kind.options.model_fields}
    for key, value in table.params.items():
        if key in elsewhere:
            problem = "is no parameter, but a key of the table itself"
            raise Mistake(problem, place=("params", key))
        if key in _ASKED:
            raise Mistake("is no parameter: the prompts are the suite's", place=("params", key))
        try:
            canonical_json(value)
        except (TypeError, ValueError):
            raise got(value, "a value that JSON can hold", place=("params", key)) from None
