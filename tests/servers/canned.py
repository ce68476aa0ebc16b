"""A server that gives prepared responses one after another and keeps what it was asked, raw."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Response:
    """What one request gets."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request; names of headers are in lower case, ``target`` is as it stood in its line."""

    target: str
    headers: Mapping[str, str]
    body: bytes


class Canned(ThreadingHTTPServer):
    """The server; use ``serve``. The last response is given again and again."""

    daemon_threads = True

    def __init__(self, responses: tuple[Response, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.responses = list(responses)
        self.requests: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serve(*responses: Response) -> Iterator[Canned]:
    """Serve in a thread for the time of a ``with`` block."""
    with Canned(responses) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Canned

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        server = self.server
        server.requests.append(Asked(target=self.path, headers=headers, body=body))
        response = server.responses.pop(0) if len(server.responses) > 1 else server.responses[0]
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, *args: object) -> None:
        pass
