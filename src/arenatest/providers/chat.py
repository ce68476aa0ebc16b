"""The provider that speaks OpenAI's chat completions over HTTP, streamed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from arenatest import __version__
from arenatest.errors import MissingKey
from arenatest.hookspec import Call
from arenatest.model.answer import Answer, Failure, TimingSource
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.refusals import refusal
from arenatest.providers.transport import Redactor, broken, new_session

_LARGE = 2**20  # aiohttp wants a body from here on as a file
_GRACE = 1.0  # seconds for the connection's end after the answer's
_ERROR_BYTES = 2**16
_HEADERS = {
    "User-Agent": f"arenatest/{__version__}",
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",  # compression would hold events back
}
_SUCCESS = range(200, 300)


class ChatProvider:
    """Chat completions at one URL; one session, opened on the engine's loop.

    Args:
        endpoint: What its calls share: the base URL.
        url: Where requests go.
        model: As the server knows it.
        body: Added to every request, over the suite's parameters.
        headers: Added to every request.
        key_env: Name of the variable that holds the key; empty for none.
        environ: Where the key is read from when the provider opens.
        clock: Monotonic seconds.
    """

    timing: TimingSource = "measured"
    max_concurrency: int | None = None

    def __init__(
        self,
        *,
        endpoint: str,
        url: str,
        model: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        key_env: str,
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self.endpoint = endpoint
        self._url = url
        self._model = model
        self._extra = body
        self._headers = headers
        self._key_env = key_env
        self._environ = environ
        self._clock = clock
        self._redactor = Redactor("")
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Read the key and open the session.

        Raises:
            MissingKey: The variable that is to hold the key is not set, or empty.
        """
        if self._session is None:
            await self._open()

    async def _open(self) -> aiohttp.ClientSession:
        headers = dict(_HEADERS)
        if self._key_env:
            key = self._environ.get(self._key_env, "").strip()
            if not key:
                raise MissingKey(
                    f"environment variable {self._key_env} is not set: it is to hold the key for "
                    f"{self.endpoint}"
                )
            self._redactor = Redactor(key)
            headers["Authorization"] = f"Bearer {key}"
        own = {name.lower() for name in self._headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in own}
        self._session = new_session({**kept, **self._headers}, self._clock)
        return self._session

    async def close(self) -> None:
        """Close the session and its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def answer(self, call: Call) -> Answer:
        """Make one attempt; see ``Provider``."""
        session = self._session or await self._open()
        stream = ChatStream(Clocks(start=self._clock()))
        failure = await self._exchange(session, call, stream)
        return self._redactor.answer(stream.finish(self._clock(), failure))

    async def _exchange(
        self, session: aiohttp.ClientSession, call: Call, stream: ChatStream
    ) -> Failure | None:
        """Send the request and feed the stream; return what ended it early, if anything did."""
        try:
            data = self._request(call)
            async with asyncio.timeout(_patience(call.timeout)) as patience:
                return await self._send(session, call.chat_id, data, stream, patience)
        except aiohttp.ClientError as error:
            return broken(error, stream.progress(), answering=stream.clocks.headers is not None)
        except TimeoutError:
            late = f"no answer within {call.timeout:g} s: gave up {stream.progress()}"
            return None if stream.done else Failure(kind="timeout", message=late, retryable=True)
        except OSError as error:
            return broken(error, stream.progress(), answering=stream.clocks.headers is not None)
        except (TypeError, ValueError) as error:  # a parameter that JSON or a header cannot hold
            return Failure(kind="request", message=f"the request cannot be written: {error}")

    async def _send(
        self,
        session: aiohttp.ClientSession,
        chat_id: str,
        data: bytes,
        stream: ChatStream,
        patience: asyncio.Timeout,
    ) -> Failure | None:
        clocks = stream.clocks
        clocks.start = self._clock()
        async with session.post(
            self._url,
            data=data if len(data) < _LARGE else io.BytesIO(data),
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

    def _request(self, call: Call) -> bytes:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in call.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        for key, value in (*call.params.items(), *self._extra.items()):
            if isinstance(value, Mapping) and isinstance(body.get(key), Mapping):
                body[key] = {**body[key], **value}
            else:
                body[key] = value
        if not body["stream"]:
            del body["stream_options"]
        return json.dumps(body).encode()


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first part of the body of an error, as far as it comes."""
    body = b""
    with contextlib.suppress(aiohttp.ClientError):
        async for data in response.content.iter_any():
            body += data
            if len(body) >= _ERROR_BYTES:
                break
    return body


def _patience(timeout: float) -> float:
    """A little less than the caller has, so that it is we who say how far the call got."""
    return timeout - min(0.05, timeout / 50)
