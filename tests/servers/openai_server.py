"""A small scriptable server that speaks OpenAI's chat completions, streamed or not.

In a test::

    with serve(reply=lambda body: "Hello", script=Script(ttft=0.05)) as server:
        ...  # server.base_url, server.requests

As a process of its own, which prints its port::

    python -m servers.openai_server --port 0 --ttft-ms 50 --itl-ms 5 --tokens 20

It is a bare ``asyncio.Protocol``, so that it weighs little beside the client under test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from servers.script import RESET, STAMP, Request, Script, plain, schedule, stamped, whole

Reply = Callable[[Mapping[str, Any]], str]


def words(tokens: int, said: Mapping[str, str] | None = None) -> Reply:
    """Reply with exactly ``tokens`` pieces that differ by model and question; or what is ``said``.

    Args:
        tokens: At least 1.
        said: Fixed replies by model.
    """

    def reply(body: Mapping[str, Any]) -> str:
        if said and body.get("model") in said:
            return said[body["model"]]
        asked = f"{body.get('model')} {body['messages'][-1]['content']}"
        return f"{zlib.crc32(asked.encode()):08x}" + " word" * (tokens - 1)

    return reply


class Server:
    """The server in a thread of its own; use ``serve``."""

    def __init__(
        self, *, reply: Reply, script: Script | Callable[[Request], Script], keep: bool = True
    ) -> None:
        self.reply = reply
        self.script = script if callable(script) else lambda _: script
        self.requests: list[Request] = []
        self.count = 0
        self.connections = 0
        self.open: set[asyncio.Transport] = set()
        self.idle = threading.Event()  # set when the last connection was closed
        self.port = 0
        self._keep = keep
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def run(self, port: int = 0, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stop`` is called, or for ever."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        listener = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", port)
        self.port = listener.sockets[0].getsockname()[1]
        ready()
        await self._stopping.wait()
        listener.close()
        await asyncio.sleep(0.01)  # a connection just accepted has no transport yet
        for transport in self.open:
            transport.abort()
        await asyncio.sleep(0)  # an aborted transport closes its socket in the next round

    def stop(self) -> None:
        """Stop listening; callable from any thread."""
        assert self._loop is not None
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)

    def take(self, path: str, headers: Mapping[str, str], body: bytes, connection: int) -> Request:
        """Count and keep one request."""
        self.count += 1
        request = Request(
            number=self.count,
            connection=connection,
            path=path,
            headers=headers,
            body=json.loads(body) if body else {},
        )
        if self._keep:
            self.requests.append(request)
        return request


@contextmanager
def serve(
    *,
    reply: Reply | str = "Hello there, world.",
    script: Script | Callable[[Request], Script] | None = None,
) -> Iterator[Server]:
    """Run a server in a thread for the time of a ``with`` block."""
    server = Server(reply=reply if callable(reply) else lambda _: reply, script=script or Script())
    ready = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(server.run(ready=ready.set)), name="openai-server", daemon=True
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)


@contextmanager
def spawn(*arguments: str) -> Iterator[str]:
    """Run a server as a process, with command line ``arguments``; gives its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "servers.openai_server", *arguments],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.communicate()


class _Connection(asyncio.Protocol):
    """One client connection: requests one after another, each answered by a schedule."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = b""
        self._busy = False
        self._due: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._number = 0
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections += 1
        self._server.open.add(transport)
        self._server.idle.clear()
        self._number = self._server.connections

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open.discard(self._transport)
        if not self._server.open:
            self._server.idle.set()
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        path = first.split(" ")[1]
        if path == "/stats":
            counts = {"requests": self._server.count, "connections": self._server.connections}
            self._transport.write(plain(200, {}, json.dumps(counts).encode()))
            return
        self._answer(self._server.take(path, headers, rest[:length], self._number))

    def _answer(self, request: Request) -> None:
        script = self._server.script(request)
        self._script = script
        if script.fault == "drop":
            self._transport.abort()
        elif script.status != 200:
            body = json.dumps({"error": script.error}).encode()
            self._transport.write(plain(script.status, script.headers, body))
        elif not request.body.get("stream"):
            text = self._server.reply(request.body)
            self._transport.write(plain(200, script.headers, whole(request, text, script)))
        else:
            self._busy = True
            text = "" if script.fault == "empty" else self._server.reply(request.body)
            self._started = self._loop.time()
            self._due = schedule(request, text, script)
            self._emit()

    def _emit(self) -> None:
        """Write what is due, in one go, and come back for the rest."""
        elapsed = self._loop.time() - self._started
        ready: list[bytes] = []
        while self._due and self._due[0][0] <= elapsed and not (ready and self._script.split):
            ready.append(self._due.popleft()[1])
        broken = RESET in ready
        data = b"".join(ready[:-1] if broken else ready)
        if data:
            self._transport.write(stamped(data) if self._script.stamps else data)
        if broken:
            self._transport.abort()
            return
        if self._due:
            self._timer = self._loop.call_at(self._started + self._due[0][0], self._emit)
        elif self._script.fault != "stall" and not self._script.endless:
            self._busy = False
            self._next()


def main() -> None:
    """Serve until killed; the port is the first line printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ttft-ms", type=float, default=0.0)
    parser.add_argument("--itl-ms", type=float, default=0.0)
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--per-write", type=int, default=1)
    parser.add_argument("--late-headers", action="store_true")
    parser.add_argument("--stamps", action="store_true", help="reply with times of sending")
    parser.add_argument("--say", action="append", default=[], metavar="MODEL=TEXT")
    options = parser.parse_args()
    script = Script(
        ttft=options.ttft_ms / 1000,
        itl=options.itl_ms / 1000,
        per_write=options.per_write,
        early=not options.late_headers,
        stamps=options.stamps,
    )
    said = dict(pair.split("=", 1) for pair in options.say)
    reply = words(options.tokens, said)
    if options.stamps:
        stamped_text = " ".join([STAMP] * options.tokens)
        reply = lambda _: stamped_text  # noqa: E731
    server = Server(reply=reply, script=script, keep=False)
    asyncio.run(server.run(options.port, lambda: print(server.port, flush=True)))


if __name__ == "__main__":
    main()
