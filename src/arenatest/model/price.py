"""What a model's tokens cost, and where that is known from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arenatest.model.answer import Usage

SUITE = "suite"
"""The source of a price that stands in the suite itself."""


def price_missing(names: Sequence[str]) -> str:
    """Return a line for people: whose price is unknown, and how to give it.

    It is the same whether or not the extra is installed: what was decided here is read elsewhere.

    Examples:
        >>> print(price_missing(["new"]))
        the price of new is unknown: write price = { input = ..., output = ... } in its table
        (the extra 'prices' knows those of many vendors)
    """
    its, table = ("its", "table") if len(names) == 1 else ("their", "tables")
    return (
        f"the price of {' and '.join(names)} is unknown: "
        f"write price = {{ input = ..., output = ... }} in {its} {table} "
        "(the extra 'prices' knows those of many vendors)"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens.

    Attributes:
        input, output: Of every token that nothing below is about.
        cached_input: Of input tokens that the server read from its cache; None where they cost as
            much as others.
        reasoning: Of output tokens that are reasoning; None likewise.
        tiers: From above how many input tokens on all tokens of a call cost something else,
            ascending.
        source: Who says so: ``suite``, or a price list with its version and the day it was asked.
    """

    input: float
    output: float
    cached_input: float | None = None
    reasoning: float | None = None
    tiers: tuple[tuple[int, Price], ...] = ()
    source: str = SUITE

    def of(self, usage: Usage | None) -> float | None:
        """Return what a call cost in US dollars; None where its tokens were not counted.

        What is free costs nothing however many there were.

        Examples:
            >>> Price(input=2.0, output=8.0).of(Usage(input_tokens=1000, output_tokens=500))
            0.006
        """
        rates = (self.input, self.output, self.cached_input, self.reasoning)
        if not self.tiers and not any(rates):
            return 0.0
        if usage is None or usage.input_tokens is None or usage.output_tokens is None:
            return None
        price = self
        for above, dearer in self.tiers:
            if usage.input_tokens > above:
                price = dearer
        cached = 0 if price.cached_input is None else usage.cached_tokens or 0
        thought = 0 if price.reasoning is None else usage.reasoning_tokens or 0
        try:
            dollars = (
                (usage.input_tokens - cached) * price.input
                + cached * (price.cached_input or 0.0)
                + (usage.output_tokens - thought) * price.output
                + thought * (price.reasoning or 0.0)
            )
        except OverflowError:  # a provider that counts nonsense must not end the run
            return None
        return dollars / 1e6
