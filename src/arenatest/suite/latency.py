"""The table ``[latency]``: on which calls a suite's clocks are taken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from arenatest.model.latency import Lane, Latency
from arenatest.suite.problems import Problems
from arenatest.suite.quantities import Count
from arenatest.suite.schema import Table


class LatencyTable(Table):
    """On which calls latency gates rest."""

    lane: Lane = Field(
        "inline",
        description="inline: the answers' own calls; dedicated: calls of their own, one at a time.",
    )
    warmup: Annotated[int, Field(ge=0)] = Field(
        2, description="Calls to each endpoint that are made first and dropped; dedicated only."
    )
    repeats: Count = Field(2, description="How often each prompt is timed; dedicated only.")
    nonce: bool = Field(
        default=True,
        description="Begin each repeat of a prompt with words of its own, equal for all "
        "contestants, so that no cache knows it; dedicated only.",
    )


def read_latency(table: LatencyTable | None, problems: Problems) -> Latency:
    """Return where clocks come from.

    Args:
        table: As the suite has it; None where it has none, or a wrong one.
        problems: Takes the mistakes.
    """
    said = table or LatencyTable()
    if said.lane == "inline":
        for key in [key for key in ("warmup", "repeats", "nonce") if key in said.model_fields_set]:
            problems.add(
                ("latency", key),
                "belongs to the dedicated lane",
                hint='write lane = "dedicated" beside it',
            )
        return Latency()
    return Latency(lane=said.lane, warmup=said.warmup, repeats=said.repeats, nonce=said.nonce)
