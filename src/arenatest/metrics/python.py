"""Metric ``python``: a function of the suite's author scores each answer."""

from __future__ import annotations

import math
import numbers
import reprlib
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
    """Calls a function and holds what it returns against the declared range."""

    def __init__(self, function: Callable[..., Any], bounds: tuple[float, float] | None) -> None:
        self._function = function
        self._bounds = bounds

    async def measure(self, sample: Sample) -> float | None:
        """Return the function's number. A plain function runs in a thread.

        Raises:
            ValueError: It returned something that is not a number, or one outside the range.
        """
        value = await call_function(self._function, sample.prompt, sample.answer)
        return None if value is None else checked(value, self._bounds)


def checked(value: object, bounds: tuple[float, float] | None) -> float:
    """Return ``value`` as a float that lies within ``bounds``.

    A truth value is refused: a scorer that returns ``True`` may mean 1 or may have forgotten to
    score, and a gate cannot tell.

    Raises:
        ValueError: It is no finite number, or lies outside.

    Examples:
        >>> checked(1, (0.0, 1.0))
        1.0
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(f"returned {reprlib.repr(value)}, expected a number or None")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"returned {number}, expected a finite number")
    if bounds is not None and not bounds[0] <= number <= bounds[1]:
        raise ValueError(f"returned {number!r}, outside the range [{bounds[0]:g}, {bounds[1]:g}]")
    return number


def _build(options: PythonOptions, context: Context) -> Metric:
    function = options.function
    if isinstance(function, str):
        function = load_function(function, context.directory)
    return PythonMetric(function, options.bounds)


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
