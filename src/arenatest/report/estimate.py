"""What suites will take, as lines of text: told before anything is bought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from arenatest.gates.foresight import foresee
from arenatest.gates.outlay import FIRST_TOKEN, INSTRUCTIONS, TOKEN, Outlay, Share, Span
from arenatest.gates.words import amount, counted
from arenatest.model.plan import Plan, Rule
from arenatest.model.price import price_missing
from arenatest.model.tokens import BYTES
from arenatest.report.escape import for_terminal
from arenatest.report.phrases import UNKNOWN, duration_words

HEADINGS = ("", "calls", "input tokens", "output tokens", "cost")
NOTES = (
    "From what the clearest record would take, to the whole plan. Calls that are made again come "
    "on top; what is recorded already is not bought again.",
    f"Where no call is recorded: {BYTES} bytes for each input token, {INSTRUCTIONS} tokens of "
    f"instructions for a judge, {FIRST_TOKEN:g} s to the first token and {1 / TOKEN:.0f} tokens a "
    "second after it.",
    "Power is 80 %: what a gate will probably decide, it decides in four runs of five.",
)


def estimate_lines(rules: Sequence[Rule], plan: Plan, taken: Outlay) -> Iterator[str]:
    """Yield the lines about one suite.

    Args:
        rules: The selected gates.
        plan: The suite's.
        taken: What they take.
    """
    yield f"{_line(plan.suite)} ({_line(plan.path)}): {counted(len(plan.prompts), 'prompts')}"
    rows = [HEADINGS, *map(_row, taken.shares)]
    if len(taken.shares) > 1:
        rows.append(("together", _span(taken.calls, _whole), "", "", _cost(taken)))
    yield from (f"  {line}" for line in _aligned(rows))
    widths = sorted({share.width for share in taken.shares})
    at_once = " or ".join(map(str, widths))
    yield f"  time  {_span(taken.seconds, duration_words)}, {at_once} calls at once"
    for share in taken.shares:
        if share.calls.high:
            limits = f"; no more than {share.limits}" if share.limits else ""
            yield f"  {_line(share.name)}: {share.basis}{limits}"
    if taken.unpriced:
        yield f"  {price_missing([_line(name) for name in taken.unpriced])}"
    gates = [(f"{_line(rule.candidate)}::{rule.id}", rule) for rule in rules]
    widest = max((len(name) for name, _ in gates), default=0)
    for name, rule in gates:
        yield f"  {name:<{widest}}  {_line(foresee(rule, plan).line)}"


def total_line(several: Sequence[Outlay]) -> str:
    """Return the line about all suites together."""
    calls, cost = Span(0.0, 0.0), Span(0.0, 0.0)
    for taken in several:
        calls, cost = calls + taken.calls, cost + taken.cost
    beyond = " and what has no price" if any(taken.unpriced for taken in several) else ""
    dollars = f", {_span(cost, _dollars)}" if any(taken.priced for taken in several) else ""
    return f"all {counted(len(several), 'suites')}: {_span(calls, _whole)} calls{dollars}{beyond}"


def _row(share: Share) -> tuple[str, ...]:
    return (
        f"{_line(share.name)}{' (judge)' * (share.role == 'judge')}",
        _span(share.calls, _whole),
        _span(share.input, _whole),
        _span(share.output, _whole),
        UNKNOWN if share.cost is None else _span(share.cost, _dollars),
    )


def _cost(taken: Outlay) -> str:
    if not taken.priced:
        return UNKNOWN
    return _span(taken.cost, _dollars) + " and more" * bool(taken.unpriced)


def _span(span: Span, words: Callable[[float], str]) -> str:
    low, high = words(span.low), words(span.high)
    return low if low == high else f"{low} to {high}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _dollars(dollars: float) -> str:
    return amount(dollars, "USD")


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _line(text: str) -> str:
    return " ".join(for_terminal(text).split())
