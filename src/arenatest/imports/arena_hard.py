"""Arena-Hard-Auto: questions, answers and judgments, as v0.1 and v2.0 write them.

Game 1 has the baseline in seat A, game 2 the candidate. Version 0.1 does not say in its judgments
who the baseline is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from arenatest.imports.conversations import UNKNOWN, first_choice, messages_of, text_of
from arenatest.imports.files import read_rows
from arenatest.imports.found import Fought, Found, Preferred, Said
from arenatest.imports.losses import Losses, parsed
from arenatest.imports.rows import Row
from arenatest.imports.times import moment_of
from arenatest.imports.verdicts import labelled
from arenatest.model.answer import Answer
from arenatest.model.prompt import Message, Prompt
from arenatest.suite.mistakes import Mistake, got

BASELINE = "gpt-4-0314"
"""That of version 0.1, and of whoever changed nothing of it."""

_BOTH = 2


def read(files: Sequence[Path], losses: Losses, baseline: str | None) -> Iterator[Found]:
    """Yield what files hold: ``question.jsonl``, ``model_answer/*`` and ``model_judgment/*/*``."""

    def parse(row: Row) -> Iterable[Found]:
        if row.has("games"):
            return _judged(row, baseline or BASELINE, losses)
        if row.has("choices"):
            return _answered(row, losses)
        if row.has("messages"):
            return _conversed(row, losses)
        if row.has("turns") or row.has("prompt"):
            return _asked(row)
        problem = "expected a question (turns or prompt), an answer (choices or messages), "
        raise Mistake(f"{problem}or a judgment (games)")

    for file in files:
        yield from parsed(read_rows(file, losses), losses, parse)


def _asked(row: Row) -> Iterator[Found]:
    if row.has("turns"):
        turns = row.listed("turns")
        if len(turns) != 1:
            raise got(turns, "one turn", place=("turns",))
        text = text_of(turns[0], "turns", 0)
    else:
        text = row.text("prompt")
    asked = (Message(role="user", content=text),)
    category, cluster = row.text_or("category"), row.text_or("cluster")
    yield Prompt(id=_id(row), messages=asked, category=category, subset=cluster)


def _id(row: Row) -> str:
    return row.name("question_id", "uid")


def _answered(row: Row, losses: Losses) -> Iterator[Found]:
    turns = first_choice(row, losses)
    if len(turns) > 1:
        losses.miss("turns of an answer beyond the first", row.place, number=len(turns) - 1)
    text = text_of(turns[0], "choices", 0, "turns", 0)
    yield _said(row, row.name("model_id", "model"), text)


def _conversed(row: Row, losses: Losses) -> Iterator[Found]:
    messages = messages_of(row.fields["messages"], "messages")
    *asked, reply = messages
    if reply.role != "assistant" or not asked:
        raise got(reply.role, "an assistant's reply at the end", place=("messages",))
    users = tuple(one for one in asked if one.role != "system")
    if len(users) < len(asked):
        losses.miss("texts of system prompts", row.place)
    yield Prompt(id=_id(row), messages=users, category=row.text_or("category"))
    yield _said(row, row.name("model", "model_id"), reply.content)


def _said(row: Row, model: str, text: str) -> Said:
    answer = Answer(text=text, finish=UNKNOWN)
    return Said(model=model, prompt=_id(row), answer=answer, at=moment_of(row.fields.get("tstamp")))


def _judged(row: Row, baseline: str, losses: Losses) -> Iterator[Found]:
    games, candidate, judge = row.listed("games"), row.name("model"), row.name("judge")
    baseline = row.text_or("baseline") or baseline
    if candidate == baseline:
        losses.miss("judgments of a model against itself", row.place)
        return
    if not games or len(games) > _BOTH:
        raise got(games, "one game or two", place=("games",))
    if len(games) < _BOTH:
        score = labelled(_label(games[0])).verdict
        yield Preferred(
            prompt=_id(row),
            first=baseline,
            second=candidate,
            judge=judge,
            score=None if score is None else score.score_of_a,
            baseline=baseline,
        )
        return
    for seats, game in zip(((baseline, candidate), (candidate, baseline)), games, strict=True):
        yield Fought(
            prompt=_id(row),
            first=seats[0],
            second=seats[1],
            judge=judge,
            judgment=labelled(_label(game), _reasons(game)),
            baseline=baseline,
        )


def _label(game: Any) -> object:
    return game.get("score") if isinstance(game, Mapping) else None


def _reasons(game: Any) -> str:
    said = game.get("judgment") if isinstance(game, Mapping) else None
    if isinstance(said, Mapping):
        said = said.get("answer")
    return said if isinstance(said, str) else ""
