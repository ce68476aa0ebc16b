"""Slices of prompts as gates and parts of contestants name them, checked against the prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arenatest.model.prompt import Prompt, Where
from arenatest.suite.mistakes import Mistake, unknown


def read_where(where: Mapping[Any, tuple[str, ...]], prompts: Sequence[Prompt] | None) -> Where:
    """Return a slice, after checking that each of its values, and all together, meet prompts.

    Args:
        where: As a table gives it.
        prompts: All of the suite; None where they are wrong, so that nothing can be checked.

    Raises:
        Mistake: A value that no prompt has, or a slice that none is in; its ``place`` is the key.
    """
    slice_: Where = tuple((str(key), values) for key, values in where.items())
    if prompts is None:
        return slice_
    for key, values in slice_:
        found = values_of(key, prompts)
        for value in values:
            if value not in found:
                wrong = unknown(key, value, found)
                raise Mistake(wrong.problem, place=("where", key))
    if slice_ and not any(prompt.lies_in(slice_) for prompt in prompts):
        raise Mistake("no prompt is in this slice", place=("where",))
    return slice_


def values_of(key: str, prompts: Sequence[Prompt]) -> set[str]:
    """Return the values that prompts have of ``dataset``, ``subset``, ``category`` or ``tag``."""
    if key == "tag":
        return {tag for prompt in prompts for tag in prompt.tags}
    return {value for prompt in prompts if (value := getattr(prompt, key)) is not None}
