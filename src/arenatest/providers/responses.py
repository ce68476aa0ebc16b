"""The kind of provider ``openai-responses``: OpenAI's Responses API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from arenatest.hookspec import Call, Context, Kind, Provider
from arenatest.model.answer import Quota
from arenatest.providers.access import key_in
from arenatest.providers.chat import merge, named_anew, says_filtered, seconds_taken
from arenatest.providers.clocks import Clocks
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, below, billing, environment, identity
from arenatest.providers.quotas import quota_of
from arenatest.providers.responses_stream import ResponsesStream
from arenatest.providers.wire import Request, Wire

_OURS = "max_output_tokens"


class ResponsesOptions(HttpOptions):
    """Asks OpenAI's Responses API; nothing is stored there unless the body says so."""

    reserved: ClassVar[tuple[str, ...]] = ("model", "input")
    added: ClassVar[tuple[str, ...]] = ("/responses",)

    base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Where the API starts; /responses is added.",
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY",
        description="The environment variable that holds the key; empty for a server without.",
    )


class ResponsesWire(Wire):
    """Responses of one model at one URL.

    Args:
        url: Where requests go.
        model: As the server knows it.
        body: Added to every request, over the suite's parameters.
    """

    def __init__(self, *, url: str, model: str, body: Mapping[str, Any]) -> None:
        self._url = url
        self._model = model
        self._extra = body

    def request(self, call: Call) -> Request:
        """Return the request; ``max_tokens`` has another name here."""
        body: dict[str, Any] = {
            "model": self._model,
            "input": [{"role": m.role, "content": m.content} for m in call.messages],
            "stream": True,
            "store": False,
        }
        params = named_anew(call.params, "max_completion_tokens", _OURS)
        merge(body, named_anew(params, "max_tokens", _OURS))
        merge(body, self._extra)
        headers = {"X-Client-Request-Id": call.chat_id}
        return Request(url=self._url, body=json.dumps(body).encode(), headers=headers)

    def stream(self, clocks: Clocks) -> ResponsesStream:
        """Return what reads one answer."""
        return ResponsesStream(clocks)

    def quota(self, headers: Mapping[str, str]) -> Quota | None:
        """Return what ``x-ratelimit-*`` says."""
        return quota_of(headers)

    def server_time(self, headers: Mapping[str, str]) -> float | None:
        """Return ``openai-processing-ms``."""
        return seconds_taken(headers)

    def filtered(self, status: int, body: bytes) -> bool:
        """Whether a filter stopped the prompt."""
        return says_filtered(body)


def _build(options: ResponsesOptions, context: Context) -> Provider:
    url = below(options.base_url, "responses")
    return HttpProvider(
        wire=ResponsesWire(url=url, model=options.model, body=options.body),
        endpoint=options.base_url,
        headers=options.headers,
        access=key_in(options.api_key_env, options.base_url),
        environ=context.environ,
        clock=context.clock,
        manners=options.manners(),
    )


RESPONSES: Kind[Provider] = Kind(
    options=ResponsesOptions,
    build=_build,
    identity=identity,
    environment=environment,
    billing=billing,
)
