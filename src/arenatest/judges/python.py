"""Judge ``python``: a function of the suite's author compares the two texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from arenatest.hookspec import Ask, Context, Judge, Kind
from arenatest.model.judgment import ABSTAIN, Game, Judgment, Verdict
from arenatest.suite.calling import call_function
from arenatest.suite.functions import function_identity, load_function
from arenatest.suite.signatures import check_arguments


class PythonOptions(BaseModel):
    """Calls a function of yours: (prompt, text_a, text_b) to a label."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str | SkipJsonSchema[Callable[..., Any]] = Field(
        description='"module:name" of a function of (prompt, text_a, text_b), plain or async, that '
        'returns one of "A>>B", "A>B", "A=B", "B>A" and "B>>A", or "abstain".'
    )


class PythonJudge:
    """Calls a function; what it raises, or returns that is no label, is a void."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    async def judge(self, game: Game, ask: Ask) -> Judgment:
        """Return the label as a verdict, or an abstention. A plain function runs in a thread."""
        try:
            said = await call_function(self._function, game.prompt, game.text_a, game.text_b)
        except Exception as error:  # the author's code: its failure is a value
            return Judgment(void="judge", explanation=f"{type(error).__name__}: {error}")
        if not isinstance(said, str):
            return Judgment(
                void="judge", explanation=f"returned a {type(said).__name__}, expected a label"
            )
        if said == ABSTAIN:
            return Judgment(void="abstained")
        try:
            return Judgment(verdict=Verdict(said))
        except ValueError:
            labels = ", ".join((*Verdict, ABSTAIN))
            return Judgment(void="label", explanation=f"got {said!r}, expected one of {labels}")


def _build(options: PythonOptions, context: Context) -> Judge:
    function = options.function
    if isinstance(function, str):
        function = load_function(function, context.directory)
    return PythonJudge(function)


def _identity(options: PythonOptions, directory: Path) -> Mapping[str, Any]:
    check_arguments(options.function, directory, ("prompt", "text_a", "text_b"))
    return function_identity(options.function, directory)


PYTHON: Kind[Judge] = Kind(options=PythonOptions, build=_build, identity=_identity)
