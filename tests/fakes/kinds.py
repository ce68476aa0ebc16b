"""Small kinds of provider, judge and metric for tests of suites: nothing is ever built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from arenatest.hookspec import Context, Kind
from arenatest.model.metric import MetricSpec
from arenatest.suite.kinds import Kinds


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelOptions(Options):
    model: str = Field(min_length=1, description="The model's name.")
    api_key_env: str = "MODEL_KEY"
    headers: dict[str, str] = Field(default_factory=dict)
    top_k: int = 1
    window: tuple[int, int] = (0, 1)


class FunctionOptions(Options):
    function: str | SkipJsonSchema[Callable[..., Any]]


class MethodOptions(Options):
    method: Literal["recall", "exact"] = "recall"


class JuryOptions(Options):
    system_prompt: str | None = None


class ScoreOptions(Options):
    function: str
    high: float = 1.0


class EmptyOptions(Options):
    pass


def _build(options: Any, context: Context) -> NoReturn:
    raise AssertionError("collection builds nothing")


def _found(options: FunctionOptions, directory: Path) -> Mapping[str, Any]:
    if not isinstance(options.function, str):
        return {"function": options.function.__qualname__}
    module = options.function.partition(":")[0]
    if not (directory / f"{module}.py").is_file():
        raise ValueError(f"no module {module!r} beside the suite")
    return {"function": options.function}


def _key(options: ModelOptions) -> Sequence[str]:
    return [options.api_key_env] if options.api_key_env else []


def _score(options: ScoreOptions) -> MetricSpec:
    return MetricSpec(name="score", unit="points", direction="higher", range=(0.0, options.high))


def _words(options: EmptyOptions) -> MetricSpec:
    return MetricSpec(name="words", unit="words", direction="lower")


def _speed(options: EmptyOptions) -> MetricSpec:
    return MetricSpec(name="speed", unit="words/s", direction="higher")


def kinds() -> Kinds:
    return Kinds(
        providers={
            "api": Kind(options=ModelOptions, build=_build, environment=_key),
            "function": Kind(options=FunctionOptions, build=_build, identity=_found),
        },
        judges={
            "method": Kind(options=MethodOptions, build=_build),
            "jury": Kind(options=JuryOptions, build=_build, on_provider=True),
        },
        metrics={
            "score": Kind(options=ScoreOptions, build=_build, spec=_score),
            "words": Kind(options=EmptyOptions, build=_build, spec=_words),
            "speed": Kind(options=EmptyOptions, build=_build, spec=_speed),
        },
    )
