"""Calls functions that a suite names: async ones on the loop, plain ones in a thread.

Each plain call gets a daemon thread of its own. The threads of ``concurrent.futures`` are few, and
they are joined when the interpreter ends, so that one function that hangs would hang the build.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


async def call_function(function: Callable[..., Any], *arguments: object) -> Any:
    """Return what ``function(*arguments)`` returns, awaited if it has to be.

    When the caller is cancelled a plain function runs on, and its result is dropped.

    Raises:
        Exception: What the function raised; ``SystemExit`` and its like as a ``RuntimeError``, for
            they must not end the engine.
    """
    if is_async(function):
        return await function(*arguments)
    future: asyncio.Future[_Outcome] = asyncio.get_running_loop().create_future()
    name = f"arena-{getattr(function, '__name__', 'function')}"
    threading.Thread(
        target=_work, args=(future, function, arguments), name=name, daemon=True
    ).start()
    outcome = await future
    if outcome.error is not None:
        raise outcome.error
    return await outcome.value if inspect.isawaitable(outcome.value) else outcome.value


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it gives a coroutine: a function, a method or an object's ``__call__``."""
    call = getattr(function, "__call__", None)  # noqa: B004 - an object's
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What a function did; a value, because no future can hold ``StopIteration``."""

    value: Any = None
    error: Exception | None = None


def _work(
    future: asyncio.Future[_Outcome], function: Callable[..., Any], arguments: tuple[object, ...]
) -> None:
    try:
        outcome = _Outcome(value=function(*arguments))
    except Exception as error:
        outcome = _Outcome(error=error)
    except BaseException as error:  # a thread that dies silently would leave the loop waiting
        outcome = _Outcome(error=RuntimeError(f"{type(error).__name__}: {error}"))
    with contextlib.suppress(RuntimeError):  # the loop may be closed by now
        future.get_loop().call_soon_threadsafe(_deliver, future, outcome)


def _deliver(future: asyncio.Future[_Outcome], outcome: _Outcome) -> None:
    if not future.done():
        future.set_result(outcome)
