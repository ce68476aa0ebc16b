"""The clocks of one streamed call: a few stamps in, a ``Timing`` out. It reads no clock itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from arenatest.model.answer import Timing

_LONG = 16  # tokens: more than servers put into one piece, guessing ahead or by an interval
_LETTERS = 4  # about as many characters has a token


@dataclass(slots=True, kw_only=True)
class Clocks:
    """Stamps of one call, in seconds on one monotonic clock; None until they happen.

    Attributes:
        start: Just before the request was written.
        connected: When a connection was ready, and whether it was ``reused``.
        headers: When the response headers were there.
        first: The first read that held generated text of any kind.
        answer: The first read that held answer text: not reasoning.
        last: The last read that held generated text.
        gaps: Seconds between successive reads that held generated text.
        first_tokens: How many tokens the first of them held, where the server counted.
        long: From how many tokens on a lone piece is more than its server sends at once.
        server: Seconds the server says the request took.
        load: Seconds the server says it loaded the model.
        server_queue: Seconds the server says the request waited there.
    """

    start: float
    connected: float | None = None
    reused: bool | None = None
    headers: float | None = None
    first: float | None = None
    answer: float | None = None
    last: float | None = None
    gaps: list[float] = field(default_factory=list)
    first_tokens: int = 1
    long: int = _LONG
    server: float | None = None
    load: float | None = None
    server_queue: float | None = None

    def generated(self, stamp: float, *, answer: bool) -> None:
        """Mark a read that held generated text; ``answer`` if some of it was not reasoning."""
        if self.last is None:
            self.first = stamp
        else:
            self.gaps.append(stamp - self.last)
        self.last = stamp
        if answer and self.answer is None:
            self.answer = stamp

    def timing(self, end: float, tokens: int | None, length: int = 0) -> Timing:
        """Return the times of the call.

        An answer of some length that one read held did not stream to us: something on the way, a
        filter or a proxy, kept it until it was whole. When its first token was written nobody knows
        then, and like an answer that was not streamed it has a time to its end only.

        Args:
            end: When the stream ended.
            tokens: Generated tokens that were streamed, or None where the server did not count.
            length: Characters of generated text, which stand in where tokens were not counted.
        """
        e2e = self._since_start(self.last)
        held = not self.gaps and self._is_long(tokens, length)
        ttft = None if held else self._since_start(self.first)
        if self.last == self.first and not held:
            e2e = ttft  # one number, which a record holds once
        ttfat = ttft if self.answer == self.first else self._since_start(self.answer)
        return Timing(
            connect=self._since_start(self.connected),
            ttfb=self._since_start(self.headers),
            ttft=ttft,
            ttfat=ttfat,
            tpot=self._per_token(tokens),
            e2e=e2e,
            wall=end - self.start,
            icl=nearest_rank(self.gaps, 95) if self.gaps else None,
            gaps=tuple(self.gaps),
            reads=0 if self.first is None else len(self.gaps) + 1,
            connection_reused=self.reused,
            server=self.server,
            load=self.load,
            server_queue=self.server_queue,
        )

    def _since_start(self, stamp: float | None) -> float | None:
        return None if stamp is None else stamp - self.start

    def _is_long(self, tokens: int | None, length: int) -> bool:
        return length >= self.long * _LETTERS if tokens is None else tokens >= self.long

    def _per_token(self, tokens: int | None) -> float | None:
        """Seconds per token after the first read; None where one read held everything."""
        if self.first is None or self.last is None or not self.gaps:
            return None
        if tokens is None or tokens <= self.first_tokens:
            return None
        return (self.last - self.first) / (tokens - self.first_tokens)


def nearest_rank(values: list[float], percent: int) -> float:
    """Return the smallest value that at least ``percent`` of the values do not exceed.

    Args:
        values: At least one.
        percent: From 1 to 100.
    """
    return sorted(values)[-(-percent * len(values) // 100) - 1]
