"""The provider that speaks OpenAI's chat completions over HTTP, streamed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from arenatest import __version__
from arenatest.errors import MissingKey, OptionError
from arenatest.hookspec import Call
from arenatest.model.answer import Answer, Failure, TimingSource
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.redaction import Redactor

if TYPE_CHECKING:
    from arenatest.providers.transport import Transport

_HEADERS = {
    "User-Agent": f"arenatest/{__version__}",
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",  # compression would hold events back
}


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
        self._transport: Transport | None = None

    async def open(self) -> None:
        """Read the key and open the session.

        Raises:
            MissingKey: The variable that is to hold the key is not set, or empty.
            OptionError: What it holds cannot be a key.
        """
        if self._transport is None:
            self._open()

    async def close(self) -> None:
        """Close the session and its connections."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    async def answer(self, call: Call) -> Answer:
        """Make one attempt; see ``Provider``."""
        transport = self._transport or self._open()
        stream = ChatStream(Clocks(start=self._clock()))
        try:
            data = self._request(call)
        except (TypeError, ValueError) as error:
            message = f"the request cannot be written as JSON: {error}"
            failure: Failure | None = Failure(kind="request", message=message)
        else:
            failure = await transport.exchange(
                self._url, data, chat_id=call.chat_id, within=call.timeout, stream=stream
            )
        return self._redactor.answer(stream.finish(self._clock(), failure))

    def _open(self) -> Transport:
        from arenatest.providers.transport import Transport  # aiohttp waits until here

        headers = dict(_HEADERS)
        if self._key_env:
            key = _key(self._environ, self._key_env, self.endpoint)
            self._redactor = Redactor(key)
            headers["Authorization"] = f"Bearer {key}"
        own = {name.lower() for name in self._headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in own}
        self._transport = Transport({**kept, **self._headers}, self._clock)
        return self._transport

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


def _key(environ: Mapping[str, str], name: str, endpoint: str) -> str:
    key = environ.get(name, "").strip()
    if not key:
        raise MissingKey(
            f"environment variable {name} is not set: it is to hold the key for {endpoint}"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise OptionError(
            f"environment variable {name} holds a blank or a character that no key has"
        )
    return key
