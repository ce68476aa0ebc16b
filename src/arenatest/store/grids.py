"""Where the answers and the games of a plan stand."""

from __future__ import annotations

from arenatest.model.health import GOLDEN
from arenatest.model.judgment import Order
from arenatest.model.plan import Plan
from arenatest.model.record import AnswerSlot, GameSlot
from arenatest.store.places import Grid


def answer_grid(plan: Plan, taken: int) -> Grid[AnswerSlot]:
    """Return the places of answers, about so many of which are taken."""
    repeats = range(max(plan.repeats, plan.timed_repeats))
    names = [contestant.name for contestant in plan.contestants]
    return Grid(AnswerSlot, (names, [prompt.id for prompt in plan.prompts], repeats), taken)


def game_grid(plan: Plan, taken: int) -> Grid[GameSlot]:
    """Return the places of games, those of the golden set among them, likewise."""
    golden = [battle.prompt.id for battle in plan.golden]
    axes = (
        [contestant.name for contestant in plan.candidates] + [GOLDEN] * bool(golden),
        [prompt.id for prompt in plan.prompts] + golden,
        range(plan.repeats),
        [seat.name for seat in plan.judges],
        range(max((seat.repeats for seat in plan.judges), default=0)),
        list(Order),
    )
    return Grid(GameSlot, axes, taken)
