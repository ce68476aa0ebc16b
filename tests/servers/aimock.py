"""The npm package @copilotkit/aimock: other people's idea of every vendor's wire format.

It is one program of node without dependencies, which ``.ci/run`` installs. A test module names it
once::

    pytestmark = aimock.required

    with aimock.serve({"match": {"userMessage": "hi"}, "response": {"content": "Hello"}}) as mock:
        ...  # mock.url, mock.requests

Its quirks: a word of the user's message is enough to match; the usage of Anthropic, Gemini, Bedrock
and Ollama is all 0 unless the fixture's response gives a ``usage``; reasoning comes before the role
chunk, and only for models whose names it knows to reason, such as ``gpt-5``, ``claude-sonnet-4``,
``gemini-2.5-pro`` and ``qwen3``; ``truncateAfterChunks`` without a latency kills the socket before
any byte.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

VERSION = "1.43.0"
"""What the installed program must be; ``.ci/run`` installs the same."""

_FOLDER = Path(os.environ.get("ARENATEST_NODE", Path(__file__).parents[2] / ".ci" / "node"))
_PACKAGE = _FOLDER / "node_modules" / "@copilotkit" / "aimock"
_LISTENING = re.compile(r"listening on (http://[\d.]+:\d+)")


def _missing() -> str | None:
    """Why it cannot be started; None where it can."""
    how = f"npm install --prefix {_FOLDER} @copilotkit/aimock@{VERSION}"
    if shutil.which("node") is None:
        return "needs node, 20 or later"
    if not (_PACKAGE / "package.json").is_file():
        return f"needs aimock: {how}"
    found = json.loads((_PACKAGE / "package.json").read_text(encoding="utf-8"))["version"]
    return None if found == VERSION else f"needs aimock {VERSION}, not {found}: {how}"


required = pytest.mark.skipif(
    _missing() is not None and os.environ.get("CI") != "true", reason=str(_missing())
)
"""Skips where the program is not installed; under ``CI=true`` such a test fails instead."""


class Aimock:
    """A running server.

    Attributes:
        url: Where every API starts: ``/v1``, ``/v1beta``, ``/model/ID``, ``/api`` and so on.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What it was asked, oldest first: ``method``, ``path``, ``headers``, ``body``."""
        with urllib.request.urlopen(f"{self.url}/__aimock/journal", timeout=10) as journal:  # noqa: S310
            return json.loads(journal.read())


@contextmanager
def serve(*fixtures: dict[str, Any], options: tuple[str, ...] = ()) -> Iterator[Aimock]:
    """Run the program for the time of a ``with`` block.

    Args:
        fixtures: What to answer to what, in aimock's words.
        options: More of its command line, such as ``("--chunk-size", "5")``.
    """
    reason = _missing()
    assert reason is None, reason
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fixtures.json"
        path.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
        program = [shutil.which("node"), str(_PACKAGE / "dist" / "cli.js")]
        process = subprocess.Popen(
            [*program, "--port", "0", "--fixtures", str(path), "--strict", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Aimock(_url(process))
        finally:
            process.terminate()
            process.communicate()


def _url(process: subprocess.Popen[str]) -> str:
    """Where it listens, which it says itself."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        if found := _LISTENING.search(line):
            return found[1]
        said += line
    raise AssertionError(f"aimock ended: {said}")
