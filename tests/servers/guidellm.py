"""The mock server of the PyPI package guidellm, which streams exactly one token an event.

It lives in a virtual environment of its own, which ``.ci/run`` makes: the package wants torch, and
is installed without its dependencies but for those that the server needs. Its quirks: the first
request takes a second longer, there is no role chunk and no id of a request, and headers come with
the first token.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("ARENATEST_GUIDELLM", Path(__file__).parents[2] / ".ci/guidellm"))
_PROGRAM = _FOLDER / "bin" / "guidellm"

required = pytest.mark.skipif(
    not _PROGRAM.is_file() and os.environ.get("CI") != "true",
    reason=f"needs guidellm in {_FOLDER}: see .ci/run",
)
"""Skips where the program is not installed; under ``CI=true`` such a test fails instead."""


@contextmanager
def serve(*, ttft: float, itl: float, tokens: int) -> Iterator[str]:
    """Run the server for the time of a ``with`` block; gives the URL below which APIs start.

    Args:
        ttft: Seconds to the first token.
        itl: Seconds between tokens.
        tokens: Of every answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "--host": "127.0.0.1",
        "--port": port,
        "--ttft-ms": ttft * 1000,
        "--itl-ms": itl * 1000,
        "--output-tokens": tokens,
    }
    words = [str(word) for option in options.items() for word in option]
    process = subprocess.Popen(
        [_PROGRAM, "mock-server", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own server
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "guidellm ended before it listened"
            time.sleep(0.1)
        else:
            return
    raise AssertionError("guidellm did not listen within a minute")
