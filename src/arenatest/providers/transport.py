"""HTTP for streamed calls: one aiohttp session, how its failures read, and what it never tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import aiohttp

from arenatest.model.answer import Answer, Failure
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import one_line

CONNECT_PATIENCE = 10.0
"""Seconds until a connection must stand; a call's own deadline may be shorter."""

_KEEP_ALIVE = 60.0
_LARGEST_READ = 2**20
_SHORTEST_SECRET = 12


def new_session(headers: Mapping[str, str], clock: Callable[[], float]) -> aiohttp.ClientSession:
    """Return a session without limits of its own; call it on the loop that will use it.

    The engine limits concurrency, so that waiting for a connection is never inside a time. No proxy
    is taken from the environment.

    Args:
        headers: Sent with every request.
        clock: Stamps when a connection is ready, into the ``Clocks`` given to each request.
    """
    return aiohttp.ClientSession(
        headers=headers,
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE, ttl_dns_cache=300),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_PATIENCE),
        read_bufsize=_LARGEST_READ,
        trace_configs=[_connection_trace(clock)],
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


def broken(error: Exception, progress: str, *, answering: bool) -> Failure:
    """Return what an error of the connection means.

    Args:
        error: Raised by aiohttp or the operating system.
        progress: How far the call got.
        answering: Whether the response had begun: then its stream was cut.
    """
    said = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientResponseError):  # its text may hold the request
        said = f"{type(error).__name__}: {error.message}"
    if isinstance(error, aiohttp.InvalidURL):
        return Failure(kind="request", message=f"not a URL: {said}")
    if isinstance(error, aiohttp.ClientResponseError):
        return Failure(kind="malformed", message=one_line(f"{said}, {progress}"), retryable=True)
    if answering:
        message = one_line(f"the connection broke {progress}: {said}")
        return Failure(kind="cut", message=message, retryable=True)
    again = not isinstance(error, aiohttp.ClientConnectorCertificateError)
    return Failure(kind="connection", message=one_line(said), retryable=again)


class Redactor:
    """Takes a secret out of everything that leaves a provider.

    It is taken out of answers too where it is too long to be a word: a server may echo it.
    """

    def __init__(self, secret: str) -> None:
        self._forms = tuple(dict.fromkeys(form for form in (secret, quote(secret, "")) if form))
        self._long = len(secret) >= _SHORTEST_SECRET

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """Return the text without the secret."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, "[redacted]")
        return text

    def answer(self, answer: Answer) -> Answer:
        """Return the answer without the secret."""
        changes: dict[str, Any] = {}
        if answer.failure is not None:
            message = self.text(answer.failure.message)
            changes["failure"] = replace(answer.failure, message=message)
        for name in ("text", "reasoning", "model", "request_id", "response_id"):
            value = getattr(answer, name)
            if self._long and value and any(form in value for form in self._forms):
                changes[name] = self.text(value)
        return replace(answer, **changes) if changes else answer


def _connection_trace(clock: Callable[[], float]) -> aiohttp.TraceConfig:
    async def reused(_session: Any, context: Any, _params: Any) -> None:
        _mark(context.trace_request_ctx, reused=True)

    async def created(_session: Any, context: Any, _params: Any) -> None:
        _mark(context.trace_request_ctx, reused=False)

    def _mark(clocks: Clocks, *, reused: bool) -> None:
        clocks.connected = clock()
        clocks.reused = reused

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(reused)
    trace.on_connection_create_end.append(created)
    return trace
