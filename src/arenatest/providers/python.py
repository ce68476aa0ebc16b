"""The kind of provider ``python``: a function that takes the prompt and returns or yields text."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from arenatest.hookspec import Call, Context, Kind, Provider
from arenatest.model.answer import Answer, Failure, TimingSource
from arenatest.model.prompt import Prompt
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import one_line
from arenatest.providers.threads import DaemonThreads
from arenatest.suite.functions import callable_name, function_identity, load_function
from arenatest.suite.signatures import check_arguments


class PythonOptions(BaseModel):
    """Calls a function of yours: (prompt) to text, plain, async or streaming."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str | SkipJsonSchema[Callable[..., Any]] = Field(
        description='"module:name": called with the Prompt, returns or yields text.'
    )


class PythonProvider:
    """Calls a function: async ones on the loop, all others in threads.

    Args:
        function: Takes a ``Prompt``; returns or yields text, plain or async.
        name: For people and for the endpoint.
        clock: Monotonic seconds; read from threads too.
    """

    timing: TimingSource = "measured"
    max_concurrency: int | None = None

    def __init__(
        self, function: Callable[[Prompt], Any], name: str, clock: Callable[[], float]
    ) -> None:
        self.endpoint = f"python:{name}"
        self._function = function
        self._on_loop = _is_async(function)
        self._clock = clock
        self._threads = DaemonThreads(f"arena-{name}")

    async def open(self) -> None:
        """Nothing to get ready: threads start with need."""

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.stop()

    async def answer(self, call: Call) -> Answer:
        """Call the function; what it raises, and nonsense, is a failure."""
        heard = _Hearing(self._clock)
        failure: Failure | None = None
        try:
            async with asyncio.timeout(_patience(call.timeout)) as patience:
                failure = await self._hear(heard, _asked(call))
        except asyncio.CancelledError as error:
            heard.given_up = True
            if _is_cancelled():
                raise
            failure = _raised(error)  # the function cancelled something of its own
        except (Exception, SystemExit) as error:
            heard.given_up = True
            late = isinstance(error, TimeoutError) and patience.expired()
            failure = _timeout(call, heard) if late else _raised(error)
        return heard.answer(failure)

    async def _hear(self, heard: _Hearing, prompt: Prompt) -> Failure | None:
        """Call the function; what it raises in a thread is returned, on the loop it is raised."""
        if self._on_loop:
            heard.start()
            result = self._function(prompt)
        else:
            result = await self._threads.run(lambda: _call(self._function, prompt, heard))
        if isinstance(result, _Raised):
            return _raised(result.error)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, AsyncIterator):
            async for piece in result:
                heard.piece(piece)
        elif result is not heard:
            heard.whole(result)
        return None


class _Hearing:
    """What was heard of one answer, with the clocks; used by one thread at a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.given_up = False
        self.in_thread = False
        self.pieces: list[str] = []
        self._clock = clock
        self._clocks = Clocks(start=clock())

    def start(self) -> None:
        """Start the clocks: just before the function is called."""
        self._clocks.start = self._clock()

    def piece(self, piece: Any) -> None:
        """Take a piece of an answer that is yielded."""
        stamp = self._clock()
        if not isinstance(piece, str):
            raise _NonsenseError(f"yielded {_kind(piece)}, expected text")
        if piece:
            self.pieces.append(piece)
            self._clocks.generated(stamp, answer=True)

    def whole(self, text: Any) -> None:
        """Take an answer that is returned: its only time is when it was there."""
        if not isinstance(text, str):
            raise _NonsenseError(f"returned {_kind(text)}, expected text")
        self._clocks.last = self._clock()
        self.pieces.append(text)

    def answer(self, failure: Failure | None) -> Answer:
        """Return the answer, or the failure with the times as far as it got."""
        timing = self._clocks.timing(self._clock(), None)
        if self.in_thread:  # where no lag of the loop makes a time longer
            timing = replace(timing, lag=0.0, stream_lag=0.0)
        if failure is not None:
            return Answer(failure=failure, timing=timing)
        return Answer(text="".join(self.pieces), finish="stop", timing=timing)


class _NonsenseError(Exception):
    """The function gave something that is not text."""


class _Raised:
    """What the function raised in its thread; StopIteration too, which no future can hold."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _call(function: Callable[[Prompt], Any], prompt: Prompt, heard: _Hearing) -> Any:
    """Call the function in this thread; gives ``heard`` itself where it took pieces."""
    try:
        heard.start()
        result = function(prompt)
        if isinstance(result, str):
            heard.in_thread = True
            heard.whole(result)
            return heard
        if not isinstance(result, Iterator):
            return result
        heard.in_thread = True
        for piece in result:
            heard.piece(piece)
            if heard.given_up:
                break
    except BaseException as error:  # whatever it is, the loop must hear of it
        return _Raised(error)
    return heard


def _asked(call: Call) -> Prompt:
    """The prompt as it is to be answered: with the contestant's own earlier replies in it."""
    messages = call.messages
    if call.prompt.system is not None and messages and messages[0].role == "system":
        messages = messages[1:]
    return replace(call.prompt, messages=messages)


def _is_async(function: Callable[..., Any]) -> bool:
    return any(
        inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code)
        for code in (function, getattr(function, "__call__", None))  # noqa: B004 - an object's
    )


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _raised(error: BaseException) -> Failure:
    if isinstance(error, _NonsenseError):
        return Failure(kind="provider", message=str(error))
    name = type(error).__name__
    return Failure(kind="provider", message=one_line(f"{name}: {error}" if str(error) else name))


def _timeout(call: Call, heard: _Hearing) -> Failure:
    length = sum(map(len, heard.pieces))
    got = f"after {length} characters of text" if length else "before any text"
    message = f"no answer within {call.timeout:g} s: gave up {got}"
    return Failure(kind="timeout", message=message, retryable=not length)


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _patience(timeout: float) -> float:
    """A little less than the caller has, so that it is we who say how far the call got."""
    return timeout - min(0.05, timeout / 50)


def _build(options: PythonOptions, context: Context) -> Provider:
    function = options.function
    if isinstance(function, str):
        loaded = load_function(function, context.directory)
        return PythonProvider(loaded, function, context.clock)
    return PythonProvider(function, callable_name(function), context.clock)


def _identity(options: PythonOptions, directory: Path) -> Mapping[str, Any]:
    check_arguments(options.function, directory, ("prompt",))
    return function_identity(options.function, directory)


PYTHON: Kind[Provider] = Kind(options=PythonOptions, build=_build, identity=_identity)
