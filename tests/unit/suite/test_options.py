from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from arenatest.suite.options import option_values
from fakes.kinds import Options


class Colour(Enum):
    RED = "red"


class Inner(Options):
    path: Path = Path("a/b")


class Many(Options):
    colour: Colour = Colour.RED
    inner: Inner = Inner()
    day: date = date(2026, 1, 2)
    names: frozenset[str] = frozenset("ba")
    thing: Any = object()
    call: Any = len
    flag: bool = True


def test_options_become_json_values_that_every_process_agrees_on():
    assert option_values(Many()) == {
        "colour": "red",
        "inner": {"path": "a/b"},
        "day": "2026-01-02",
        "names": ["a", "b"],
        "thing": "builtins:object",
        "call": "builtins:len",
        "flag": True,
    }


def test_only_what_was_given_may_be_asked_for():
    assert option_values(Many(flag=False), given_only=True) == {"flag": False}
