"""The JSON Schema of a suite file, with the options of every kind that is installed.

Editors show it beside a suite and underline what is wrong. Names, files and units that depend on
other tables are only known to ``arenatest.suite.load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from arenatest.errors import PluginError
from arenatest.hookspec import Kind
from arenatest.model.metric import BUILT_IN
from arenatest.suite.arrivals import LoadTable
from arenatest.suite.kinds import Kinds
from arenatest.suite.latency import LatencyTable
from arenatest.suite.schema import (
    THRESHOLDS,
    AnsweringTable,
    ContestantTable,
    DatasetTable,
    FileTable,
    GateTable,
    HealthTable,
    JudgeTable,
    MetricTable,
    ModelTable,
    PartedTable,
    PartTable,
    PromptTable,
    RunTable,
    SuiteTable,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ATTRIBUTE = re.compile(r"\s{4,}(?P<name>\w+(?:, \w+)*): (?P<text>\S.*)")

Schema = dict[str, Any]


def suite_schema(kinds: Kinds) -> Schema:
    """Return the JSON Schema (2020-12) of a suite file.

    Args:
        kinds: Their options become keys of the tables that name them.
    """
    shared: Schema = {}
    shared["contestant"] = _contestant(kinds, shared)
    here = {"$ref": "#/$defs/contestant"}
    gate = {**_merged([GateTable], "gate", shared), "oneOf": _one_of(THRESHOLDS)}
    gate["properties"]["metric"]["examples"] = [*BUILT_IN, *kinds.metrics]
    prompt = {
        **_merged([PromptTable], "prompt", shared),
        "oneOf": _one_of(("query", "messages", "turns")),
    }
    return {
        "$schema": DIALECT,
        "title": "arenatest suite",
        "description": "Contestants, prompts, judges, metrics and gates of one suite.",
        "type": "object",
        "additionalProperties": False,
        "required": ["suite", "baseline", "candidates", "gates"],
        "anyOf": [{"required": ["datasets"]}, {"required": ["prompts"]}],
        "properties": {
            "suite": _merged([SuiteTable], "suite", shared),
            "run": _merged([RunTable], "run", shared),
            "latency": _merged([LatencyTable], "latency", shared),
            "load": {
                **_merged([LoadTable], "load", shared),
                "oneOf": _one_of(("rates", "concurrency")),
            },
            "datasets": _list(_merged([DatasetTable], "dataset", shared)),
            "prompts": _list(prompt),
            "baseline": {**here, "description": "The model in production."},
            "candidates": {**_list(here, least=1), "description": "Models that want its place."},
            "judges": _list(_chosen("kind", _judges(kinds, shared))),
            "health": _merged([HealthTable], "health", shared),
            "golden": _merged([FileTable], "golden", shared),
            "labels": _merged([FileTable], "labels", shared),
            "metrics": _list(_chosen("kind", _metrics(kinds, shared))),
            "gates": _list(gate, least=1),
        },
        "$defs": shared,
    }


def _contestant(kinds: Kinds, shared: Schema) -> Schema:
    """Return the schema of a contestant: of one made of parts, or of one model."""
    one_prompt = {"not": {"required": ["system", "system_file"]}}
    part = {**_chosen("provider", _answering(PartTable, "part", kinds, shared)), **one_prompt}
    parted = _merged([PartedTable], "parted", shared)
    parted["properties"]["parts"]["items"] = part
    alone = _chosen("provider", _answering(ContestantTable, "contestant", kinds, shared))
    return {
        "if": {"type": "object", "required": ["parts"]},
        "then": parted,
        "else": {**alone, **one_prompt},
    }


def _answering(
    table: type[AnsweringTable], what: str, kinds: Kinds, shared: Schema
) -> dict[str, Schema]:
    return {
        name: _merged([table, kind.options], f"{what}-{name}", shared)
        for name, kind in kinds.providers.items()
    }


def _judges(kinds: Kinds, shared: Schema) -> dict[str, Schema]:
    return {name: _judge(name, kind, kinds, shared) for name, kind in kinds.judges.items()}


def _judge(name: str, kind: Kind[Any], kinds: Kinds, shared: Schema) -> Schema:
    if not kind.on_provider:
        return _merged([JudgeTable, kind.options], f"judge-{name}", shared)
    return _chosen(
        "provider",
        {
            provider: _merged(
                [JudgeTable, kind.options, ModelTable, asked.options],
                f"judge-{name}-{provider}",
                shared,
            )
            for provider, asked in kinds.providers.items()
        },
    )


def _metrics(kinds: Kinds, shared: Schema) -> dict[str, Schema]:
    return {
        name: _merged([MetricTable, kind.options], f"metric-{name}", shared)
        for name, kind in kinds.metrics.items()
    }


def _chosen(key: str, schemas: Mapping[str, Schema]) -> Schema:
    """Return the schema of a table whose other keys depend on the kind that ``key`` names."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"enum": sorted(schemas)}},
        "allOf": [
            {
                "if": {"properties": {key: {"const": name}}, "required": [key]},
                "then": schema,
            }
            for name, schema in sorted(schemas.items())
        ],
    }


def _merged(models: Iterable[type[BaseModel]], name: str, shared: Schema) -> Schema:
    """Return one closed schema of all models' keys; what it refers to goes into ``shared``."""
    properties: Schema = {}
    required: list[str] = []
    for model in models:
        prefix = f"{name}.{model.__name__}"
        schema = _schema_of(model, prefix)
        for inner, definition in schema.get("$defs", {}).items():
            shared[f"{prefix}.{inner}"] = _plain(definition)
        described = _described(model)
        for key, value in schema.get("properties", {}).items():
            text = {"description": described[key]} if key in described else {}
            properties[key] = {**text, **_plain(value)}
        required += [key for key in schema.get("required", ()) if key not in required]
    closed: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "required": required} if required else closed


def _schema_of(model: type[BaseModel], prefix: str) -> Schema:
    try:
        return model.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    except PydanticUserError as error:
        place = f"{model.__module__}.{model.__qualname__}"
        raise PluginError(f"options {place} have no JSON Schema: {error.message}") from error


def _plain(schema: Any) -> Any:
    """Drop what TOML does not have (null) and what only repeats a key (titles)."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: _plain(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
    choices = plain.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        others = [choice for choice in choices if choice != {"type": "null"}]
        del plain["anyOf"]
        plain = {**others[0], **plain} if len(others) == 1 else {**plain, "anyOf": others}
    return plain


def _described(model: type[BaseModel]) -> dict[str, str]:
    """Read the ``Attributes:`` of a docstring: options may be described there."""
    _, _, text = (model.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in text.splitlines():
        match = _ATTRIBUTE.fullmatch(line)
        if match is not None:
            names = match["name"].split(", ")
            found.update(dict.fromkeys(names, match["text"]))
        elif line.strip():
            found.update({name: f"{found[name]} {line.strip()}" for name in names})
        else:
            break
    return found


def _list(items: Schema, *, least: int = 0) -> Schema:
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def _one_of(keys: Iterable[str]) -> list[Schema]:
    return [{"required": [key]} for key in keys]
