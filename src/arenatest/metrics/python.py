"""Metric ``python``: a function of the suite's author scores each answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from pydantic.json_schema import SkipJsonSchema

from arenatest.hookspec import Context, Kind, Metric, Sample
from arenatest.model.metric import Direction, MetricSpec
from arenatest.suite.calling import call_function
from arenatest.suite.functions import callable_name, function_identity, load_function
from arenatest.suite.signatures import check_arguments


class PythonOptions(BaseModel):
    """Calls a function of yours: (prompt, answer) to a number or None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str | SkipJsonSchema[Callable[..., Any]] = Field(
        description='"module:name" of a function of (prompt, answer), plain or async, that returns '
        "a number, or None where it does not apply. answer.text is the text."
    )
    unit: str | None = Field(
        default=None, min_length=1, description='For reports; "fraction" unless given.'
    )
    direction: Direction = Field(default="higher", description="Whether higher or lower is better.")
    range: tuple[FiniteFloat, FiniteFloat] | Literal["none"] | None = Field(
        default=None,
        description="[smallest, largest] value possible; a value outside is an error. [0, 1] where "
        'no unit is given, else "none": without known bounds gates wait for the whole plan.',
    )

    @model_validator(mode="after")
    def _range_ascends(self) -> PythonOptions:
        if isinstance(self.range, tuple) and self.range[0] >= self.range[1]:
            raise ValueError(f"range: got {list(self.range)}, expected [smallest, largest]")
        return self

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The range that holds for values; None where it has no bounds."""
        if self.range is None:
            return (0.0, 1.0) if self.unit in {None, "fraction"} else None
        return None if self.range == "none" else self.range


class PythonMetric:
    """Calls a function; what it returns is looked at where all metrics' values are."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    async def measure(self, sample: Sample) -> float | None:
        """Return what the function does. A plain function runs in a thread."""
        found: float | None = await call_function(self._function, sample.prompt, sample.answer)
        return found


def _build(options: PythonOptions, context: Context) -> Metric:
    function = options.function
    if isinstance(function, str):
        function = load_function(function, context.directory)
    return PythonMetric(function)


def _identity(options: PythonOptions, directory: Path) -> Mapping[str, Any]:
    check_arguments(options.function, directory, ("prompt", "answer"))
    return {
        **options.model_dump(mode="json", exclude={"function"}),
        **function_identity(options.function, directory),
    }


def _spec(options: PythonOptions) -> MetricSpec:
    function = options.function
    name = function if isinstance(function, str) else callable_name(function)
    return MetricSpec(
        name=name.rpartition(":")[2],
        unit=options.unit or "fraction",
        direction=options.direction,
        range=options.bounds,
    )


PYTHON: Kind[Metric] = Kind(options=PythonOptions, build=_build, identity=_identity, spec=_spec)
