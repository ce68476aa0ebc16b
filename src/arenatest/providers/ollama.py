"""The kind of provider ``ollama``: Ollama's own API, which tells how long it loaded the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from arenatest.hookspec import Call, Context, Kind, Provider
from arenatest.providers.access import key_in
from arenatest.providers.chat import merge
from arenatest.providers.clocks import Clocks
from arenatest.providers.conversation import renamed
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, below, environment, identity
from arenatest.providers.ollama_stream import OllamaStream
from arenatest.providers.wire import Request, Wire


class OllamaOptions(HttpOptions):
    """Asks Ollama by its own API; params are its options."""

    reserved: ClassVar[tuple[str, ...]] = ("model", "messages", "stream")
    added: ClassVar[tuple[str, ...]] = ("/api", "/api/chat", "/v1")

    base_url: str = Field(
        default="http://localhost:11434", description="Where Ollama is; /api/chat is added."
    )


class OllamaWire(Wire):
    """Chats with one model of one Ollama.

    Args:
        base_url: Where it is.
        model: As it is known there.
        body: Added to every request.
    """

    def __init__(self, *, base_url: str, model: str, body: Mapping[str, Any]) -> None:
        self._url = below(base_url, "api/chat")
        self._model = model
        self._extra = body

    def request(self, call: Call) -> Request:
        """Return the request; what Ollama calls options are the parameters of the suite."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in call.messages],
            "stream": True,
        }
        if call.params:
            body["options"] = renamed(call.params, _NAMES)
        merge(body, self._extra)
        headers = {"X-Client-Request-Id": call.chat_id}
        return Request(url=self._url, body=json.dumps(body).encode(), headers=headers)

    def stream(self, clocks: Clocks) -> OllamaStream:
        """Return what reads one answer."""
        return OllamaStream(clocks)


_NAMES = {"max_tokens": "num_predict"}


def _build(options: OllamaOptions, context: Context) -> Provider:
    return HttpProvider(
        wire=OllamaWire(base_url=options.base_url, model=options.model, body=options.body),
        endpoint=options.base_url,
        headers=options.headers,
        access=key_in(options.api_key_env, options.base_url),
        environ=context.environ,
        clock=context.clock,
        manners=options.manners(),
    )


OLLAMA: Kind[Provider] = Kind(
    options=OllamaOptions, build=_build, identity=identity, environment=environment
)
