"""What a contestant returned: text, usage, timing, or a failure as a value.

All times are seconds on a monotonic clock, counted from just before the request was written.
Unknown is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FailureKind = Literal[
    "timeout",  # the call's deadline passed
    "connection",  # refused, reset, DNS, TLS
    "stalled",  # generated text came, and then no more for the idle time
    "rate_limited",  # HTTP 429
    "spent",  # the server says that money or quota is used up: waiting does not help
    "server",  # HTTP 5xx
    "auth",  # HTTP 401 or 403
    "request",  # any other HTTP 4xx: the request itself is wrong
    "cut",  # the stream ended without a finish reason or terminal marker
    "malformed",  # what came back is not what the API promises
    "stream",  # an error inside the stream, after a 200
    "provider",  # the provider's code raised or returned nonsense
    "missing",  # a recording holds no answer for this prompt
    "conversation",  # an earlier turn of the same conversation failed
    "refused",  # the model declined, and the suite calls that a failure
    "filtered",  # a content filter ended the answer, and the suite calls that a failure
    "truncated",  # the answer hit the token limit, and the suite calls that a failure
]

TimingSource = Literal["measured", "recorded", "unfit"]

LONGEST_WORD = 200
"""Characters of a finish and of a model's name, for which a server may send text of any length.

Words are looked up in an index of the store, and PostgreSQL's take no more than 2,704 bytes of one:
a character that has to be escaped takes 12 of them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call gave no answer.

    Attributes:
        kind: One word for reports and counts.
        message: One line for people, without secrets.
        status: HTTP status, where there was one.
        retryable: Whether asking again may help. Once a piece of text was generated, only where the
            answer was cut off.
        retry_after: Seconds the server asked to wait, if it did.
    """

    kind: FailureKind
    message: str
    status: int | None = None
    retryable: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts as the server gave them; None where it did not.

    ``output_tokens`` includes ``reasoning_tokens``; ``input_tokens`` includes ``cached_tokens``.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The clocks of one call, in seconds.

    Attributes:
        source: ``measured`` by us, ``recorded`` (replayed from a file), or ``unfit`` for gates
            because somebody else's code sits between the socket and our clock.
        queue_wait: From wanting to send to sending: our own limits. Never inside the others.
        held: The part of ``queue_wait`` for which a minute's limits, or a pause that the server
            asked for, held the call back; the rest was for a place.
        connect: Until a connection was ready; None if not observed.
        ttfb: Until the response headers. A diagnosis of one call, not a user's time; records
            loaded in bulk leave it out.
        ttft: Until the first read with generated text: content, reasoning, tool arguments or
            refusal. None if nothing was generated, the provider does not stream, or one read held
            all of an answer of some length, so that something had held it up on the way.
        ttfat: Until the first read with answer content, after any reasoning.
        tpot: Seconds per output token after the first read, from usage; None without usage.
        e2e: Until the last generated text.
        wall: Until the end of the stream.
        icl: The 95th percentile of ``gaps``; None with fewer than two reads with text.
        gaps: Seconds between successive reads that held generated text. The store keeps them for
            the look at one call, and none of judges; records loaded in bulk leave them empty.
        reads: How many reads held generated text.
        connection_reused: Whether the connection was open before the call.
        lag: The largest lag of our own event loop between the start and ``ttft``: as much of it may
            be ours. None where nobody watched, 0 where the clocks were read outside of the loop.
        stream_lag: The same from there until ``e2e``.
        server: Seconds the server says the request took.
        load: Seconds the server says it took to load the model.
        server_queue: Seconds the server says the request waited there.
    """

    source: TimingSource = "measured"
    queue_wait: float | None = None
    held: float | None = None
    connect: float | None = None
    ttfb: float | None = None
    ttft: float | None = None
    ttfat: float | None = None
    tpot: float | None = None
    e2e: float | None = None
    wall: float | None = None
    icl: float | None = None
    gaps: tuple[float, ...] = ()
    reads: int = 0
    connection_reused: bool | None = None
    lag: float | None = None
    stream_lag: float | None = None
    server: float | None = None
    load: float | None = None
    server_queue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a server says is left of its limits; None where it does not say.

    Attributes:
        remaining_requests: Requests that may still be made, and of which limit.
        reset_requests: Seconds until that limit is whole again.
        remaining_tokens: Tokens that may still be used, and of which limit.
        reset_tokens: Seconds until that limit is whole again.
    """

    remaining_requests: float | None = None
    limit_requests: float | None = None
    reset_requests: float | None = None
    remaining_tokens: float | None = None
    limit_tokens: float | None = None
    reset_tokens: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one model call gave.

    Attributes:
        text: The answer's content, possibly empty. Empty with a failure, unless it is the suite
            that calls this end of an answer one.
        reasoning: Thinking text, where it was streamed.
        finish: Why the model stopped: ``stop``, ``length``, ``content_filter``, ``refusal``,
            ``tool_calls``, or another word as the server says it. None only with a failure.
        model: The model's name as the server gave it.
        request_id: The server's id from the response headers.
        response_id: The server's id from the body; records loaded in bulk leave it out.
    """

    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    failure: Failure | None = None
    model: str | None = None
    request_id: str | None = None
    response_id: str | None = None

    @property
    def ok(self) -> bool:
        """Whether this is an answer that may be judged."""
        return self.failure is None

    @property
    def silent(self) -> bool:
        """Whether the text is empty. A record knows it without the text, and the next two."""
        return not self.text

    @property
    def length(self) -> int:
        """Characters of the text."""
        return len(self.text)

    def says(self, other: Answer) -> bool:
        """Return whether another answer has the same text."""
        return self.text == other.text


def cut_word(word: str | None) -> str | None:
    """Return a finish or a model's name, cut where it is longer than any honest one."""
    return word if word is None or len(word) <= LONGEST_WORD else word[:LONGEST_WORD]
