"""A small suite that is right, to be changed by tests; its kinds are those of ``fakes.kinds``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from arenatest.errors import ArenaError, SuiteError
from arenatest.suite.load import load_suite
from arenatest.suite.problems import SuiteErrors
from arenatest.suite.suite import Suite
from fakes.kinds import kinds

PROMPTS = """\
[[prompts]]
id = "p1"
query = "Why is the sky blue?"
category = "kids"
"""
CANDIDATE = """\
[[candidates]]
name = "new"
provider = "api"
model = "m2"
"""
JUDGE = """\
[[judges]]
kind = "method"
"""
GATE = """\
[[gates]]
metric = "win_rate"
min = 0.45
"""
SUITE = f"""\
[suite]
name = "small"

{PROMPTS}
[baseline]
name = "old"
provider = "api"
model = "m1"

{CANDIDATE}
{JUDGE}
{GATE}"""


def changed(*changes: tuple[str, str]) -> str:
    """Return the suite with each first text replaced by the second."""
    text = SUITE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def load(folder: Path, text: str = SUITE, files: Mapping[str, str | bytes] | None = None) -> Suite:
    """Write ``suites/x.arena.toml`` and the files beside it into ``folder``, and load it."""
    suites = folder / "suites"
    suites.mkdir(exist_ok=True)
    for name, content in (files or {}).items():
        data = content.encode() if isinstance(content, str) else content
        (suites / name).write_bytes(data)
    path = suites / "x.arena.toml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, root=folder, kinds=kinds())


def message(folder: Path, text: str, files: Mapping[str, str | bytes] | None = None) -> str:
    """Return what is said of a suite that has mistakes."""
    with pytest.raises(ArenaError) as caught:
        load(folder, text, files)
    assert isinstance(caught.value, SuiteError | SuiteErrors)
    return str(caught.value)


def line_of(text: str, start: str) -> int:
    """Return the number of the first line that starts so."""
    return next(n for n, line in enumerate(text.split("\n"), 1) if line.startswith(start))


def mistake(folder: Path, text: str, start: str | None) -> str:
    """Return what is said of the only mistake, which stands in the first line that starts so."""
    found = message(folder, text)
    if start is None:
        return found.partition(": ")[2]
    place = f"suites/x.arena.toml:{line_of(text, start)}: "
    assert found.startswith(place), found
    return found.removeprefix(place)
