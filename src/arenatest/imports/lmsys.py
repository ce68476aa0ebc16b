"""Votes of people in Chatbot Arena: battles with or without conversations, as LMSYS releases them.

The shapes are those of ``clean_battle_data.py`` (JSON), of arena-human-preference (55k as CSV, 100k
and 140k as JSON), and of the human judgments of MT-bench.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from arenatest.imports.conversations import (
    UNKNOWN,
    prompts_of,
    tags_of,
    text_of,
    turn_id,
    turns_of,
    unpacked,
)
from arenatest.imports.files import read_rows
from arenatest.imports.found import Found, Said, Voted
from arenatest.imports.losses import Losses, parsed
from arenatest.imports.rows import Row, number_of
from arenatest.imports.times import moment_of
from arenatest.model.answer import Answer
from arenatest.suite.mistakes import Mistake, got

_SCORES = {
    "model_a": 1.0,
    "model_b": 0.0,
    "tie": 0.5,
    "tie (bothbad)": 0.5,
    "tie (both bad)": 0.5,
    "tie (inconsistent)": 0.5,
    "both_bad": 0.5,
    "bothbad": 0.5,
}
_BAD = ("tie (bothbad)", "tie (both bad)", "both_bad", "bothbad")
BOTH_BAD = "votes that both are bad, as such: each counts as a tie"


def read(files: Sequence[Path], losses: Losses, baseline: str | None) -> Iterator[Found]:
    """Yield what files hold."""
    del baseline  # whoever it is, it does not change what people said

    def parse(row: Row) -> Iterable[Found]:
        return voted(row, losses)

    for file in files:
        yield from parsed(read_rows(file, losses), losses, parse)


def voted(row: Row, losses: Losses) -> Iterator[Found]:
    """Yield the vote of a row, and what was voted on."""
    if not (row.fields.get("model_a") and row.fields.get("model_b")):
        losses.miss("votes without the names of both models", row.place)
        return
    first, second = row.name("model_a"), row.name("model_b")
    score, question = _score(row, losses), row.name("question_id", "id")
    if first == second:
        losses.miss("votes on a model against itself", row.place)
        return
    if row.fields.get("anony") is False:
        losses.miss("votes of people who saw the names of the models", row.place)
        return
    prompt = question
    sides = _sides(row)
    if sides is not None:
        asked, replies = sides
        tags = tags_of([row.fields.get("language")])
        prompts = prompts_of(question, asked, category=row.text_or("category"), tags=tags)
        yield from prompts
        for model, said in zip((first, second), replies, strict=True):
            for one, text in zip(prompts, said, strict=True):
                answer = Answer(text=text, finish=UNKNOWN)
                yield Said(model=model, prompt=one.id, answer=answer)
        turn = number_of(row.fields.get("turn"))
        last = int(turn) if turn is not None and 1 <= turn <= len(asked) else len(asked)
        prompt = turn_id(question, last)
    yield Voted(
        prompt=prompt,
        first=first,
        second=second,
        score=score,
        person=row.text_or("judge") or "",
        at=moment_of(row.fields.get("tstamp", row.fields.get("timestamp"))),
    )


def _score(row: Row, losses: Losses) -> float:
    if row.has("winner"):
        winner = row.fields["winner"]
        score = _SCORES.get(winner) if isinstance(winner, str) else None
        if score is None:
            expected = "model_a, model_b, tie or tie (bothbad)"
            raise got(winner, expected, place=("winner",))
        if winner in _BAD:
            losses.miss(BOTH_BAD)
        return score
    marks = [
        number_of(row.fields.get(f"winner_{which}")) for which in ("model_a", "tie", "model_b")
    ]
    if sorted(mark or 0.0 for mark in marks) != [0.0, 0.0, 1.0]:
        raise Mistake("expected winner, or 1 for one of winner_model_a, winner_model_b, winner_tie")
    return (1.0, 0.5, 0.0)[marks.index(1.0)]


def _sides(row: Row) -> tuple[list[str], tuple[list[str], list[str]]] | None:
    """Return what was asked turn by turn, and the replies of both; None without conversations."""
    if row.fields.get("conversation_a") and row.fields.get("conversation_b"):
        asked, ours = turns_of(row.fields["conversation_a"], "conversation_a")
        also, theirs = turns_of(row.fields["conversation_b"], "conversation_b")
        if asked != also:
            problem = "asks something else than conversation_a"
            raise Mistake(problem, place=("conversation_b",))
        return asked, (ours, theirs)
    if row.has("prompt", "response_a", "response_b"):
        asked, ours, theirs = (
            _texts(row.fields[name], name) for name in ("prompt", "response_a", "response_b")
        )
        if not len(asked) == len(ours) == len(theirs):
            raise Mistake(
                "has another number of turns than response_a or response_b", place=("prompt",)
            )
        return asked, (ours, theirs)
    return None


def _texts(value: object, name: str) -> list[str]:
    listed = unpacked(value)
    if isinstance(listed, str):
        return [listed]
    if not isinstance(listed, list) or not listed:
        raise got(value, "a text, or a list of texts", place=(name,))
    return ["" if one is None else text_of(one, name) for one in listed]
