"""The kind of provider ``replay``: answers recorded in a JSONL file, timings included."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from arenatest.hookspec import Call, Context, Kind, Provider
from arenatest.model.answer import Answer, Failure, Timing, TimingSource, Usage
from arenatest.providers.clocks import nearest_rank

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class ReplayOptions(BaseModel):
    """Gives back answers, and their times, that were recorded in a JSONL file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(
        min_length=1, description="A JSONL file of recorded answers, relative to the suite."
    )


class RecordedUsage(BaseModel):
    """Token counts of a recorded answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cached_tokens: Count | None = None


class RecordedTiming(BaseModel):
    """Times of a recorded answer, in seconds; the words are those of ``Timing``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    queue_wait: Seconds | None = None
    connect: Seconds | None = None
    ttfb: Seconds | None = None
    ttft: Seconds | None = None
    ttfat: Seconds | None = None
    tpot: Seconds | None = None
    e2e: Seconds | None = None
    wall: Seconds | None = None
    icl: Seconds | None = None
    gaps: list[Seconds] = Field(default_factory=list)
    reads: Count | None = None
    connection_reused: bool | None = None


class RecordedAnswer(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt_id: str | None = None
    query: str | None = None
    text: str
    reasoning: str = ""
    finish: str = "stop"
    model: str | None = None
    usage: RecordedUsage | None = None
    timing: RecordedTiming | None = None


class Recording:
    """Recorded answers, found by the prompt's id, else by its text.

    Raises:
        ValueError: A line is not what it should be, or answers a prompt again; it says which line.
    """

    def __init__(self, content: bytes) -> None:
        self._by_id: dict[str, Answer] = {}
        self._by_query: dict[str, Answer] = {}
        for number, line in enumerate(_text(content).split("\n"), start=1):
            if line.strip():
                try:
                    self._add(RecordedAnswer.model_validate_json(line))
                except ValueError as error:
                    raise ValueError(f"line {number}: {_first(error)}") from None

    def find(self, prompt_id: str, query: str) -> Answer | None:
        """Return the answer to a prompt; None where it was not recorded."""
        return self._by_id.get(prompt_id) or self._by_query.get(query)

    def _add(self, recorded: RecordedAnswer) -> None:
        if recorded.prompt_id is None and recorded.query is None:
            raise ValueError("has neither prompt_id nor query")
        answer = _answer(recorded)
        if recorded.prompt_id is not None:
            if recorded.prompt_id in self._by_id:
                raise ValueError(f"answers prompt_id {recorded.prompt_id!r} again")
            self._by_id[recorded.prompt_id] = answer
        elif recorded.query in self._by_query:
            raise ValueError(f"answers query {recorded.query!r} again")
        if recorded.query is not None:
            self._by_query.setdefault(recorded.query, answer)


class ReplayProvider:
    """Gives recorded answers at once; their times are the recorded ones."""

    endpoint = "replay"
    timing: TimingSource = "recorded"
    max_concurrency: int | None = None

    def __init__(self, recording: Recording, name: str) -> None:
        self._recording = recording
        self._name = name

    async def open(self) -> None:
        """Nothing to get ready."""

    async def close(self) -> None:
        """Nothing to let go."""

    async def answer(self, call: Call) -> Answer:
        """Return what was recorded for the prompt."""
        found = self._recording.find(call.prompt.id, call.prompt.text)
        if found is not None:
            return found
        message = f"{self._name} holds no answer for prompt {call.prompt.id!r}"
        return Answer(failure=Failure(kind="missing", message=message))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: is not UTF-8") from None


def _first(error: ValueError) -> str:
    """The first thing that is wrong, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    detail = error.errors(include_url=False)[0]
    place = ".".join(map(str, detail["loc"]))
    return f"{place}: {detail['msg']}" if place else detail["msg"]


def _answer(recorded: RecordedAnswer) -> Answer:
    return Answer(
        text=recorded.text,
        reasoning=recorded.reasoning,
        finish=recorded.finish,
        model=recorded.model,
        usage=None if recorded.usage is None else Usage(**recorded.usage.model_dump()),
        timing=None if recorded.timing is None else _timing(recorded.timing),
    )


def _timing(recorded: RecordedTiming) -> Timing:
    """What was recorded, and what follows from recorded gaps."""
    known: dict[str, Any] = recorded.model_dump(exclude_none=True)
    gaps = known["gaps"] = tuple(recorded.gaps)
    if gaps:
        known.setdefault("icl", nearest_rank(recorded.gaps, 95))
        known.setdefault("reads", len(gaps) + 1)
    return Timing(source="recorded", **known)


def _read(options: ReplayOptions, directory: Path) -> bytes:
    try:
        return (directory / options.path).read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {options.path}: {error.strerror}") from None


def _recording(options: ReplayOptions, content: bytes) -> Recording:
    try:
        return Recording(content)
    except ValueError as error:
        raise ValueError(f"{options.path}: {error}") from None


def _build(options: ReplayOptions, context: Context) -> Provider:
    content = _read(options, context.directory)
    return ReplayProvider(_recording(options, content), options.path)


def _identity(options: ReplayOptions, directory: Path) -> Mapping[str, Any]:
    content = _read(options, directory)
    _recording(options, content)
    return {"sha256": hashlib.sha256(content).hexdigest()}


REPLAY: Kind[Provider] = Kind(options=ReplayOptions, build=_build, identity=_identity)
