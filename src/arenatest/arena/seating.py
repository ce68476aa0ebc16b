"""Seats the two answers of a battle: every judge, each of its repeats, both orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from arenatest.arena.cast import SeatedJudge
from arenatest.arena.keys import game_key
from arenatest.model.judgment import Game, Order
from arenatest.model.prompt import Prompt
from arenatest.model.record import GameSlot


class Said(NamedTuple):
    """What a contestant said to a prompt, and before it in the same conversation."""

    text: str
    earlier: tuple[str, ...] = ()


class Seated(NamedTuple):
    """One game to be played: by whom, its place in the record, and its identity by content."""

    judge: SeatedJudge
    slot: GameSlot
    game: Game
    key: str


def seated(
    judges: Sequence[SeatedJudge],
    place: tuple[str, Prompt, int],
    theirs: Said,
    ours: Said,
    *,
    copy: int,
) -> Iterator[Seated]:
    """Yield the games of one battle; none where the answers are equal, which is a tie.

    Args:
        judges: The jury.
        place: The candidate, the prompt, and which repeat of the battle.
        theirs: What the baseline said.
        ours: What the candidate said.
        copy: Which of several prompts that ask the same.
    """
    candidate, prompt, repeat = place
    if theirs.text == ours.text:
        return
    for judge in judges:
        seat = judge.setup.seat
        for again in range(seat.repeats):
            for order in Order:
                a, b = (theirs, ours) if order is Order.BASELINE_FIRST else (ours, theirs)
                game = Game(
                    prompt=prompt,
                    text_a=a.text,
                    text_b=b.text,
                    repeat=repeat * seat.repeats + again,
                    earlier_a=a.earlier,
                    earlier_b=b.earlier,
                )
                slot = GameSlot(candidate, prompt.id, repeat, seat.name, again, order)
                yield Seated(judge, slot, game, game_key(seat, game, copy=copy))
