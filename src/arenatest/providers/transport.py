"""One HTTP session for streamed calls: sends, feeds what each read gives, names what broke."""

from __future__ import annotations

import asyncio
import contextlib
import io
import math
import select
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp

from arenatest.alarms import Alarms
from arenatest.hookspec import Call
from arenatest.model.answer import Failure
from arenatest.providers.answer_stream import AnswerStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import one_line
from arenatest.providers.stall import LONGEST_PAUSE, Stalled, StallWatch, was_stalled
from arenatest.providers.wire import Request, Wire

_CONNECT_PATIENCE = 10.0  # seconds until a connection must stand
_KEEP_ALIVE = 60.0  # seconds
_DNS_LIFE = 300  # seconds
_LARGEST_READ = 2**20
_LARGE_BODY = 2**20  # aiohttp wants a body from here on as a file
_ERROR_BYTES = 2**16
_GRACE = 1.0  # seconds for the connection's end after the answer's
_TOLERATED, _TOLERATED_SHARE = 2, 0.2  # of kept connections that prove closed
_NOTHING_THERE = (404, 405)
_SUCCESS = range(200, 300)

_NO_TIMEOUT = aiohttp.ClientTimeout(
    sock_connect=_CONNECT_PATIENCE,
    ceil_threshold=math.inf,  # exactly, not by whole seconds
)

_clocks: ContextVar[Clocks] = ContextVar("clocks of the call that this task makes")


