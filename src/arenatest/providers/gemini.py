"""The kind of provider ``gemini``: Google's ``streamGenerateContent``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import Field, field_validator

from arenatest.hookspec import Billing, Call, Context, Kind, Provider
from arenatest.model.answer import Failure
from arenatest.providers.access import key_in
from arenatest.providers.chat import merge
from arenatest.providers.clocks import Clocks
from arenatest.providers.conversation import instructions, renamed, turns
from arenatest.providers.gemini_stream import GeminiStream
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, below, environment, identity
from arenatest.providers.wire import Request, Wire

_NAMES = {
    "max_tokens": "maxOutputTokens",
    "top_p": "topP",
    "top_k": "topK",
    "stop": "stopSequences",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_ROLES = {"user": "user", "assistant": "model"}


class GeminiOptions(HttpOptions):
    """Asks Google's Gemini API."""

    reserved: ClassVar[tuple[str, ...]] = (
        "model",
        "contents",
        "systemInstruction",
        "system_instruction",
    )
    added: ClassVar[tuple[str, ...]] = ("/models",)

    base_url: str = Field(
        default="https://generativelanguage.googleapis.com/v1beta",
        description="Where the API starts; /models/MODEL:streamGenerateContent is added.",
    )
    api_key_env: str = Field(
        default="GEMINI_API_KEY",
        description="The environment variable that holds the key; empty for a server without.",
    )

    @field_validator("base_url")
    @classmethod
    def _check_query(cls, url: str) -> str:
        if "key" in parse_qs(urlsplit(url).query, keep_blank_values=True):
            raise ValueError("holds a key: name a variable in api_key_env")
        return url


class GeminiWire(Wire):
    """Contents for one model at one URL.

    Args:
        url: Where requests go.
        body: Added to every request, over the suite's parameters.
        beside: The parameter that is none of the model's, and stands beside them; None for none.
    """

    def __init__(self, *, url: str, body: Mapping[str, Any], beside: str | None = None) -> None:
        self._url = url
        self._extra = body
        self._beside = beside

    def request(self, call: Call) -> Request:
        """Return the request; parameters are its ``generationConfig``."""
        contents = [
            {"role": _ROLES[m.role], "parts": [{"text": m.content}]} for m in turns(call.messages)
        ]
        body: dict[str, Any] = {"contents": contents}
        if system := instructions(call.messages):
            body["systemInstruction"] = {"parts": [{"text": system}]}
        params = renamed(call.params, _NAMES)
        if self._beside in params:
            body[self._beside] = params.pop(self._beside)
        if params:
            body["generationConfig"] = params
        merge(body, self._extra)
        headers = {"X-Client-Request-Id": call.chat_id}
        return Request(url=self._url, body=json.dumps(body).encode(), headers=headers)

    def stream(self, clocks: Clocks) -> GeminiStream:
        """Return what reads one answer."""
        return GeminiStream(clocks)

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """Return what a status means; a wrong key is called a bad request here."""
        failure = super().refusal(status, headers, body)
        return replace(failure, kind="auth") if b'"API_KEY_INVALID"' in body else failure


def stream_url(base_url: str, model: str) -> str:
    """Return where a model is asked; a query stays.

    Args:
        base_url: Where the API starts.
        model: A name, or a resource such as ``tunedModels/mine``.

    Examples:
        >>> stream_url("http://localhost/v1beta", "gemini-2.5-flash")
        'http://localhost/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'
    """
    resource = quote(model if "/" in model else f"models/{model}", safe="/")
    url = below(base_url, f"{resource}:streamGenerateContent")
    return f"{url}{'&' if urlsplit(url).query else '?'}alt=sse"


def _build(options: GeminiOptions, context: Context) -> Provider:
    return HttpProvider(
        wire=GeminiWire(
            url=stream_url(options.base_url, options.model),
            body=options.body,
            beside=options.session_field,
        ),
        endpoint=options.base_url,
        headers=options.headers,
        access=key_in(options.api_key_env, options.base_url, header="x-goog-api-key", prefix=""),
        environ=context.environ,
        clock=context.clock,
        manners=options.manners(),
    )


def _billing(options: GeminiOptions) -> Billing:
    return Billing(model=options.model.rpartition("/")[2], url=options.base_url)


GEMINI: Kind[Provider] = Kind(
    options=GeminiOptions,
    build=_build,
    identity=identity,
    environment=environment,
    billing=_billing,
)
