"""How often one plan was put to the test: whoever tries until it passes proves less."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The runs of one plan up to one of them, under the same commit, that decided a gate.

    Attributes:
        commit: The commit under test; None where it is unknown, in all of these runs.
        runs: How many there are, that one included.
        judged: How many of them bought answers or verdicts anew, or took them in an order that was
            drawn anew, the first included. One that takes all from the record, or buys only what
            was missing, is no new attempt.
        timed: How many took clocks, which every run does afresh that needs them.
        mended: How many bought an answer or a verdict where an earlier one had a failure or a void:
            what is about failing looks better in them than in a run of its own.
    """

    commit: str | None = None
    runs: int = 1
    judged: int = 1
    timed: int = 0
    mended: int = 0


def false_pass(alpha: float, attempts: int) -> float:
    """Return how often at least one of several attempts passes wrongly, at most.

    It is exact for independent attempts, and a bound where they err together rather than apart,
    as attempts on the same prompts do.

    Args:
        alpha: The largest probability that a single attempt does, 0 to 1.
        attempts: How many, at least 1.

    Examples:
        >>> f"{false_pass(0.05, 3):.4f}"
        '0.1426'
    """
    return 1.0 - (1.0 - alpha) ** attempts
