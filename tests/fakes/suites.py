"""A small suite that is right, to be changed by tests; its kinds are those of ``fakes.kinds``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from arenatest.suite.load import load_suite
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
