"""What requests under load say: times, goodness, tokens a second, and our own lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import TypeVar

from arenatest.gates.words import amount
from arenatest.model.load import Loaded, Slo
from arenatest.model.plan import Plan
from arenatest.stats.percentile import nearest_rank
from arenatest.stats.serial import effective_size

T = TypeVar("T")

BLOCKS = 20
"""Blocks of a level. Ten to thirty are usual: fewer tell too little of their spread, and many are
so short that each still feels the one before."""
LATEST = 0.05
"""Seconds by which one request in a hundred may be sent late, or its answer seen late."""
LATEST_SHARE = 0.05
"""The same as a share of the level's median user latency, where that is more."""
TELLING = 0.99
UNTOLD = 0.05
"""Largest share of requests without a clock that is asked for."""


def blocks(items: Sequence[T], count: int = BLOCKS) -> list[Sequence[T]]:
    """Return up to ``count`` runs of items that follow each other, as long as each other.

    Examples:
        >>> blocks("abcdefg", 3)
        ['ab', 'cd', 'efg']
    """
    count = min(count, len(items))
    bounds = [place * len(items) // count for place in range(count + 1)] if count else []
    return [items[start:end] for start, end in pairwise(bounds)]


def times(requests: Sequence[Loaded], clock: str) -> list[float]:
    """Return one clock of requests in their order: a failed one is slower than every limit.

    Those without that clock are left out.
    """
    found = ((one, getattr(one, clock)) for one in requests)
    return [math.inf if one.failure else v for one, v in found if one.failure or v is not None]


def good(request: Loaded, slo: Slo) -> bool | None:
    """Return whether a request kept every limit; None where that cannot be told.

    One that failed kept none. An answer of one token has no time for further ones.
    """
    if request.failure is not None:
        return False
    untold = False
    for clock, limit in slo.limits.items():
        value = getattr(request, clock)
        if value is not None and value > limit:
            return False
        untold |= value is None and not (clock == "tpot" and request.tokens is not None)
    return None if untold else True


def worth(requests: Sequence[Loaded]) -> float:
    """Return how many independent requests these are worth, by how their user latencies run."""
    return effective_size(times(requests, "user_latency"))


def rates(requests: Sequence[Loaded], warmup: int, count: int) -> list[float]:
    """Return the tokens a second that all requests together were shown, in stretches of a level.

    An answer's tokens are spread evenly from its first to its last. It begins with the first
    request that counts, while those before are still being answered, and ends with the last one:
    after it the server is no longer under the load that was asked for.

    Args:
        requests: All of one level.
        warmup: How many of them are there to warm up.
        count: How many stretches, each as long.

    Returns:
        One number a stretch; none where a level has no length.
    """
    dues = [one.due for one in requests[warmup:]]
    start, end = (dues[0], dues[-1]) if dues else (0.0, 0.0)
    step = (end - start) / count if count else 0.0
    if step <= 0.0:
        return []
    sums = [0.0] * count
    for one in requests:
        if one.failure is None and one.tokens:
            sent = one.due + one.queue_wait - start
            last = sent + (one.e2e or 0.0)
            first = sent + (one.ttft if one.ttft is not None else one.e2e or 0.0)
            _spread(sums, step, first, last, one.tokens)
    return [tokens / step for tokens in sums]


def lag(requests: Sequence[Loaded]) -> float:
    """Return by how much later than due requests were sent, or seen: no more in 99 of 100."""
    return nearest_rank([max(one.queue_wait, one.loop_lag) for one in requests], TELLING)


def most_lag(requests: Sequence[Loaded]) -> float:
    """Return the largest such lag with which a level counts."""
    known = [one.user_latency for one in requests if one.user_latency is not None]
    return max(LATEST, LATEST_SHARE * median(known)) if known else LATEST


def client_problem(requests: Sequence[Loaded]) -> str:
    """Return that this machine could not keep to the schedule; empty where it did."""
    late, most = lag(requests), most_lag(requests)
    if late <= most:
        return ""
    return (
        f"requests were sent or seen late, by up to {amount(late, 's')} in 99 of 100, more than "
        f"the {amount(most, 's')} allowed: this machine could not keep to the schedule, or limits "
        "of its own held it back, so the times say nothing of the server"
    )


def clock_problem(metric: str, plan: Plan, requests: Sequence[Loaded]) -> str:
    """Return that too many requests lack what is asked for; empty where few do."""
    for one in requests:
        if one.source != "measured":
            return f"its clocks are {one.source}, not measured under this load"
    if metric == "tokens_per_second":
        silent = [one for one in requests if one.tokens is None]
        return _untold(silent, requests, "told no count of tokens")
    if metric == "goodput" and plan.load is not None:
        slo = plan.load.slo
        silent = [one for one in requests if good(one, slo) is None]
        names = ", ".join(slo.limits)
        return _untold(silent, requests, f"lack a clock of the slo ({names}): let answers stream")
    silent = [one for one in requests if one.failure is None and getattr(one, metric) is None]
    return _untold(silent, requests, f"have no {metric}: let answers stream")


def _untold(silent: Sequence[Loaded], requests: Sequence[Loaded], what: str) -> str:
    if len(silent) <= UNTOLD * len(requests):
        return ""
    return f"{len(silent):,} of {len(requests):,} requests {what}"


def _spread(sums: list[float], step: float, first: float, last: float, tokens: int) -> None:
    """Add the tokens of one answer to the stretches in which they came."""
    length = last - first
    if length <= 0.0:  # all at once
        place = int(last / step)
        if 0 <= place < len(sums):
            sums[place] += tokens
        return
    for place in range(max(int(first / step), 0), min(int(last / step) + 1, len(sums))):
        overlap = min(last, (place + 1) * step) - max(first, place * step)
        sums[place] += tokens * max(overlap, 0.0) / length
