"""What can be gated: a metric's name, unit, direction and range, and the built-in ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower"]
Source = Literal[
    "judgment",  # from the games of a battle
    "golden",  # from the games on the golden set
    "answer",  # from the recorded answer itself: failure, tokens, cost, length
    "timing",  # from the clocks of a call made in this run
    "load",  # from the requests of one level of a load phase
    "plugin",  # measured by a metric's code from the prompt and the answer
]

_SLACK = 1e-9  # relative to a declared range: rounding is no breach of it


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """A number with a unit and a direction, from one answer or one battle.

    Attributes:
        name: As gates name it.
        unit: ``s``, ``USD``, ``tokens``, ``characters``, ``fraction``, ...; for reports.
        direction: Whether higher or lower is better.
        range: The smallest and the largest value possible, or None where it has no bounds. A
            metric with a range is gated by the sequential test, one without by fixed-n methods.
        rate: Whether it is a share of prompts (no ``stat`` may be given).
        source: Where its values come from, and so what a gate on it has to buy.
        of: Whether a plugin's metric looks at one ``answer``, or at a ``battle`` and so needs the
            baseline's answer too.
    """

    name: str
    unit: str
    direction: Direction
    range: tuple[float, float] | None = None
    rate: bool = False
    source: Source = "plugin"
    of: Literal["answer", "battle"] = "answer"

    def bounded(self, value: float) -> float | None:
        """Return a finite value inside the range, which rounding may leave; None for one outside.

        Examples:
            >>> MetricSpec(name="m", unit="", direction="higher", range=(0, 1)).bounded(1.0 + 1e-12)
            1.0
        """
        if self.range is None:
            return value
        low, high = self.range
        slack = _SLACK * (high - low) if math.isfinite(high - low) else 0.0
        if not low - slack <= value <= high + slack:
            return None
        return float(min(max(value, low), high))


def _rate(name: str, direction: Direction, source: Source) -> MetricSpec:
    return MetricSpec(
        name=name, unit="fraction", direction=direction, range=(0.0, 1.0), rate=True, source=source
    )


def _amount(name: str, unit: str, source: Source) -> MetricSpec:
    return MetricSpec(name=name, unit=unit, direction="lower", source=source)


BUILT_IN: dict[str, MetricSpec] = {
    spec.name: spec
    for spec in (
        _rate("win_rate", "higher", "judgment"),
        _rate("flip_rate", "lower", "judgment"),
        _rate("void_rate", "lower", "judgment"),
        _rate("parse_rate", "higher", "judgment"),
        _rate("judge_error_rate", "lower", "judgment"),
        _rate("tie_rate", "lower", "judgment"),
        _rate("first_share", "lower", "judgment"),
        _rate("length_preference", "lower", "judgment"),
        _rate("family_preference", "lower", "judgment"),
        _rate("golden_agreement", "higher", "golden"),
        _rate("human_agreement", "higher", "judgment"),
        _rate("error_rate", "lower", "answer"),
        _rate("truncated_rate", "lower", "answer"),
        _amount("ttft", "s", "timing"),
        _amount("ttfat", "s", "timing"),
        _amount("e2e", "s", "timing"),
        _amount("tpot", "s", "timing"),
        _amount("icl", "s", "timing"),
        _amount("queue_wait", "s", "timing"),
        _amount("user_latency", "s", "load"),
        _rate("goodput", "higher", "load"),
        MetricSpec(name="tokens_per_second", unit="tokens/s", direction="higher", source="load"),
        _amount("input_tokens", "tokens", "answer"),
        _amount("output_tokens", "tokens", "answer"),
        _amount("cost", "USD", "answer"),
        _amount("answer_length", "characters", "answer"),
    )
}
"""The metrics that the record itself holds, by name.

``icl`` is the 95th percentile of the gaps between reads with text within one answer.
"""
