"""Langfuse: exports of observations or traces as JSONL, JSON or CSV, from the UI, the API or blobs.

Each generation is a call: a prompt, an answer, its clocks, tokens and cost. The clocks are those of
an application's instrumentation, so no gate may rest on them. Field names come in snake case from
blobs and in camel case from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from arenatest.imports.conversations import UNKNOWN, messages_of, text_of, unpacked
from arenatest.imports.files import read_rows
from arenatest.imports.found import Found, Said
from arenatest.imports.losses import Losses, parsed
from arenatest.imports.rows import Row, count_of, number_of
from arenatest.imports.times import moment_of
from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.identity import content_id
from arenatest.model.prompt import Message, Prompt
from arenatest.suite.mistakes import Mistake, got

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def read(files: Sequence[Path], losses: Losses, baseline: str | None) -> Iterator[Found]:
    """Yield what files hold."""
    del baseline  # the files do not say who it is
    met = _Met()

    def parse(row: Row) -> Iterable[Found]:
        return [one for inner in _rows(row) for one in _observed(inner, losses, met)]

    for file in files:
        yield from parsed(read_rows(file, losses), losses, parse)


class _Met:
    """What was met so far, by hashes: a year of traffic has millions of generations."""

    def __init__(self) -> None:
        self._generations: set[int] = set()
        self._times: dict[int, int] = {}

    def again(self, generation: object) -> bool:
        """Return whether a generation was met before."""
        known = hash(generation) in self._generations
        self._generations.add(hash(generation))
        return known

    def times(self, model: str, prompt: str) -> int:
        """Return how often a model was asked this, with this time."""
        key = hash((model, prompt))
        self._times[key] = self._times.get(key, 0) + 1
        return self._times[key]


def _rows(row: Row) -> Iterator[Row]:
    """Yield the observations of a row: itself, or those of a trace or a page of the API."""
    fields = {_HUMP.sub(r"_\1", name).lower(): value for name, value in row.fields.items()}
    for name in ("data", "observations"):
        listed = unpacked(fields.get(name))
        if isinstance(listed, list) and any(isinstance(one, Mapping) for one in listed):
            for one in listed:
                if isinstance(one, Mapping):
                    yield from _rows(Row(place=row.place, fields=one))
            return
    yield Row(place=row.place, fields=fields)


def _observed(row: Row, losses: Losses, met: _Met) -> Iterator[Found]:
    kind = row.fields.get("type")
    if kind is None and row.has("value", "name"):
        losses.miss("scores", row.place)
        return
    if not isinstance(kind, str):
        losses.miss("traces without observations: export these", row.place)
        return
    if kind.upper() != "GENERATION":
        losses.miss("observations of other kinds than generations", row.place)
        return
    model = next(
        (row.fields[name] for name in ("provided_model_name", "model") if row.text_or(name)), None
    )
    if model is None:
        losses.miss("generations without the name of a model", row.place)
        return
    if row.fields.get("input") in (None, ""):
        losses.miss("generations without an input", row.place)
        return
    identity = row.text_or("id")
    if identity is not None and met.again(identity):
        losses.miss("generations repeated in the files", row.place)
        return
    messages = _asked(row.fields["input"])
    answer = _answer(row)
    name = content_id("prompt", [[one.role, one.content] for one in messages])[:16]
    times = met.times(model, name)
    prompt = name if times == 1 else f"{name}~{times}"
    yield Prompt(id=prompt, messages=messages, family=name)
    started = moment_of(row.fields.get("start_time"))
    yield Said(model=model, prompt=prompt, answer=answer, at=started, cost=_cost(row))


def _asked(value: object) -> tuple[Message, ...]:
    said = unpacked(value)
    if isinstance(said, Mapping):
        said = said.get("messages", [said] if "role" in said else said.get("prompt"))
    if isinstance(said, str) and said.strip():
        return (Message(role="user", content=said),)
    if not isinstance(said, list):
        raise got(value, "a text or messages", place=("input",))
    messages = tuple(messages_of(said, "input"))
    if not any(one.role == "user" for one in messages):
        raise Mistake("holds no message of a user", place=("input",))
    return messages


def _answer(row: Row) -> Answer:
    timing, usage, model = _timing(row), _usage(row), row.text_or("model")
    if str(row.fields.get("level") or "").upper() == "ERROR":
        message = row.text_or("status_message") or "the export says ERROR"
        failure = Failure(kind="provider", message=message)
        return Answer(failure=failure, usage=usage, timing=timing, model=model)
    return Answer(
        text=_said(row.fields.get("output")),
        finish=UNKNOWN,
        usage=usage,
        timing=timing,
        model=model,
    )


def _said(value: object) -> str:
    said = unpacked(value)
    if said is None:
        return ""
    if isinstance(said, Mapping) and isinstance(said.get("choices"), list) and said["choices"]:
        said = said["choices"][0]
    if isinstance(said, Mapping):
        for name in ("message", "content", "text", "completion", "output"):
            if said.get(name) is not None:
                return _said(said[name])
    return text_of(said, "output")


def _timing(row: Row) -> Timing | None:
    start, end, first = (
        moment_of(row.fields.get(name))
        for name in ("start_time", "end_time", "completion_start_time")
    )
    e2e = row.number_or("latency") if start is None or end is None else end - start
    ttft = row.number_or("time_to_first_token")
    if start is not None and first is not None:
        ttft = first - start
    e2e, ttft = (None if time is None or time < 0 else round(time, 6) for time in (e2e, ttft))
    if e2e is None and ttft is None:
        return None
    return Timing(source="unfit", ttft=ttft, e2e=e2e, wall=e2e)


def _usage(row: Row) -> Usage | None:
    found = unpacked(row.fields.get("usage_details")) or unpacked(row.fields.get("usage"))
    said: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    given = {_HUMP.sub(r"_\1", str(name)).lower(): value for name, value in said.items()}

    def count(*names: str) -> int | None:
        values = [given.get(name, row.fields.get(name)) for name in names]
        return next((c for c in map(count_of, values) if c is not None), None)

    usage = Usage(
        input_tokens=count("input", "prompt_tokens", "input_tokens"),
        output_tokens=count("output", "completion_tokens", "output_tokens"),
        reasoning_tokens=count("reasoning_tokens", "output_reasoning_tokens", "output_reasoning"),
        cached_tokens=count("input_cached_tokens", "input_cache_read", "cache_read_input_tokens"),
    )
    return None if usage == Usage() else usage


def _cost(row: Row) -> float | None:
    details = unpacked(row.fields.get("cost_details"))
    total = details.get("total") if isinstance(details, Mapping) else None
    for value in (row.fields.get("total_cost"), row.fields.get("calculated_total_cost"), total):
        cost = number_of(value)
        if cost is not None and cost >= 0:
            return cost
    return None
