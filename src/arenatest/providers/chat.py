"""How chat completions are asked for, in all dialects of OpenAI's API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from arenatest.hookspec import Call
from arenatest.providers.chat_stream import ChatStream
from arenatest.providers.clocks import Clocks
from arenatest.providers.wire import Request, Wire


class ChatWire(Wire):
    """Chat completions of one model at one URL.

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
        """Return the request; a table of the suite is put into ours, anything else replaces it."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in call.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        merge(body, call.params)
        merge(body, self._extra)
        if not body["stream"]:
            del body["stream_options"]
        headers = {"X-Client-Request-Id": call.chat_id}
        return Request(url=self._url, body=json.dumps(body).encode(), headers=headers)

    def stream(self, clocks: Clocks) -> ChatStream:
        """Return what reads one answer."""
        return ChatStream(clocks)


def merge(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Put ``more`` into a request's body: tables are joined, anything else is replaced."""
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(body.get(key), Mapping):
            body[key] = {**body[key], **value}
        else:
            body[key] = value
