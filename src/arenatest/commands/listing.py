"""What the command line prints: one model call, and the kinds that plugins offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from arenatest.gates.words import amount
from arenatest.model.answer import Timing
from arenatest.model.record import Generation, JudgmentPlaced
from arenatest.report.escape import for_terminal
from arenatest.store import Store
from arenatest.suite.kinds import Kinds

CLOCKS = ("queue_wait", "held", "connect", "ttfb", "ttft", "ttfat", "e2e", "wall", "tpot", "icl")
BESIDE = ("ttft", "e2e")
"""Clocks that are set beside the other calls of the same model."""


def kind_lines(kinds: Kinds) -> Iterator[str]:
    """Yield a line for each kind, under what it is a kind of."""
    for what, offered in (
        ("providers", kinds.providers),
        ("judges", kinds.judges),
        ("metrics", kinds.metrics),
        ("caches", kinds.caches),
    ):
        yield f"{what}:"
        for name, kind in sorted(offered.items()):
            summary = (kind.options.__doc__ or "").strip().split("\n")[0]
            yield f"  {name:<12} {summary}  ({kind.options.__module__})"


def call_lines(store: Store, chat_id: str) -> Iterator[str]:
    """Yield the lines that tell one model call.

    Raises:
        StoreError: No call has this chat id, or several do.
    """
    call, judgments = store.find_call(chat_id)
    yield from _head(call)
    timing = call.answer.timing
    if timing is not None:
        yield from _clocks(timing, store.similar_timings(call))
    yield from _body(call)
    seen = set()
    for placed in judgments:
        verdict = (placed.slot.candidate, placed.slot.judge, placed.slot.order, placed.key)
        if verdict not in seen:  # runs that reused a judgment hold it too
            seen.add(verdict)
            yield from _judgment(placed)


def _head(call: Generation) -> Iterator[str]:
    answer = call.answer
    started = datetime.fromtimestamp(call.started, UTC).isoformat(timespec="milliseconds")
    yield f"chat id      {call.chat_id}"
    yield f"run          {call.run}"
    yield f"{call.role:<12} of {for_terminal(call.owner)} on prompt {for_terminal(call.prompt)}"
    yield f"attempt      {call.attempt}{'' if call.final else ' (another one followed)'}"
    yield f"started      {started}"
    for name, value in (
        ("model", answer.model),
        ("request id", answer.request_id),
        ("response id", answer.response_id),
        ("finish", answer.finish),
    ):
        if value is not None:
            yield f"{name:<12} {for_terminal(value)}"
    if answer.usage is not None:
        usage = answer.usage
        yield f"tokens       {_count(usage.input_tokens)} in, {_count(usage.output_tokens)} out"
    yield f"cost         {'unknown' if call.cost is None else amount(call.cost, 'USD')}"


def _clocks(timing: Timing, others: list[Timing]) -> Iterator[str]:
    yield f"clocks       {timing.source}"
    for name in CLOCKS:
        value = getattr(timing, name)
        if value is not None:
            yield f"  {name:<11} {amount(value, 's')}{_beside(name, others)}"
    if timing.gaps:
        longest = max(timing.gaps)
        yield f"  reads       {timing.reads}, longest gap {amount(longest, 's')}"


def _beside(name: str, others: list[Timing]) -> str:
    values = sorted(v for t in others if (v := getattr(t, name)) is not None)
    if name not in BESIDE or not values:
        return ""
    middle, high = values[len(values) // 2], values[int(0.9 * (len(values) - 1))]
    return (
        f"   (this model in this run: median {amount(middle, 's')}, "
        f"p90 {amount(high, 's')}, {len(values)} calls)"
    )


def _body(call: Generation) -> Iterator[str]:
    failure = call.answer.failure
    if failure is not None:
        yield f"FAILED       {failure.kind}: {for_terminal(failure.message)}"
    for title, text in (("reasoning", call.answer.reasoning), ("text", call.answer.text)):
        if text:
            yield f"{title}:"
            yield from (f"  | {for_terminal(line)}" for line in text.splitlines())


def _judgment(placed: JudgmentPlaced) -> Iterator[str]:
    judgment, slot = placed.judgment, placed.slot
    verdict = judgment.verdict.value if judgment.verdict else f"void ({judgment.void})"
    yield (
        f"judged by {for_terminal(slot.judge)}, {slot.order.value}: {verdict}"
        f"{f', chat id {judgment.chat_id}' if judgment.chat_id else ''}"
    )
    yield from (f"  | {for_terminal(line)}" for line in judgment.explanation.splitlines())


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else str(tokens)
