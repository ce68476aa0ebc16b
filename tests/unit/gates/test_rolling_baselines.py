"""Ten releases, each ten per cent slower than the one before, each the baseline of the next."""

from __future__ import annotations

import pytest

from arenatest.gates.decide import decide
from arenatest.model.metric import BUILT_IN
from fakes.ledgers import LedgerBuilder, plan, prompt, rule

PROMPTS = [prompt(f"p{number}") for number in range(64)]
RATIO = rule("ttft-ratio", metric=BUILT_IN["ttft"], stat="ratio", side="max", limit=1.2)
CEILING = rule("ttft-p95", metric=BUILT_IN["ttft"], stat="p95", side="max", limit=0.8)


def release(number):
    """The run that compares a release with its predecessor; the first baseline takes 0.4 s."""
    made = LedgerBuilder(plan(PROMPTS, rules=[RATIO, CEILING]))
    for place, asked in enumerate(PROMPTS):
        spread = 1 + (place % 7 - 3) / 100
        made.answer("gpt-4o", asked.id, ttft=0.4 * 1.1**number * spread)
        made.answer("gpt-5-mini", asked.id, ttft=0.4 * 1.1 ** (number + 1) * spread)
    return made.ledger


@pytest.mark.parametrize("number", range(10))
def test_a_relative_gate_alone_lets_every_one_of_them_through(number):
    assert decide(RATIO, release(number)).decision == "pass"


def test_a_ceiling_stops_the_drift_where_it_is_reached():
    decided = [decide(CEILING, release(number)).decision for number in range(10)]

    assert decided == ["pass"] * 6 + ["fail"] * 4  # 0.4 s * 1.1 ** 7 is more than 0.8 s less 3 %