class Transport:
    """A session without limits of its own; make it on the loop that will use it.

    The engine limits concurrency, so that waiting for a connection is never inside a time. No proxy
    is taken from the environment, no redirect followed, no cookie kept.

    Args:
        headers: Sent with every request.
        wire: Reads the headers of responses.
        clock: Monotonic seconds.
        idle: Longest pause of an answer that has begun, in seconds; None for the default.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        wire: Wire,
        clock: Callable[[], float],
        idle: float | None = None,
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._idle = LONGEST_PAUSE if idle is None else idle
        self._alarms = Alarms()
        self._connector = _Connector(clock)
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=self._connector,
            timeout=_NO_TIMEOUT,
            read_bufsize=_LARGEST_READ,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def exchange(self, request: Request, call: Call, stream: AnswerStream) -> Failure | None:
        """Send one request and feed the answer to ``stream``.

        Args:
            request: What to send.
            call: Whose ``timeout`` is for everything, and who wants to know of quotas.
            stream: Takes every read with its stamp; its clocks are marked here.

        Returns:
            What ended it early, if anything did.
        """
        clocks = stream.clocks
        _clocks.set(clocks)
        try:
            with self._alarms.within(_patience(call.timeout)):
                return await self._send(request, call, stream)
        except Stalled:
            message = f"no text for {self._idle:g} s: gave up {stream.progress()}"
            return Failure(kind="stalled", message=message, retryable=True)
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError):
                if stream.done:
                    return None
                stalled = was_stalled(clocks, self._clock(), call.timeout)
                return _late(call.timeout, stream.progress(), stalled=stalled)
            if clocks.reused and clocks.headers is None:
                self._connector.broke()
            return _broken(error, stream.progress(), answering=clocks.headers is not None)

    async def _send(self, request: Request, call: Call, stream: AnswerStream) -> Failure | None:
        clocks, data = stream.clocks, request.body
        clocks.start = self._clock()
        async with self._session.post(
            request.url,
            data=data if len(data) < _LARGE_BODY else io.BytesIO(data),
            headers=request.headers,
            allow_redirects=False,
        ) as response:
            clocks.headers = self._clock()
            self._note(response.headers, call, stream)
            if response.status not in _SUCCESS:
                body = await _beginning(response)
                if self._wire.filtered(response.status, body):
                    stream.ended("content_filter")
                    return None
                failure = self._wire.refusal(response.status, response.headers, body)
                return _located(failure, request.url)
            with StallWatch(response.content, clocks, self._clock, self._idle, self._alarms):
                await self._read(response.content, stream)
        return None

    def _note(self, headers: Mapping[str, str], call: Call, stream: AnswerStream) -> None:
        """Take what the headers of a response say of the request and of limits."""
        stream.request_id = self._wire.request_id(headers)
        stream.clocks.server = self._wire.server_time(headers)
        if (quota := self._wire.quota(headers)) is not None:
            call.on_quota(quota)

    async def _read(self, content: aiohttp.StreamReader, stream: AnswerStream) -> None:
        """Feed every read of the socket, stamped once, before anything looks into it."""
        clock, feed = self._clock, stream.feed
        while not stream.done and (data := await content.readany()):
            feed(clock(), data)
        if stream.complete and not content.at_eof():
            with contextlib.suppress(TimeoutError):  # leaving early closes the connection
                async with asyncio.timeout(_GRACE):
                    await content.read()


class _Connector(aiohttp.TCPConnector):
    """Marks when the connection of a call was ready, and whether it was open before.

    Some servers announce keep-alive and close all the same, llama.cpp's for one. The end of such a
    connection often lies in the kernel, unread, when the next call takes it out of the pool: we
    look before we send. To send first and send again on an error would not do. A server that
    breaks down over a request looks the same, and would be asked twice, behind the engine's back.
    Where kept connections prove closed time and again, none is used a second time.

    A ``TraceConfig`` would tell too, but costs every call a tenth of its CPU in empty signals.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(limit=0, keepalive_timeout=_KEEP_ALIVE, ttl_dns_cache=_DNS_LIFE)
        self._read_clock = clock
        self._met: WeakKeyDictionary[Any, Callable[[], object]] = WeakKeyDictionary()
        self._kept = 0
        self._closed_after_all = 0

    async def connect(self, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        """Return a connection from the pool, or a new one."""
        connection = await super().connect(*args, **kwargs)
        while (news := self._met.get(connection.protocol)) and not self._is_good(connection, news):
            connection.close()
            connection = await super().connect(*args, **kwargs)
        clocks = _clocks.get()
        clocks.connected = self._read_clock()
        clocks.reused = news is not None
        if news is None:
            self._met[connection.protocol] = _news_on(connection.transport)
        return connection

    def broke(self) -> None:
        """Take note that a kept connection broke before anything came back."""
        self._closed_after_all += 1

    def _is_good(
        self, connection: aiohttp.connector.Connection, news: Callable[[], object]
    ) -> bool:
        closed = self._closed_after_all
        if closed >= _TOLERATED and closed > _TOLERATED_SHARE * self._kept:
            return False
        self._kept += 1
        if connection.transport is None or news():
            self._closed_after_all += 1
            return False
        return True


def _news_on(transport: asyncio.Transport | None) -> Callable[[], object]:
    """Return what tells whether something came on an idle connection: that can only be its end."""
    socket = None if transport is None else transport.get_extra_info("socket")
    if socket is None or not hasattr(select, "poll"):  # Windows has no poll
        return lambda: False
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return partial(poll.poll, 0)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first part of the body of an error, as far as it comes."""
    body = b""
    with contextlib.suppress(aiohttp.ClientError):
        async for data in response.content.iter_any():
            body += data
            if len(body) >= _ERROR_BYTES:
                break
    return body


def _located(failure: Failure, url: str) -> Failure:
    """Say where there was nothing: often the address is wrong, not the model's name."""
    if failure.status not in _NOTHING_THERE:
        return failure
    return replace(failure, message=one_line(f"{failure.message}, at {url}"))


def _patience(within: float) -> float:
    """A little less than the caller has, so that it is we who say how far the call got."""
    return within - min(0.05, within / 50)


def _late(within: float, progress: str, *, stalled: bool) -> Failure:
    if stalled:
        message = f"no answer within {within:g} s, and no text in half of it: gave up {progress}"
        return Failure(kind="stalled", message=message, retryable=True)
    message = f"no answer within {within:g} s: gave up {progress}"
    return Failure(kind="timeout", message=message, retryable=True)


def _broken(error: Exception, progress: str, *, answering: bool) -> Failure:
    """What an error of the connection means; once ``answering``, the stream was cut."""
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
