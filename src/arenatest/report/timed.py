"""How clocks were taken, and whether all contestants were timed alike, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arenatest.gates.imbalance import Condition, Conditions, Imbalance, conditions, imbalances
from arenatest.gates.words import amount, counted
from arenatest.model.latency import Latency
from arenatest.model.record import Ledger

_WHAT: dict[Condition, str] = {
    "fresh": "a connection was opened for {} of the calls of {}",
    "retried": "{} of the calls of {} were made more than once",
    "lagging": "our own event loop lagged during {} of the calls of {}",
    "cached": "{} of the prompts came from a cache of the server for {}",
    "outside": "{} of a call of {} is time that the server does not account for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """How the clocks of a suite were taken.

    Attributes:
        setup: Where they come from.
        conditions: Of each contestant that was timed, the baseline first.
        imbalances: What was not alike for two of them.
    """

    setup: Latency
    conditions: tuple[Conditions, ...]
    imbalances: tuple[Imbalance, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What was not alike, for people."""
        return tuple(map(_line, self.imbalances))

    @property
    def how(self) -> str:
        """Where the clocks come from, for people."""
        setup = self.setup
        if not setup.dedicated:
            return "Clocks are those of the calls that bought the answers (lane inline)."
        warmed = f"after {counted(setup.warmup, 'warm-up calls')} to each model, "
        first = warmed if setup.warmup else ""
        often = "once" if setup.repeats == 1 else f"{setup.repeats} times in mirrored order"
        nonce = "began with words that no cache knows" if setup.nonce else "was sent as it is"
        return (
            f"Clocks are of calls of their own (lane dedicated): {first}one call at a time on each "
            f"host, each prompt {often}; it {nonce}. Time to open a connection is taken off."
        )


def timed(ledger: Ledger) -> Timed | None:
    """Return how clocks were taken; None where no gate asked for any."""
    found = conditions(ledger)
    if not found:
        return None
    return Timed(setup=ledger.plan.latency, conditions=found, imbalances=imbalances(ledger))


def timing_warnings(found: Timed | None) -> Sequence[str]:
    """Return what a reader of latency gates must not miss."""
    return [f"latency: {line}" for line in found.lines] if found else []


def _line(one: Imbalance) -> str:
    ours, theirs = _shown(one, one.ours), _shown(one, one.theirs)
    what = _WHAT[one.condition].format(ours, one.candidate)
    return (
        f"{what}, and {theirs} for {one.against} (n={counted(one.prompts, 'prompts')}): "
        "they were not timed alike"
    )


def _shown(one: Imbalance, value: float) -> str:
    return amount(value, "s") if one.condition == "outside" else f"{100 * value:.3g} %"
