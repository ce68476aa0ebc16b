"""Does again what a lost connection has cut short: a server that is started again is soon there.

What was cut short is a whole transaction. One that reads changes nothing, and those that write say
the same when they are said twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from arenatest.store.database import ConnectionLost

_PAUSE = 0.1  # seconds between two tries; connecting waits longer by itself
Given = ParamSpec("Given")
Got = TypeVar("Got")


class Patient(Protocol):
    """Who does something: for so many seconds it is worth another try."""

    patience: float


Whose = TypeVar("Whose", bound=Patient)


def persistent(
    method: Callable[Concatenate[Whose, Given], Got],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[Concatenate[Whose, Given], Got]:
    """Have a method, which is one transaction, called again where the connection was lost.

    Args:
        method: Of a store.
        clock: Monotonic seconds.
        sleep: Pauses between tries.
    """

    @wraps(method)
    def patiently(whose: Whose, /, *args: Given.args, **kwargs: Given.kwargs) -> Got:
        deadline = clock() + whose.patience
        while True:
            try:
                return method(whose, *args, **kwargs)
            except ConnectionLost:
                if clock() >= deadline:
                    raise
            sleep(_PAUSE)

    return patiently
