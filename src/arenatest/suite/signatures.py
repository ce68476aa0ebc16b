"""Whether a function that a suite names takes what it will be called with, before a call is paid.

It stands apart from ``functions``: what a function is does not depend on who will call it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

from arenatest.suite.functions import callable_name, load_function
from arenatest.suite.mistakes import Mistake


def check_arguments(
    function: str | Callable[..., Any], directory: Path, arguments: tuple[str, ...]
) -> None:
    """Raise unless a function can be called with so many arguments, by their places.

    What has no signature passes, as many built-in functions have none. So does a decorator's
    ``*args``: what it hands on to the function inside is its own affair.

    Args:
        function: As a suite names it, or the callable itself.
        directory: The folder of the suite.
        arguments: What it will be given, by the names that people know.

    Raises:
        Mistake: It takes fewer, more or others.
        ValueError: As for ``load_function``.
    """
    if isinstance(function, str):
        name, called = function, load_function(function, directory)
    else:
        name, called = callable_name(function), function
    signature = _signature(called)
    if signature is None:
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        expected = f"expected a function of ({', '.join(arguments)})"
        raise Mistake(f"{name} takes {_bare(signature)}, {expected}", place=("function",)) from None


def _signature(function: Callable[..., Any]) -> Signature | None:
    try:
        return inspect.signature(function, follow_wrapped=False)
    except Exception:  # built-in, or its author's code: from Python 3.14 on annotations run here
        return None


def _bare(signature: Signature) -> str:
    """Return the parameters by their names alone: annotations and defaults may be long."""
    bare = [
        parameter.replace(annotation=Parameter.empty, default=Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    return str(Signature(bare))
