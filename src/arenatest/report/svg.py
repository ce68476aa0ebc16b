"""SVG with presentation attributes only, so that it shows where a policy blocks every style.

Classes let the report's style sheet recolour it for dark pages; without one the attributes hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from arenatest.report.escape import visible

INK = "#1f2328"
MUTED = "#6a7078"
GRID = "#d8dbdf"
SERIES = ("#1f2328", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's colours, the first for the baseline; apart for all kinds of colour vision."""
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "12 4", "1 4")
"""The same series for readers without colour."""
STATUS_COLOURS = {"pass": "#009e73", "fail": "#d55e00", "inconclusive": "#b57b00"}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


class Drawing:
    """Collects shapes and writes them as one ``<svg>`` with a title and a description.

    Args:
        ident: Unique on the page: names the title and the description.
        width, height: User units, which are pixels at full size.
        title: What a screen reader says first; empty for an ornament that is hidden from it.
        description: What the picture shows, in a sentence or two.
    """

    def __init__(
        self, ident: str, width: float, height: float, *, title: str = "", description: str = ""
    ) -> None:
        self._parts: list[str] = []
        self._width, self._height = width, height
        if title:
            names = f'role="img" aria-labelledby="{ident}-t {ident}-d"'
            self._parts.append(
                f'<title id="{ident}-t">{_text(title)}</title>'
                f'<desc id="{ident}-d">{_text(description)}</desc>'
            )
        else:
            names = 'aria-hidden="true" focusable="false"'
        self._open = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {names} width="{_number(width)}" '
            f'height="{_number(height)}" viewBox="0 0 {_number(width)} {_number(height)}" '
            f'font-family="{escape(FONT, quote=True)}" font-size="12">'
        )

    def add(self, name: str, body: str | None = None, **attributes: object) -> None:
        """Add an element; underscores in attribute names stand for hyphens, None leaves one out."""
        written = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
            for key, value in attributes.items()
            if value is not None and value != ""
        )
        self._parts.append(
            f"<{name}{written}/>" if body is None else f"<{name}{written}>{_text(body)}</{name}>"
        )

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        colour: str,
        kind: str = "",
        width: float = 1,
        dash: str = "",
    ) -> None:
        """Add a straight line."""
        self.add(
            "line",
            x1=start[0],
            y1=start[1],
            x2=end[0],
            y2=end[1],
            stroke=colour,
            stroke_width=width,
            stroke_dasharray=dash,
            class_=kind,
        )

    def label(
        self,
        at: tuple[float, float],
        words: str,
        *,
        colour: str = INK,
        kind: str = "ink",
        anchor: str = "start",
        size: float = 12,
        bold: bool = False,
    ) -> None:
        """Add a text; ``at`` is its baseline."""
        self.add(
            "text",
            words,
            x=at[0],
            y=at[1],
            fill=colour,
            class_=kind,
            text_anchor=None if anchor == "start" else anchor,
            font_size=None if size == 12 else size,  # noqa: PLR2004
            font_weight="600" if bold else None,
        )

    def markup(self) -> str:
        """Return the whole picture."""
        return f"{self._open}{''.join(self._parts)}</svg>"


def shortened(text: str, most: int) -> str:
    """Return ``text`` cut to ``most`` characters, with an ellipsis where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def ticks(low: float, high: float, *, about: int = 6) -> list[float]:
    """Return round numbers from ``low`` to ``high``, about as many as asked."""
    raw = (high - low) / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten from ``low`` to ``high``."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [mark for mark in marks if low * 0.999 <= mark <= high * 1.001]


def path(points: Sequence[tuple[float, float]]) -> str:
    """Return the data of a path through the points, as steps: across, then up or down."""
    if not points:
        return ""
    (x, y), *rest = points
    steps = "".join(f"H{_number(px)}V{_number(py)}" for px, py in rest)
    return f"M{_number(x)} {_number(y)}{steps}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _attribute(value: object) -> str:
    return _number(value) if isinstance(value, float) else escape(visible(str(value)), quote=True)


def _text(text: str) -> str:
    return escape(visible(text))
