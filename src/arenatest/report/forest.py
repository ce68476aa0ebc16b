"""The forest plot: win rates of gates and slices with their intervals, and each gate's bar."""

from __future__ import annotations

from dataclasses import dataclass

from arenatest.model.decision import Decision
from arenatest.report.breakdown import Slice
from arenatest.report.phrases import UNKNOWN
from arenatest.report.svg import (
    GRID,
    INK,
    MUTED,
    SERIES,
    STATUS_COLOURS,
    Drawing,
    shortened,
    ticks,
)
from arenatest.report.view import CandidateView

FEW = 30
"""Clusters under which a slice is drawn hollow: its interval is wide and its value unsteady."""
MOST_SLICES = 24
"""Slices drawn for one candidate, the lowest win rates first; the table below holds them all."""

_WIDTH, _ROW, _LEFT, _RIGHT, _FOOT = 820.0, 24.0, 230.0, 610.0, 40.0
_EVEN = 0.5
_SIDE = 145.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of the plot: ``status`` and ``threshold`` are those of a gate, else None."""

    label: str
    value: float
    low: float | None
    high: float | None
    n: int
    threshold: float | None = None
    side: str = "min"
    status: str | None = None


def bars(candidate: CandidateView) -> tuple[Bar, ...]:
    """Return the rows of one candidate: its win-rate gates, all prompts, then the slices."""
    gates = [
        Bar(
            label=f"gate {decision.gate}",
            value=decision.value,
            low=decision.low,
            high=decision.high,
            n=decision.n,
            threshold=decision.threshold,
            side=decision.side,
            status=decision.decision,
        )
        for decision in candidate.decisions
        if (decision.metric, decision.stat) == ("win_rate", "rate") and decision.value is not None
    ]
    parts = [_slice_bar(part) for part in candidate.slices if part.value is not None]
    return (*gates, *(part for part in parts if part is not None))


def forest(candidate: CandidateView, *, ident: str, baseline: str) -> str:
    """Return the plot of one candidate as SVG; empty where nothing was judged."""
    rows = bars(candidate)
    if not rows:
        return ""
    gates = sum(row.status is not None for row in rows)
    rows = rows[: gates + 1 + MOST_SLICES]
    low, high = _domain(rows)
    height = _ROW * len(rows) + _FOOT + 8
    drawing = Drawing(
        ident,
        _WIDTH,
        height,
        title=f"Win rate of {candidate.name} against {baseline}",
        description=_description(rows),
    )
    _axis(drawing, low, high, height)
    for place, row in enumerate(rows):
        _row(drawing, row, 8 + _ROW * (place + 0.5), low, high)
    return drawing.markup()


def gate_bar(decision: Decision) -> str:
    """Return a small picture of the interval beside its threshold; empty without a value.

    A side without a bound reaches to the edge; without either there is no interval, and no bar.
    It is an ornament: the row that holds it says the same in numbers.
    """
    if decision.value is None:
        return ""
    known = [decision.value, decision.threshold]
    known += [bound for bound in (decision.low, decision.high) if bound is not None]
    least, most = min(known), max(known)
    span = (most - least) or abs(most) or 1.0
    width, height, edge = 150.0, 20.0, 10.0

    def x(value: float) -> float:
        return edge + (value - least) / span * (width - 2 * edge)

    drawing = Drawing("", width, height)
    limit, middle = x(decision.threshold), height / 2
    good = (limit, width - limit) if decision.side == "min" else (0.0, limit)
    drawing.add("rect", x=good[0], y=2.0, width=good[1], height=16.0, fill="#eef0f2", class_="good")
    drawing.line((limit, 1), (limit, 19), colour=INK, kind="ink-line", width=1.5, dash="3 2")
    colour = STATUS_COLOURS[decision.decision]
    kind = f"status-{decision.decision}"
    if decision.low is not None or decision.high is not None:
        start = x(decision.low) if decision.low is not None else 0.0
        end = x(decision.high) if decision.high is not None else width
        drawing.line((start, middle), (end, middle), colour=colour, kind=kind, width=3)
    drawing.add("circle", cx=x(decision.value), cy=middle, r=4.5, fill=colour, class_=kind)
    return drawing.markup()


def _slice_bar(part: Slice) -> Bar | None:
    if part.value is None:
        return None
    label = part.name if part.kind == "all" else f"{part.kind} {part.name}"
    return Bar(label=label, value=part.value, low=part.low, high=part.high, n=part.n)


def _domain(rows: tuple[Bar, ...]) -> tuple[float, float]:
    known = [_EVEN]
    for row in rows:
        known += [x for x in (row.value, row.low, row.high, row.threshold) if x is not None]
    return max(0.0, min(known) - 0.03), min(1.0, max(known) + 0.03)


def _axis(drawing: Drawing, low: float, high: float, height: float) -> None:
    foot = height - _FOOT + 4
    for tick in ticks(low, high):
        x = _x(tick, low, high)
        drawing.line((x, 4), (x, foot), colour=GRID, kind="grid")
        drawing.label(
            (x, foot + 15), f"{tick:g}", colour=MUTED, kind="muted", anchor="middle", size=11
        )
    even = _x(_EVEN, low, high)
    drawing.line((even, 4), (even, foot), colour=INK, kind="ink-line", width=1.2)
    drawing.label((even, foot + 30), "even (0.5)", colour=INK, kind="ink", anchor="middle", size=11)
    for words, x, anchor in (
        ("← baseline better", _LEFT, "start"),
        ("candidate better →", _RIGHT, "end"),
    ):
        if abs(even - x) > _SIDE:  # else it would be written over the middle
            place = (x, foot + 30)
            drawing.label(place, words, colour=MUTED, kind="muted", anchor=anchor, size=11)


def _row(drawing: Drawing, row: Bar, y: float, low: float, high: float) -> None:
    gate = row.status is not None
    colour = STATUS_COLOURS[row.status] if row.status is not None else SERIES[1]
    kind = f"status-{row.status}" if gate else "series-1"
    sign = {"pass": "✓ ", "fail": "✗ ", "inconclusive": "? "}.get(row.status or "", "")
    drawing.label((4, y + 4), shortened(f"{sign}{row.label}", 32), bold=gate)
    if row.low is not None or row.high is not None:
        start = _x(row.low, low, high) if row.low is not None else _LEFT
        end = _x(row.high, low, high) if row.high is not None else _RIGHT
        drawing.line((start, y), (end, y), colour=colour, kind=kind, width=3 if gate else 2)
    if row.threshold is not None:
        limit = _x(row.threshold, low, high)
        drawing.line(
            (limit, y - 10), (limit, y + 10), colour=INK, kind="ink-line", width=2, dash="3 2"
        )
    x = _x(row.value, low, high)
    if gate:
        drawing.add("rect", x=x - 5, y=y - 5, width=10.0, height=10.0, fill=colour, class_=kind)
    else:
        hollow = row.n < FEW
        drawing.add(
            "circle",
            cx=x,
            cy=y,
            r=4.5,
            fill="#ffffff" if hollow else colour,
            stroke=colour,
            stroke_width=2,
            class_=f"{kind} hollow" if hollow else kind,
        )
    drawing.label((_RIGHT + 14, y + 4), _numbers(row), size=11.5)


def _numbers(row: Bar) -> str:
    bounds = (row.low, row.high)
    words = ", ".join(UNKNOWN if bound is None else f"{bound:.3f}" for bound in bounds)
    interval = "" if bounds == (None, None) else f" [{words}]"
    return f"{row.value:.3f}{interval}  n={row.n}"


def _description(rows: tuple[Bar, ...]) -> str:
    return "; ".join(f"{row.label}: {_numbers(row)}" for row in rows[:8])


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)
