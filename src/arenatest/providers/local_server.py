"""llama.cpp's own OpenAI-compatible server, inside this process, shared and counted.

The server's threads are C++ and hold no Python lock, so that a client in the same process measures
what a client elsewhere would. It listens on loopback, on a port that the system chooses.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from arenatest.errors import OptionError

_NEEDED_FLAGS = frozenset({"avx2", "bmi2", "f16c", "fma"})  # compiled into xllamacpp's wheels
_MOST_THREADS = 8


class RunningServer(Protocol):
    """A server that serves for as long as somebody holds it."""

    @property
    def listening_address(self) -> str:
        """Such as ``http://127.0.0.1:35185``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What a server is started with; contestants with equal settings share one.

    Attributes:
        gguf: The model's file.
        name: What the server calls the model in its answers.
        context: Tokens of prompt and answer together.
        threads: For prompt and generation each.
    """

    gguf: Path
    name: str
    context: int
    threads: int


Start = Callable[[ServerSettings], RunningServer]


class SharedServer:
    """Starts its server for the first who asks, and stops it after the last has let go.

    Args:
        settings: What to start.
        start: Blocks until the server serves; it is called in a thread.
    """

    def __init__(self, settings: ServerSettings, start: Start) -> None:
        self._settings = settings
        self._start = start
        self._held: list[RunningServer] = []
        self._users = 0
        self._lock = asyncio.Lock()

    async def acquire(self) -> str:
        """Return the address of the running server.

        Raises:
            OptionError: The model cannot be loaded.
        """
        async with self._lock:
            if not self._held:
                self._held.append(await asyncio.to_thread(self._start, self._settings))
            self._users += 1
            return self._held[0].listening_address

    async def release(self) -> None:
        """Let go of it, once for each time it was acquired."""
        async with self._lock:
            self._users -= 1
            if self._users == 0:
                await asyncio.to_thread(self._held.clear)  # its destructor joins its threads


def start_llama_server(settings: ServerSettings) -> RunningServer:
    """Load the model and serve it on 127.0.0.1; this takes about a second for a small one.

    Raises:
        OptionError: llama.cpp cannot load the file.
    """
    import xllamacpp  # an extra

    params: Any = xllamacpp.CommonParams()
    params.model.path = str(settings.gguf)
    params.model_alias = {settings.name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = 1
    params.n_ctx = settings.context
    params.cpuparams.n_threads = settings.threads
    params.cpuparams_batch.n_threads = settings.threads
    params.ui = False
    params.verbosity = 0
    try:
        server: RunningServer = xllamacpp.Server(params)
    except RuntimeError as error:
        raise OptionError(f"llama.cpp cannot load {settings.gguf}: {error}") from error
    return server


def check_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Check that llama.cpp is installed and that this processor can run it.

    Raises:
        OptionError: It is not, or cannot; the message says what to do instead.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise OptionError(
            "provider 'local' runs llama.cpp, which is not installed\n"
            "  hint: pip install 'arenatest[local]'"
        )
    lacking = missing_flags(cpuinfo)
    if lacking:
        raise OptionError(
            f"provider 'local' needs a processor with {', '.join(lacking)}, which this one lacks\n"
            "  hint: the suite recorded.arena.toml shows the same run from recorded answers"
        )


def missing_flags(cpuinfo: Path) -> list[str]:
    """Return the processor features that llama.cpp's build needs and Linux does not report.

    It would end the whole process with an illegal instruction. Where nothing is reported (another
    system, another architecture), nothing is missing.
    """
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    flags = next((line.split(":", 1)[1] for line in lines if line.startswith("flags")), None)
    return [] if flags is None else sorted(_NEEDED_FLAGS - set(flags.split()))


def default_threads(cpus: int) -> int:
    """Return how many threads to run: all processors but one, at most 8, and 1 of 2.

    Threads of llama.cpp spin while they wait for each other: two of them on two processors that
    others use too were 20 times slower than one.
    """
    return max(1, min(cpus - 1, _MOST_THREADS))


def usable_cpus() -> int:
    """Return on how many processors this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
