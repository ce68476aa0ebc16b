"""Awaits the code of plugins: nothing that it raises may end the engine."""

from __future__ import annotations

import asyncio
import math
import numbers
import reprlib
from collections.abc import Awaitable
from typing import TypeVar

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.metric import MetricSpec
from arenatest.model.record import Measured

T = TypeVar("T")

_LARGEST = 1e50  # of a metric's value: its powers must not overflow in the statistics
_LONGEST = 2_000  # characters of an error: it is told for every prompt


class Escaped(Exception):
    """What is no ``Exception`` was raised: an exit, an outcome of pytest, a lone cancellation."""


async def within(seconds: float, awaitable: Awaitable[T]) -> T:
    """Return what plugin code gives that asks no model, and so has no other limit.

    Raises:
        Exception: As for ``guarded``; ``TimeoutError`` where it took longer.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            return await guarded(awaitable)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"gave nothing within {seconds:g} s") from error


async def guarded(awaitable: Awaitable[T]) -> T:
    """Return what plugin code gives.

    A cancellation goes through where somebody cancelled this task; one that the code brought about
    itself is an error like others, or the task would end as if nobody had wanted it.

    Raises:
        Exception: What the code raised; ``Escaped`` where that is no ``Exception``.
    """
    try:
        return await awaitable
    except (Exception, KeyboardInterrupt, GeneratorExit):
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Escaped(told(error)) from error
    except BaseException as error:
        raise Escaped(told(error)) from error


def told(error: BaseException) -> str:
    """Return an error of foreign code as text: its type and what it says."""
    if isinstance(error, Escaped):
        return str(error)
    said = str(error)
    if len(said) > _LONGEST:
        said = f"{said[:_LONGEST]} ... ({len(said):,} characters in all)"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def measured_of(value: object, spec: MetricSpec) -> Measured:
    """Return what a metric's code returned as a value, or what is wrong with it.

    A truth value is refused: a scorer that returns ``True`` may mean 1 or may have forgotten to
    score, and a gate cannot tell.
    """
    if value is None:
        return Measured()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return Measured(error=f"returned {reprlib.repr(value)}, expected a number or None")
    number = float(value)
    if not math.isfinite(number):
        return Measured(error=f"returned {number}, expected a finite number")
    if abs(number) > _LARGEST:
        return Measured(error=f"returned {number:g}, expected a number within {_LARGEST:g}")
    if spec.range is not None and spec.bounded(number) is None:
        low, high = spec.range
        return Measured(error=f"returned {number!r}, outside the range [{low:g}, {high:g}]")
    return Measured(value=number)


def nonsense_of(answer: object) -> str:
    """Return what is wrong with what a provider returned; empty where it can be recorded."""
    if not isinstance(answer, Answer):
        return f"returned {type(answer).__name__}, expected an Answer"
    for name, kind in _PARTS:
        part = getattr(answer, name)
        if not isinstance(part, kind):
            return f"returned an Answer whose {name} is {type(part).__name__}"
    return ""


_PARTS: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("text", str),
    ("reasoning", str),
    ("finish", (str, type(None))),
    ("model", (str, type(None))),
    ("request_id", (str, type(None))),
    ("response_id", (str, type(None))),
    ("usage", (Usage, type(None))),
    ("timing", (Timing, type(None))),
    ("failure", (Failure, type(None))),
)
