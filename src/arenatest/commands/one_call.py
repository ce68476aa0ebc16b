"""One model call as the store has it, in lines that are safe in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from arenatest.commands.beside import ENOUGH, clock_lines, gap_lines, unusual_lines
from arenatest.gates.words import amount
from arenatest.model.answer import Answer
from arenatest.model.record import Generation, JudgmentPlaced
from arenatest.report.escape import for_terminal
from arenatest.store import Store


def call_lines(store: Store, chat_id: str) -> Iterator[str]:
    """Yield the lines that tell one model call.

    Raises:
        StoreError: No call has this chat id, or several do.
    """
    call, judgments = store.find_call(chat_id)
    yield from _head(call, store.attempts(call))
    yield from _clocks(call, store.similar_calls(call))
    yield from _body(call)
    seen = set()
    for placed in judgments:
        verdict = (placed.slot.candidate, placed.slot.judge, placed.slot.order, placed.key)
        if verdict not in seen:  # runs that reused a judgment hold it too
            seen.add(verdict)
            yield from _judgment(placed)


def _head(call: Generation, attempts: Sequence[Generation]) -> Iterator[str]:
    answer = call.answer
    started = datetime.fromtimestamp(call.started, UTC).isoformat(timespec="milliseconds")
    yield f"chat id      {call.chat_id}"
    yield f"run          {call.run}"
    yield f"{call.role:<12} of {for_terminal(call.owner)} on prompt {for_terminal(call.prompt)}"
    yield from _attempts(call, attempts)
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
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        thought = f" ({usage.reasoning_tokens:,} of thoughts)" if usage.reasoning_tokens else ""
        read, written = _count(usage.input_tokens), _count(usage.output_tokens)
        yield f"tokens       {read} in{cached}, {written} out{thought}"
    yield f"cost         {'unknown' if call.cost is None else amount(call.cost, 'USD')}"


def _attempts(call: Generation, attempts: Sequence[Generation]) -> Iterator[str]:
    """Tell which attempt this was, and how the others ended."""
    of = f" of {len(attempts)}" if len(attempts) > 1 else ""
    retried = call.attempt > 1 and call.role != "judge"
    yield f"attempt      {call.attempt}{of}{', whose clocks no gate takes' if retried else ''}"
    for other in attempts:
        if other.chat_id != call.chat_id:
            failure = other.answer.failure
            ended = "answered" if failure is None else f"{failure.kind}: {_line(failure.message)}"
            yield f"  {other.attempt:<10} {other.chat_id}  {ended}"


def _clocks(call: Generation, others: Sequence[Answer]) -> Iterator[str]:
    timing = call.answer.timing
    if timing is None:
        return
    yield f"clocks       {timing.source}"
    yield from clock_lines(call.answer, others)
    if call.answer.ok:
        odd = list(unusual_lines(call.answer, others, _line(call.owner)))
        if odd:
            yield "unusual:"
            yield from (f"  {line}" for line in odd)
        elif len(others) >= ENOUGH:
            yield "unusual      nothing: it is like the other calls of its model"
    yield from gap_lines(timing.gaps, timing.reads)


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
        f"judged by {for_terminal(slot.judge)}, {slot.order.value}, "
        f"candidate {for_terminal(slot.candidate)}, run {placed.run}: {verdict}"
        f"{f', chat id {judgment.chat_id}' if judgment.chat_id else ''}"
    )
    yield from (f"  | {for_terminal(line)}" for line in judgment.explanation.splitlines())


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _line(text: str) -> str:
    return " ".join(for_terminal(text).split())
