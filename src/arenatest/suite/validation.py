"""Checks tables with pydantic models and words what pydantic finds wrong."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from arenatest.suite.mistakes import Mistake, got, shown, unknown
from arenatest.suite.problems import Problems
from arenatest.suite.schema import Table
from arenatest.suite.secrets import Location

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "too_short": "a list that is not empty",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "path_type": "a path in quotes",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
}


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys that a table of this model may have."""
    return [
        field.validation_alias if isinstance(field.validation_alias, str) else (field.alias or name)
        for name, field in model.model_fields.items()
    ]


def checked(
    model: type[Model],
    table: object,
    location: Location,
    problems: Problems,
    *,
    keys: Iterable[str] | None = None,
) -> Model | None:
    """Return the table as a model, or None after adding what is wrong with it.

    Args:
        model: Forbids unknown keys.
        table: As tomli gives it.
        location: Where the table stands.
        problems: Takes the mistakes.
        keys: All keys that the table may have, for near names; default: those of ``model``.
    """
    if not isinstance(table, Mapping):
        problems.add(location, got(table, "a table"))
        return None
    try:
        return _validated(model, dict(table))
    except Mistake as mistake:
        problems.add((*location, *mistake.place), mistake)
        return None
    except ValidationError as error:
        known = list(keys if keys is not None else keys_of(model))
        for place, found in _one_each(error, table, known).items():
            problems.add((*location, *place), found)
        return None


def checked_together(
    models: Sequence[type[BaseModel]],
    table: Mapping[str, Any],
    location: Location,
    problems: Problems,
) -> tuple[BaseModel, ...] | None:
    """Split one table between several models by their keys; a key of two models goes to both.

    Args:
        models: Those of the table itself, of its kind, and of its kind's provider.
        table: As tomli gives it; a key that none of the models has is a mistake.
        location: Where the table stands.
        problems: Takes the mistakes.

    Returns:
        One value of each model, or None after adding what is wrong.
    """
    before = len(problems)
    known = {key for model in models for key in keys_of(model)}
    for key in table:
        if key not in known:
            problems.add((*location, key), unknown("key", key, known))
    made = []
    for model in models:
        own = set(keys_of(model))
        part = {key: value for key, value in table.items() if key in own}
        made.append(checked(model, part, location, problems, keys=known))
    if len(problems) > before or any(value is None for value in made):
        return None
    return tuple(value for value in made if value is not None)


def _validated(model: type[Model], table: dict[str, Any]) -> Model:
    """Validate without conversions: ``"8"`` is no number, whatever a plugin's model allows.

    In the form of JSON a strict model still takes a list for a tuple and a text for a path.
    """
    if issubclass(model, Table):
        return model.model_validate(table)
    for place in _not_finite(table):
        raise Mistake("got inf or nan, expected a finite number", place=place)
    try:
        text = json.dumps(table, default=_iso)
    except TypeError:  # a suite made in Python may hold objects
        return model.model_validate(table)
    return model.model_validate_json(text, strict=True)


def _not_finite(value: object, place: Location = ()) -> Iterator[Location]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _not_finite(held, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for index, held in enumerate(value):
            yield from _not_finite(held, (*place, index))


def _iso(value: object) -> str:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    raise TypeError


def _one_each(
    error: ValidationError, table: Mapping[str, Any], known: list[str]
) -> dict[Location, Mistake]:
    """Return one mistake for each place: a union says something for each of its members."""
    mistakes: dict[Location, Mistake] = {}
    for detail in error.errors(include_url=False):
        place = _real_place(detail["loc"], table)
        mistake = _mistake(detail, place, known)
        if place not in mistakes or "did you mean" in mistake.problem:
            mistakes[place] = mistake
    return mistakes


def _mistake(detail: Any, place: Location, known: list[str]) -> Mistake:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown("key", str(place[-1]), known if len(place) == 1 else ())
    if kind == "missing":
        listed = isinstance(detail["loc"][-1], int)
        return got(value, "a longer list") if listed else Mistake("required key is missing")
    if kind == "value_error":
        error = context["error"]
        return error if isinstance(error, Mistake) else Mistake(str(error))
    if kind in ("literal_error", "enum"):
        what = "key" if detail["loc"][-1] == "[key]" else "value"
        return _choice(what, value, context["expected"])
    if kind in _EXPECTED:
        return got(value, _EXPECTED[kind].format(**context))
    return Mistake(f"got {shown(value)}: {detail['msg']}")


def _choice(what: str, value: object, expected: str) -> Mistake:
    """Word a value that is not among a few; pydantic lists them as ``'a', 'b' or 'c'``."""
    names = [name.strip("'") for name in expected.replace(" or ", ", ").split(", ")]
    if isinstance(value, str):
        return unknown(what, value, names)
    return got(value, expected)


def _real_place(place: Location, table: Mapping[str, Any]) -> Location:
    """Drop what pydantic adds to a place and the table does not have, such as names of unions."""
    real: list[str | int] = []
    held: Any = table
    for index, part in enumerate(place):
        if isinstance(held, Mapping) and part in held:
            held = held[str(part)]
        elif isinstance(held, list | tuple) and isinstance(part, int) and part < len(held):
            held = held[part]
        elif index + 1 < len(place) or not isinstance(held, Mapping):
            continue
        real.append(part)
    return tuple(real)
