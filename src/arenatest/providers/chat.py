"""How chat completions are asked for, in all dialects of OpenAI's API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from arenatest.hookspec import Call
from arenatest.model.answer import Quota
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.quotas import number, quota_of
from arenatest.providers.refusals import error_of
from arenatest.providers.wire import Request, Wire

ID_HEADER = "X-Client-Request-Id"
_FILTERED = ("content_filter", "content_policy_violation", "invalid_prompt")


class ChatWire(Wire):
    """Chat completions of one model at one URL.

    Args:
        url: Where requests go.
        model: As the server knows it.
        body: Added to every request, over the suite's parameters.
        max_tokens: What the server calls the suite's ``max_tokens``.
        stream_options: How it is asked to count tokens; empty where it counts unasked.
        id_headers: The headers that take the chat id.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        body: Mapping[str, Any],
        max_tokens: str = "max_tokens",
        stream_options: Mapping[str, bool] | None = None,
        id_headers: Sequence[str] = (ID_HEADER,),
    ) -> None:
        self._url = url
        self._model = model
        self._extra = body
        self._max_tokens = max_tokens
        self._options = {"include_usage": True} if stream_options is None else stream_options
        self._id_headers = id_headers

    def request(self, call: Call) -> Request:
        """Return the request; a table of the suite is put into ours, anything else replaces it."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in call.messages],
            "stream": True,
        }
        if self._options:
            body["stream_options"] = self._options
        merge(body, named_anew(call.params, "max_tokens", self._max_tokens))
        merge(body, self._extra)
        if not body["stream"]:
            body.pop("stream_options", None)
        headers = dict.fromkeys(self._id_headers, call.chat_id)
        return Request(url=self._url, body=json.dumps(body).encode(), headers=headers)

    def stream(self, clocks: Clocks) -> ChatStream:
        """Return what reads one answer."""
        return ChatStream(clocks)

    def quota(self, headers: Mapping[str, str]) -> Quota | None:
        """Return what ``x-ratelimit-*`` says."""
        return quota_of(headers)

    def server_time(self, headers: Mapping[str, str]) -> float | None:
        """Return ``openai-processing-ms``."""
        return seconds_taken(headers)

    def filtered(self, status: int, body: bytes) -> bool:
        """Whether a filter stopped the prompt, as Azure's does with a status of 400."""
        return says_filtered(body)


def merge(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Put ``more`` into a request's body: tables are joined, anything else is replaced."""
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(body.get(key), Mapping):
            body[key] = {**body[key], **value}
        else:
            body[key] = value


def named_anew(params: Mapping[str, Any], name: str, theirs: str) -> Mapping[str, Any]:
    """Return parameters with one of them under the server's name, unless that is given too."""
    if name == theirs or name not in params:
        return params
    others = {key: value for key, value in params.items() if key != name}
    return {theirs: params[name], **others}


def seconds_taken(headers: Mapping[str, str]) -> float | None:
    """Return how long OpenAI's servers say they took; None where they do not."""
    milliseconds = number(headers.get("openai-processing-ms"))
    return None if milliseconds is None else milliseconds / 1000


def says_filtered(body: bytes) -> bool:
    """Whether a body says that a filter stopped the prompt: no failure, but a kind of answer."""
    try:
        error = error_of(json.loads(body))
    except (ValueError, RecursionError):
        return False
    return isinstance(error, dict) and error.get("code") in _FILTERED
