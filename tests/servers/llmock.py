"""The PyPI package llmock: a server that breaks calls on purpose and grades its client.

It speaks several vendors' formats under prefixes: ``/v1``, ``/anthropic/v1``, ``/gemini/v1beta``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAM = shutil.which("llmock", path=str(Path(sys.executable).parent)) or shutil.which("llmock")

required = pytest.mark.skipif(
    _PROGRAM is None and os.environ.get("CI") != "true", reason="needs llmock (extra dev)"
)
"""Skips where the program is not installed; under ``CI=true`` such a test fails instead."""


class Mock:
    """A running llmock."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return response.read().decode()

    def play(self, *behaviors: dict) -> None:
        """Script the coming requests; the judge always names the first answer."""
        judge = {"type": "reply", "text": "[[A>B]]", "times": None, "match": {"model": "judge"}}
        self.ask("/_llmock/scenario", {"behaviors": [judge, *behaviors]})

    @property
    def findings(self) -> list[tuple[str, str]]:
        """How severe, and what, for all that llmock holds against the client."""
        verdict = json.loads(self.ask("/_llmock/verdict"))
        return [(found["severity"], found["code"]) for found in verdict["findings"]]

    @property
    def requests(self) -> list[dict]:
        return json.loads(self.ask("/_llmock/requests"))["requests"]


@contextmanager
def serve(*arguments: str) -> Iterator[Mock]:
    """Run the program, with options, for the time of a ``with`` block."""
    assert _PROGRAM is not None, "llmock is not installed"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [_PROGRAM, "serve", "-h", "127.0.0.1", "-p", str(port), "--log-level", "error", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    mock = Mock(port)
    try:
        _wait_for(mock, process)
        yield mock
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(mock: Mock, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "llmock ended"
        assert time.monotonic() < deadline
        try:
            mock.ask("/health")
        except OSError:
            time.sleep(0.1)
        else:
            return
