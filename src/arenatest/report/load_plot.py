"""The picture of a load: times, goodput and tokens a second against the level, all contestants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from arenatest.gates.words import amount, limit
from arenatest.report.load import LevelReport
from arenatest.report.svg import (
    DASHES,
    GRID,
    MUTED,
    SERIES,
    Drawing,
    shortened,
    ticks,
)

_WIDTH, _HEIGHT = 820.0, 282.0
_TOP, _BOTTOM = 56.0, 236.0
_PANELS = ((52.0, 350.0), (412.0, 566.0), (640.0, 790.0))
Read = Callable[[LevelReport], float | None]


def load_picture(
    measured: Sequence[LevelReport], names: Sequence[str], *, unit: str, ident: str
) -> str:
    """Return three small plots as SVG; empty where no level was measured.

    Args:
        measured: Levels of all contestants.
        names: Of the contestants, baseline first: which is the first colour.
        unit: What levels count.
        ident: Unique on the page.
    """
    if not measured:
        return ""
    present = list(dict.fromkeys(one.contestant for one in measured))
    drawing = Drawing(
        ident,
        _WIDTH,
        _HEIGHT,
        title=f"{', '.join(present)} under load",
        description="; ".join(map(_told, measured)),
    )
    levels = sorted({one.level for one in measured})
    by_name = [(names.index(n), [one for one in measured if one.contestant == n]) for n in present]
    panels: tuple[tuple[str, str, tuple[tuple[Read, float], ...]], ...] = (
        ("user latency: p50 thin, p95 thick", "s", ((_p50, 1.0), (_p95, 2.5))),
        ("goodput", "fraction", ((_goodput, 2.5),)),
        ("tokens/s", "", ((_tokens, 2.5),)),
    )
    for (left, right), (title, of, reads) in zip(_PANELS, panels, strict=True):
        _Panel(drawing, left, right, levels, of).draw(title, by_name, reads, unit)
    _legend(drawing, present, names)
    return drawing.markup()


def _p50(one: LevelReport) -> float | None:
    return one.user_latency_p50


def _p95(one: LevelReport) -> float | None:
    return one.user_latency_p95


def _goodput(one: LevelReport) -> float | None:
    return one.goodput


def _tokens(one: LevelReport) -> float | None:
    return one.tokens_per_second


class _Panel:
    """One plot: levels side by side, as far apart from each other as the next."""

    def __init__(
        self, drawing: Drawing, left: float, right: float, levels: Sequence[float], of: str
    ) -> None:
        self._drawing = drawing
        self._left, self._right = left, right
        self._levels, self._of = levels, of

    def draw(
        self,
        title: str,
        by_name: Sequence[tuple[int, Sequence[LevelReport]]],
        reads: Sequence[tuple[Read, float]],
        unit: str,
    ) -> None:
        """Draw the axes, and a line of each contestant for each reading."""
        self._drawing.label((self._left, _TOP - 12), title, size=11, bold=True)
        values = [v for _, mine in by_name for one in mine for read, _ in reads if (v := read(one))]
        top = 1.0 if self._of == "fraction" else 1.05 * max(values, default=1.0)
        self._axes(top, unit)
        for place, mine in by_name:
            for read, width in reads:
                self._line([(one.level, read(one)) for one in mine], top, place, width)

    def _axes(self, top: float, unit: str) -> None:
        for tick in ticks(0.0, top, about=4):
            y = _y(tick, top)
            self._drawing.line((self._left, y), (self._right, y), colour=GRID, kind="grid")
            words = limit(tick, self._of) if tick else "0"
            self._drawing.label(
                (self._left - 6, y + 4), words, colour=MUTED, kind="muted", anchor="end", size=10
            )
        for level in self._levels:
            self._drawing.label(
                (self._x(level), _BOTTOM + 16),
                f"{level:g}",
                colour=MUTED,
                kind="muted",
                anchor="middle",
                size=11,
            )
        self._drawing.label(
            (self._right, _BOTTOM + 34), unit, colour=MUTED, kind="muted", anchor="end", size=11
        )

    def _line(
        self, points: Sequence[tuple[float, float | None]], top: float, place: int, width: float
    ) -> None:
        """Draw what is known; a level without a value, as where requests failed, is left open."""
        known = [(self._x(level), _y(v, top)) for level, v in points if v is not None]
        colour, kind = SERIES[place % len(SERIES)], f"series-{place % len(SERIES)}"
        for start, end in pairwise(known):
            self._drawing.line(
                start, end, colour=colour, kind=kind, width=width, dash=DASHES[place % len(DASHES)]
            )
        for x, y in known:
            self._drawing.add("circle", cx=x, cy=y, r=2 + width / 2, fill=colour, class_=kind)

    def _x(self, level: float) -> float:
        place = (self._levels.index(level) + 0.5) / len(self._levels)
        return self._left + place * (self._right - self._left)


def _legend(drawing: Drawing, present: Sequence[str], names: Sequence[str]) -> None:
    x = _PANELS[0][0]
    for name in present:
        place = names.index(name) % len(SERIES)
        words = shortened(name, 34)
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


def _y(value: float, top: float) -> float:
    return _BOTTOM - min(value / top, 1.0) * (_BOTTOM - _TOP)


def _told(one: LevelReport) -> str:
    p95 = one.user_latency_p95
    late = "of requests that failed" if p95 is None else amount(p95, "s")
    good = "" if one.goodput is None else f", goodput {amount(one.goodput, 'fraction')}"
    return f"{one.contestant} at {one.level:g}: p95 of user latency {late}{good}"
