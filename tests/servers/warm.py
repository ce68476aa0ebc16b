"""A Python that has imported already what every session of arenatest imports.

It runs modules as ``python -m`` does, each in a process of its own: a fork, which starts in a third
of the time. All of them hash alike, so what is to be the same in any process takes a fresh one.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

IMPORTED = (
    "aiohttp",
    "arenatest.collection.sessions",
    "arenatest.report.write",
    "jinja2",
    "numpy",
    "sqlalchemy.dialects.sqlite",
)


class WarmPython:
    """Runs modules, one after another."""

    def __enter__(self) -> WarmPython:
        self._path = os.environ.get("PYTHONPATH")
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(
        self, module: str, *arguments: str, folder: Path, output: Path, errors: Path, timeout: int
    ) -> int:
        """Run a module in a folder and return its exit status.

        Args:
            module: As behind ``-m``.
            arguments: Behind the module.
            folder: Where it runs.
            output: File for what it prints.
            errors: File for what it prints as errors.
            timeout: Seconds after which it is killed.
        """
        assert os.environ.get("PYTHONPATH") == self._path, "it is read where Python starts"
        job = {
            "module": module,
            "arguments": arguments,
            "folder": str(folder),
            "environment": dict(os.environ),
            "streams": [os.devnull, str(output), str(errors)],
            "timeout": timeout,
        }
        requests, statuses = self._process.stdin, self._process.stdout
        assert requests is not None
        assert statuses is not None
        requests.write(json.dumps(job) + "\n")
        requests.flush()
        return int(statuses.readline())


def _forked() -> dict[str, Any] | None:
    """Fork for every job and wait for its end; return the job in its process, None at the end."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            return json.loads(line)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return None


def _run(job: dict[str, Any]) -> None:
    """Become a process that was started for this job; it ends as any other."""
    signal.alarm(job["timeout"])
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    for number, name in enumerate(job["streams"]):
        stream = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, number)
        os.close(stream)
    sys.path.insert(0, job["folder"])
    sys.argv[1:] = job["arguments"]
    runpy.run_module(job["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    if asked := _forked():
        _run(asked)
