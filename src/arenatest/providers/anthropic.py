"""The kind of provider ``anthropic``: Anthropic's Messages API, and servers that speak the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from arenatest.hookspec import Call, Context, Kind, Provider
from arenatest.model.answer import Quota
from arenatest.providers.access import key_in
from arenatest.providers.anthropic_stream import MessageStream, says_filtered
from arenatest.providers.chat import merge
from arenatest.providers.clocks import Clocks
from arenatest.providers.conversation import instructions, renamed, turns
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, below, billing, environment
from arenatest.providers.http_options import identity as identity_of
from arenatest.providers.quotas import number
from arenatest.providers.refusals import error_of
from arenatest.providers.wire import Request, Wire

MAX_TOKENS = 4096
"""Of an answer, where the suite does not say: the API wants a number, and every model takes it."""

_NAMES = {"stop": "stop_sequences"}
_LIMITS = ("tokens", "input-tokens", "output-tokens")


class AnthropicOptions(HttpOptions):
    """Asks Anthropic's Messages API."""

    reserved: ClassVar[tuple[str, ...]] = ("model", "messages", "system")
    added: ClassVar[tuple[str, ...]] = ("/v1", "/v1/messages")

    base_url: str = Field(
        default="https://api.anthropic.com",
        description="Where the API starts; /v1/messages is added.",
    )
    api_key_env: str = Field(
        default="ANTHROPIC_API_KEY",
        description="The environment variable that holds the key; empty for a server without.",
    )
    version: str = Field(
        default="2023-06-01", min_length=1, description="Of the API: the anthropic-version header."
    )

    @field_validator("version")
    @classmethod
    def _check_version(cls, version: str) -> str:
        if not version.isascii() or not version.isprintable():
            raise ValueError(f"got {version!r}, expected the text of a header")
        return version


class MessagesWire(Wire):
    """Messages of one model at one URL.

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
        """Return the request; the system prompt has a field of its own."""
        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": MAX_TOKENS,
            "messages": [{"role": m.role, "content": m.content} for m in turns(call.messages)],
            "stream": True,
        }
        if system := instructions(call.messages):
            body["system"] = system
        merge(body, renamed(call.params, _NAMES))
        merge(body, self._extra)
        headers = {"X-Client-Request-Id": call.chat_id}
        return Request(url=self._url, body=json.dumps(body).encode(), headers=headers)

    def stream(self, clocks: Clocks) -> MessageStream:
        """Return what reads one answer."""
        return MessageStream(clocks)

    def filtered(self, status: int, body: bytes) -> bool:
        """Whether a filter stopped the answer before any of it came."""
        try:
            return says_filtered(error_of(json.loads(body)))
        except (ValueError, RecursionError):
            return False

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        """Return ``request-id``, or what other servers call it."""
        return headers.get("request-id") or headers.get("x-request-id")

    def quota(self, headers: Mapping[str, str]) -> Quota | None:
        """Return what is left: of requests, and of that limit on tokens of which least is left."""
        requests = _left(headers, "requests")
        tokens = [left for name in _LIMITS if (left := _left(headers, name))]
        if requests is None and not tokens:
            return None
        remaining, limit, reset = requests or (None, None, None)
        least = min(tokens, key=_share, default=(None, None, None))
        return Quota(
            remaining_requests=remaining,
            limit_requests=limit,
            reset_requests=reset,
            remaining_tokens=least[0],
            limit_tokens=least[1],
            reset_tokens=least[2],
        )


_Left = tuple[float, float | None, float | None]  # how much, of how much, whole again in seconds


def _left(headers: Mapping[str, str], what: str) -> _Left | None:
    name = f"anthropic-ratelimit-{what}"
    remaining = number(headers.get(f"{name}-remaining"))
    if remaining is None:
        return None
    return remaining, number(headers.get(f"{name}-limit")), _until(headers, f"{name}-reset")


def _share(left: _Left) -> float:
    remaining, limit, _ = left
    return remaining / limit if limit else 1.0


def _until(headers: Mapping[str, str], name: str) -> float | None:
    """Seconds to a moment, from the server's own ``Date``, so that no clocks are compared."""
    try:
        now = parsedate_to_datetime(headers["date"])
        return max(0.0, (datetime.fromisoformat(headers[name]) - now).total_seconds())
    except (KeyError, ValueError, TypeError, OverflowError):  # not said, or no such date
        return None


def _build(options: AnthropicOptions, context: Context) -> Provider:
    url = below(options.base_url, "v1/messages")
    return HttpProvider(
        wire=MessagesWire(url=url, model=options.model, body=options.body),
        endpoint=options.base_url,
        headers={"anthropic-version": options.version, **options.headers},
        access=key_in(options.api_key_env, options.base_url, header="x-api-key", prefix=""),
        environ=context.environ,
        clock=context.clock,
        manners=options.manners(),
    )


def _identity(options: AnthropicOptions, directory: Path) -> Mapping[str, Any]:
    own = {"version": options.version, "max_tokens": MAX_TOKENS}
    return {**identity_of(options, directory), **own}


ANTHROPIC: Kind[Provider] = Kind(
    options=AnthropicOptions,
    build=_build,
    identity=_identity,
    environment=environment,
    billing=billing,
)
