"""The TTFT curves: what share of calls had its first token after how long, all models overlaid."""

from __future__ import annotations

import math
from collections.abc import Sequence

from arenatest.gates.words import amount, limit
from arenatest.model.decision import Decision
from arenatest.report.latency import Latency
from arenatest.report.svg import (
    DASHES,
    GRID,
    INK,
    MUTED,
    SERIES,
    Drawing,
    log_ticks,
    path,
    shortened,
    ticks,
)

WIDE = 15.0
"""Largest over smallest time from which the time axis is logarithmic."""

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 820.0, 330.0, 52.0, 790.0, 40.0, 286.0
_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)


class _Scale:
    """Where a time lies on the page."""

    def __init__(self, values: Sequence[float]) -> None:
        positive = [value for value in values if value > 0]
        low, high = (min(positive), max(positive)) if positive else (0.001, 1.0)
        self.log = high / low > WIDE
        self.low = low * 0.9 if self.log else 0.0
        self.high = high * 1.05

    def x(self, value: float) -> float:
        if self.log:
            place = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            place = value / self.high
        return _LEFT + place * (_RIGHT - _LEFT)

    def ticks(self) -> list[float]:
        return log_ticks(self.low, self.high) if self.log else ticks(0.0, self.high)


def ecdf(measured: Sequence[Latency], gates: Sequence[Decision], *, ident: str, metric: str) -> str:
    """Return the cumulative curves of one clock as SVG; empty where nothing was timed.

    Args:
        measured: One clock of every contestant, baseline first: which is the first colour.
        gates: Decisions of percentile gates on this clock, drawn as upright lines.
        ident: Unique on the page.
        metric: The clock as people call it.
    """
    shown = [latency for latency in measured if latency.curve]
    if not shown:
        return ""
    times = [time for latency in shown for time, _ in latency.curve]
    scale = _Scale([*times, *(gate.threshold for gate in gates)])
    drawing = Drawing(
        ident,
        _WIDTH,
        _HEIGHT,
        title=f"{metric} of {', '.join(latency.contestant for latency in shown)}",
        description=_description(shown, metric),
    )
    _axes(drawing, scale, metric)
    for stat, threshold in dict.fromkeys((gate.stat, gate.threshold) for gate in gates):
        _limit(drawing, scale, stat, threshold)
    for place, latency in enumerate(measured):
        _curve(drawing, scale, latency, place % len(SERIES))
    _legend(drawing, measured)
    return drawing.markup()


def _axes(drawing: Drawing, scale: _Scale, metric: str) -> None:
    for share in _SHARES:
        y = _y(share)
        drawing.line((_LEFT, y), (_RIGHT, y), colour=GRID, kind="grid")
        drawing.label(
            (_LEFT - 8, y + 4), f"{share:.0%}", colour=MUTED, kind="muted", anchor="end", size=11
        )
    room = _LEFT
    for tick in scale.ticks():
        x = scale.x(tick)
        drawing.line((x, _BOTTOM), (x, _BOTTOM + 4), colour=MUTED, kind="muted-line")
        if x >= room:
            words = limit(tick, "s") if tick else "0"
            drawing.label(
                (x, _BOTTOM + 18), words, colour=MUTED, kind="muted", anchor="middle", size=11
            )
            room = x + 52
    kind = ", logarithmic" if scale.log else ""
    drawing.label(
        (_RIGHT, _BOTTOM + 36),
        f"{metric}{kind}; the share of calls that took no longer",
        colour=MUTED,
        kind="muted",
        anchor="end",
        size=11,
    )


def _limit(drawing: Drawing, scale: _Scale, stat: str, threshold: float) -> None:
    x = scale.x(threshold)
    drawing.line((x, _TOP - 6), (x, _BOTTOM), colour=INK, kind="ink-line", width=1.5, dash="3 2")
    words = f"limit of {stat}: {limit(threshold, 's')}"
    left = x > (_LEFT + _RIGHT) / 2
    drawing.label(
        (x - 6 if left else x + 6, _BOTTOM - 8),
        words,
        anchor="end" if left else "start",
        size=11,
    )


def _curve(drawing: Drawing, scale: _Scale, latency: Latency, place: int) -> None:
    if not latency.curve:
        return
    points = [(scale.x(time), _y(share)) for time, share in latency.curve]
    drawing.add(
        "path",
        d=path([(points[0][0], _y(0.0)), *points]),
        fill="none",
        stroke=SERIES[place],
        stroke_width=2,
        stroke_dasharray=DASHES[place],
        class_=f"series-{place}",
    )


def _legend(drawing: Drawing, measured: Sequence[Latency]) -> None:
    x = _LEFT
    for place, latency in enumerate(measured[: len(SERIES)]):
        words = shortened(f"{latency.contestant} (n={latency.n})", 34)
        drawing.line(
            (x, 16),
            (x + 30, 16),
            colour=SERIES[place],
            kind=f"series-{place}",
            width=2.5,
            dash=DASHES[place],
        )
        drawing.label((x + 36, 20), words)
        x += 36 + 7 * len(words) + 24


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _description(measured: Sequence[Latency], metric: str) -> str:
    return "; ".join(
        f"{latency.contestant}: {metric} up to {amount(latency.quantiles[0], 's')} for half of "
        f"{latency.n} calls, up to {amount(latency.quantiles[1], 's')} for nine in ten"
        for latency in measured
    )
