"""A real Redis server of a test's own, from Debian's package ``redis-server``.

A test module names it once::

    pytestmark = redis_server.required

    with redis_server.serve() as redis:
        ...  # redis.url, redis.stop()
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

required = pytest.mark.skipif(
    shutil.which("redis-server") is None and os.environ.get("CI") != "true",
    reason="needs redis-server: apt-get install redis-server",
)
"""Skips where the program is not installed; under ``CI=true`` such a test fails instead."""

_TRIES = 200


class RedisServer:
    """A running server.

    Attributes:
        port: On 127.0.0.1.
        url: Its database 0, with the password if it has one.
    """

    def __init__(self, folder: str, port: int, password: str = "") -> None:
        self.port = port
        self.url = f"redis://{f':{password}@' if password else ''}127.0.0.1:{port}/0"
        self._password = password
        secured = ["--requirepass", password] if password else []
        self._process = subprocess.Popen(
            [
                "redis-server",
                *("--port", str(port), "--bind", "127.0.0.1", "--save", ""),
                *("--appendonly", "no", "--dir", folder, *secured),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> bool:
        """Wait until it answers; False where it ended, because the port was taken."""
        for _ in range(_TRIES):
            if self._process.poll() is not None:
                return False
            try:
                self.command("PING")
            except OSError:
                time.sleep(0.02)
            else:
                return True
        raise TimeoutError("redis-server does not answer")

    def command(self, *words: str | bytes) -> bytes:
        """Send one command on a connection of its own; return the start of the raw reply."""
        commands = [("AUTH", self._password)] if self._password else []
        reply = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            for parts in (*commands, words):
                raw = [part if isinstance(part, bytes) else part.encode() for part in parts]
                body = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in raw)
                connection.sendall(b"*%d\r\n%s" % (len(raw), body))
                reply = connection.recv(1 << 20)
        return reply

    def stop(self) -> None:
        """End it, at once."""
        self._process.kill()
        self._process.wait()


@contextmanager
def serve(password: str = "") -> Iterator[RedisServer]:
    """Run a server with an empty memory, which nothing outlives."""
    with tempfile.TemporaryDirectory(prefix="arenatest-redis-") as folder:
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            server = RedisServer(folder, port, password)
            try:
                if server.wait():
                    yield server
                    return
            finally:
                server.stop()
