"""One call beside its model's others in the same run: where its clocks stand, and what is odd."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from arenatest.gates.words import amount, counted
from arenatest.model.answer import Answer
from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.stats.percentile import nearest_rank

CLOCKS = ("queue_wait", "held", "connect", "ttfb", "ttft", "ttfat", "e2e", "wall", "tpot", "icl")
ENOUGH = 5
"""Other calls with the same clock from which a call is set beside them."""
UNUSUAL = 0.95
"""Share of the others that an unusual figure exceeds, and"""
MARKED = 1.5
"""how many times their median it is at least."""
PART = 0.2
"""Share of the time to the first text from which a part of it is told."""

_TOLD = ("ttft", "ttfat", "e2e", "tpot", "icl")  # clocks whose odd values are told
_FEW = 8  # gaps that need no picture
_STEPS = tuple(step * 10.0**power for power in range(-4, 4) for step in (1, 2, 5))
_WIDTH = 30

Reader = Callable[[Answer], float | None]


def clock_lines(answer: Answer, others: Sequence[Answer]) -> Iterator[str]:
    """Yield a line for each clock of a call, with its place among the others'."""
    for name in CLOCKS:
        value = _clock(name)(answer)
        if value is not None:
            place = _place(value, _known(_clock(name), others))
            yield f"  {name:<11} {amount(value, 's'):<9} {place}".rstrip()


def unusual_lines(answer: Answer, others: Sequence[Answer], owner: str) -> Iterator[str]:
    """Yield what is unlike the other calls of a model, or explains a slow one by itself.

    Args:
        answer: What the call gave, with its clocks.
        others: The model's other good calls in the run.
        owner: The model's name, as it may be shown.
    """
    timing = answer.timing
    for name in _TOLD:
        if name == "ttfat" and timing is not None and timing.ttfat == timing.ttft:
            continue
        value, known = _clock(name)(answer), _known(_clock(name), others)
        if value is not None and (share := _unusual(value, known)) is not None:
            more = _more_than(share, len(known), "calls")
            yield f"{name} {amount(value, 's')}: slower than {more} of {owner} in this run"
    yield from _parts(answer)
    for what, read in _COUNTS.items():
        value, known = read(answer), _known(read, others)
        share = _unusual(value, known)
        if value is not None and share is not None:
            usual = f"{_whole(nearest_rank(known, 0.5))} in the median"
            more = _more_than(share, len(known), "others")
            yield f"{_whole(value)} {what}: more than {more}, {usual}"
    yield from _uncached(answer, others)


def gap_lines(gaps: Sequence[float], reads: int) -> Iterator[str]:
    """Yield the gaps between reads as a picture in text, or only the longest of a few."""
    if not gaps:
        return
    longest = amount(max(gaps), "s")
    if len(gaps) < _FEW:
        yield f"reads        {reads}, longest gap {longest}"
        return
    middle = amount(nearest_rank(gaps, 0.5), "s")
    yield f"reads        {reads}, gaps p50 {middle}, longest {longest}"
    buckets = [(step, len(list(several))) for step, several in groupby(sorted(gaps), key=_step)]
    most = max(count for _, count in buckets)
    for step, count in buckets:
        bar = "#" * max(1, round(_WIDTH * count / most))
        yield f"  up to {amount(step, 's'):<8} {bar} {count:,}"


def _place(value: float, known: Sequence[float]) -> str:
    if len(known) < ENOUGH:
        return ""
    middle, high = (amount(nearest_rank(known, q), "s") for q in (0.5, 0.95))
    more = _more_than(_share_below(value, known), len(known), "others")
    return f"longer than {more}: p50 {middle}, p95 {high}"


def _parts(answer: Answer) -> Iterator[str]:
    """Yield parts of the time to the first text that have a name of their own."""
    timing, usage = answer.timing, answer.usage
    if timing is None:
        return
    first = timing.ttft or timing.e2e or 0.0
    of = f"of {amount(first, 's')} to its first text"
    if timing.connection_reused is False and (timing.connect or 0.0) >= PART * first > 0.0:
        yield f"it opened a connection, which took {amount(timing.connect or 0.0, 's')} {of}"
    if (timing.load or 0.0) >= PART * first > 0.0:
        yield f"its server loaded the model for {amount(timing.load or 0.0, 's')} {of}"
    if (timing.server_queue or 0.0) >= PART * first > 0.0:
        yield f"its server says that it queued for {amount(timing.server_queue or 0.0, 's')} {of}"
    if (timing.lag or 0.0) > max(LAG, LAG_SHARE * first):
        lag = amount(timing.lag or 0.0, "s")
        yield f"this process was busy for up to {lag} {of}: no gate looks at the call"
    if usage is not None and usage.reasoning_tokens and not answer.reasoning:
        yield f"{usage.reasoning_tokens:,} tokens of thoughts were not streamed"


def _uncached(answer: Answer, others: Sequence[Answer]) -> Iterator[str]:
    own, known = _cached(answer), _known(_cached, others)
    if own is None or len(known) < ENOUGH:
        return
    usual = nearest_rank(known, 0.5)
    if usual - own >= PART:
        share = f"{_percent(own)} of its prompt came from a cache of the server"
        yield f"{share}, where {_percent(usual)} is usual"


def _unusual(value: float | None, known: Sequence[float]) -> float | None:
    """Return the share of the others that a value exceeds; None where it is an ordinary one."""
    if value is None or len(known) < ENOUGH:
        return None
    share = _share_below(value, known)
    odd = share >= UNUSUAL and value >= MARKED * nearest_rank(known, 0.5) and value > 0.0
    return share if odd else None


def _share_below(value: float, known: Sequence[float]) -> float:
    return bisect_left(known, value) / len(known)


def _known(read: Reader, others: Sequence[Answer]) -> list[float]:
    return sorted(value for other in others if (value := read(other)) is not None)


def _clock(name: str) -> Reader:
    def read(answer: Answer) -> float | None:
        value: float | None = getattr(answer.timing, name, None)
        return value

    return read


def _tokens(name: str) -> Reader:
    def read(answer: Answer) -> float | None:
        count: int | None = getattr(answer.usage, name, None)
        return None if count is None else float(count)

    return read


def _cached(answer: Answer) -> float | None:
    usage = answer.usage
    if usage is None or usage.cached_tokens is None or not usage.input_tokens:
        return None
    return usage.cached_tokens / usage.input_tokens


_COUNTS: dict[str, Reader] = {
    "output tokens": _tokens("output_tokens"),
    "tokens of thoughts": _tokens("reasoning_tokens"),
    "input tokens": _tokens("input_tokens"),
}


def _step(gap: float) -> float:
    return next((step for step in _STEPS if gap <= step), _STEPS[-1])


def _more_than(share: float, number: int, noun: str) -> str:
    """Return how many of some things are exceeded, such as ``99 % of 100 others``."""
    if share == 1.0:
        return f"all {counted(number, noun)}"
    return f"{_percent(share)} of {counted(number, noun)}"


def _percent(share: float) -> str:
    return f"{int(share * 100 + 1e-9)} %"


def _whole(count: float) -> str:
    return f"{round(count):,}"
