"""The dialect of one API: how to ask, and how to read what comes back.

How to write one (``chat`` and ``chat_stream`` are the example to copy):

1.  A subclass of ``AnswerStream`` says what events mean. Override ``event(event)``, which gets the
    JSON of one payload, and call on it: ``said(text)``, ``thought(text)``, ``refused(text)``,
    ``called(arguments)``, ``counted(usage)`` (the API's own dict; later ones update it),
    ``ended(word)`` (a word of ``Answer.finish``: the answer is whole), ``named(model, id)``,
    ``erred(error)`` or ``failed(kind, message, retryable=...)``, ``end()`` at a terminal marker. An
    answer without ``ended`` is a failure ``cut``. An event that breaks the API's promise: let
    ``TypeError``, ``ValueError``, ``AttributeError`` or ``LookupError`` rise, and it is a failure
    ``malformed``; events of unknown type are skipped. Clocks start by themselves.
    ``tally(said)`` puts the counts into our words: ``output_tokens`` with reasoning in them,
    ``input_tokens`` with cached ones. ``whole(body)`` reads a body that was not streamed.
    ``sole_text(event)`` is for speed: it names the JSON key of an event's only text.
    Seconds that the server reports go to ``self.clocks.server``, ``.load``, ``.server_queue``.
    Another framing than server-sent events is given to ``super().__init__(clocks, framing)``: see
    ``framing.Framing``; it gives payloads of JSON (a frame's event type may be wrapped around).
2.  A subclass of ``Wire`` says how to ask, and makes such a stream for each call.
3.  A pydantic model that extends ``http_options.HttpOptions`` holds the kind's options, and
    ``HttpProvider(wire=..., access=key_in(...), manners=options.manners(), ...)`` of ``http`` does
    everything else: session, clocks, time limits, failures, redaction. Register the ``Kind`` in
    ``providers/__init__``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arenatest.providers.refusals import refusal

if TYPE_CHECKING:
    from arenatest.hookspec import Call
    from arenatest.model.answer import Failure, Quota
    from arenatest.providers.answer_stream import AnswerStream
    from arenatest.providers.clocks import Clocks


@dataclass(slots=True, kw_only=True)
class Request:
    """One request, ready to be sent by POST.

    Attributes:
        url: Where to.
        body: Its bytes.
        headers: Of this request only; those of all requests are the provider's.
    """

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Wire(ABC):
    """One API's dialect; it holds what all calls of a contestant have in common, and no state."""

    @abstractmethod
    def request(self, call: Call) -> Request:
        """Return what to send. ``TypeError`` or ``ValueError``: it cannot be written."""

    @abstractmethod
    def stream(self, clocks: Clocks) -> AnswerStream:
        """Return what reads one answer."""

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        """Return the server's id of the request from response headers (any case)."""
        return headers.get("x-request-id")

    def quota(self, headers: Mapping[str, str]) -> Quota | None:
        """Return what the server says is left of a limit; None where it says nothing."""
        return None

    def server_time(self, headers: Mapping[str, str]) -> float | None:
        """Return how many seconds the server says it took, if its headers tell."""
        return None

    def filtered(self, status: int, body: bytes) -> bool:
        """Whether a refused request is an answer after all: empty, finished by a filter."""
        return False

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """Return what a status other than 2xx means."""
        return refusal(status, headers, body)
