"""One HTTP session for streamed calls: sends, feeds what each read gives, names what broke."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from arenatest.model.answer import Failure
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import one_line, refusal

_CONNECT_PATIENCE = 10.0  # seconds until a connection must stand
_KEEP_ALIVE = 60.0  # seconds
_DNS_LIFE = 300  # seconds
_LARGEST_READ = 2**20
_LARGE_BODY = 2**20  # aiohttp wants a body from here on as a file
_ERROR_BYTES = 2**16
_GRACE = 1.0  # seconds for the connection's end after the answer's
_SUCCESS = range(200, 300)


class Transport:
    """A session without limits of its own; make it on the loop that will use it.

    The engine limits concurrency, so that waiting for a connection is never inside a time. No proxy
    is taken from the environment, no redirect followed, no cookie kept.

    Args:
        headers: Sent with every request.
        clock: Monotonic seconds.
    """

    def __init__(self, headers: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=_KEEP_ALIVE, ttl_dns_cache=_DNS_LIFE
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_PATIENCE),
            read_bufsize=_LARGEST_READ,
            trace_configs=[_connection_trace(clock)],
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def exchange(
        self, url: str, data: bytes, *, chat_id: str, within: float, stream: ChatStream
    ) -> Failure | None:
        """Send one request and feed the answer to ``stream``.

        Args:
            url: Where to.
            data: The body.
            chat_id: Sent as ``X-Client-Request-Id``.
            within: Seconds for everything.
            stream: Takes every read with its stamp; its clocks are marked here.

        Returns:
            What ended it early, if anything did.
        """
        try:
            async with asyncio.timeout(_patience(within)) as patience:
                return await self._send(url, data, chat_id, stream, patience)
        except aiohttp.ClientError as error:
            return _broken(error, stream.progress(), answering=stream.clocks.headers is not None)
        except TimeoutError:
            late = f"no answer within {within:g} s: gave up {stream.progress()}"
            return None if stream.done else Failure(kind="timeout", message=late, retryable=True)
        except OSError as error:
            return _broken(error, stream.progress(), answering=stream.clocks.headers is not None)

    async def _send(
        self, url: str, data: bytes, chat_id: str, stream: ChatStream, patience: asyncio.Timeout
    ) -> Failure | None:
        clocks = stream.clocks
        clocks.start = self._clock()
        async with self._session.post(
            url,
            data=data if len(data) < _LARGE_BODY else io.BytesIO(data),
            headers={"X-Client-Request-Id": chat_id},
            allow_redirects=False,
            trace_request_ctx=clocks,
        ) as response:
            clocks.headers = self._clock()
            stream.request_id = response.headers.get("x-request-id")
            if response.status not in _SUCCESS:
                return refusal(response.status, response.headers, await _beginning(response))
            await self._read(response.content, stream, patience)
        return None

    async def _read(
        self, content: aiohttp.StreamReader, stream: ChatStream, patience: asyncio.Timeout
    ) -> None:
        """Feed every read of the socket, stamped once, before anything looks into it."""
        clock, feed = self._clock, stream.feed
        async for data in content.iter_any():
            feed(clock(), data)
            if stream.done:
                if not stream.complete:
                    return  # nothing good can follow; leaving early closes the connection
                patience.reschedule(asyncio.get_running_loop().time() + _GRACE)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first part of the body of an error, as far as it comes."""
    body = b""
    with contextlib.suppress(aiohttp.ClientError):
        async for data in response.content.iter_any():
            body += data
            if len(body) >= _ERROR_BYTES:
                break
    return body


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


def _patience(timeout: float) -> float:
    """A little less than the caller has, so that it is we who say how far the call got."""
    return timeout - min(0.05, timeout / 50)


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
