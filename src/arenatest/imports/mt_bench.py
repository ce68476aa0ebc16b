"""MT-bench, as FastChat writes it: questions, answers, judgments of pairs, grades, people's votes.

Each turn of a question is a prompt. A grade from 1 to 10 is a number that an answer was given; it
is no game.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from arenatest.imports.conversations import UNKNOWN, first_choice, prompts_of, text_of, turn_id
from arenatest.imports.files import read_rows
from arenatest.imports.found import Fought, Found, Said, Scored
from arenatest.imports.lmsys import voted
from arenatest.imports.losses import Losses, parsed
from arenatest.imports.rows import Row, number_of
from arenatest.imports.times import moment_of
from arenatest.imports.verdicts import won
from arenatest.model.answer import Answer, Failure
from arenatest.model.judgment import Judgment
from arenatest.suite.mistakes import Mistake, got

_ERROR = "$ERROR$"  # what FastChat writes where an API failed
_GRADES = (1.0, 10.0)


def read(files: Sequence[Path], losses: Losses, baseline: str | None) -> Iterator[Found]:
    """Yield what files hold: ``question.jsonl``, ``model_answer/*``, ``model_judgment/*``."""
    del baseline  # the files do not say who it is

    def parse(row: Row) -> Iterable[Found]:
        if row.has("model_1", "model_2"):
            return _compared(row, losses)
        if row.has("model_a", "model_b"):
            return voted(row, losses)
        if row.has("choices"):
            return _answered(row, losses)
        if row.has("score", "model"):
            return _graded(row)
        if row.has("turns"):
            return _asked(row)
        problem = "expected a question (turns), an answer (choices), a judgment of a pair "
        raise Mistake(f"{problem}(model_1, model_2), a grade (model, score) or a vote (model_a)")

    for file in files:
        yield from parsed(read_rows(file, losses), losses, parse)


def _question(row: Row) -> str:
    return row.name("question_id")


def _asked(row: Row) -> Iterator[Found]:
    asked = [text_of(turn, "turns", place) for place, turn in enumerate(row.listed("turns"))]
    known = row.fields.get("reference")
    references = [one if isinstance(one, str) else None for one in known or ()]
    yield from prompts_of(
        _question(row), asked, references=references, category=row.text_or("category")
    )


def _answered(row: Row, losses: Losses) -> Iterator[Found]:
    turns = first_choice(row, losses)
    model, at = row.name("model_id"), moment_of(row.fields.get("tstamp"))
    for place, turn in enumerate(turns):
        text = text_of(turn, "choices", 0, "turns", place)
        answer = Answer(text=text, finish=UNKNOWN)
        if text.strip() == _ERROR:
            answer = Answer(failure=Failure(kind="provider", message=f"the file says {_ERROR}"))
        prompt = turn_id(_question(row), place + 1)
        yield Said(model=model, prompt=prompt, answer=answer, at=at)


def _turn(row: Row) -> str:
    turn = number_of(row.fields.get("turn", 1))
    if turn is None or turn < 1 or turn != int(turn):
        raise got(row.fields.get("turn"), "a turn from 1 on", place=("turn",))
    return turn_id(_question(row), int(turn))


def _compared(row: Row, losses: Losses) -> Iterator[Found]:
    one, two, judge = row.name("model_1"), row.name("model_2"), _judge(row)
    if one == two:
        losses.miss("judgments of a model against itself", row.place)
        return
    if row.has("m1_score", "m2_score"):  # two grades: no pair was ever shown
        for model, name in ((one, "m1_score"), (two, "m2_score")):
            yield _grade(row, model, row.fields[name])
        return
    for game, seats in (("g1", (one, two)), ("g2", (two, one))):
        winner = row.name(f"{game}_winner")
        scores = {"model_1": one, "model_2": two}
        said = row.text_or(f"{game}_judgment") or ""
        if winner == "error":
            failed = said.strip() == _ERROR
            judgment = Judgment(void="call" if failed else "unparsed", explanation=said)
        elif winner == "tie":
            judgment = won(0.5, said)
        elif winner in scores:
            judgment = won(1.0 if scores[winner] == seats[0] else 0.0, said)
        else:
            expected = "model_1, model_2, tie or error"
            raise got(winner, expected, place=(f"{game}_winner",))
        yield Fought(
            prompt=_turn(row), first=seats[0], second=seats[1], judge=judge, judgment=judgment
        )


def _graded(row: Row) -> Iterator[Found]:
    yield _grade(row, row.name("model"), row.fields["score"])


def _grade(row: Row, model: str, value: object) -> Scored:
    grade = number_of(value)
    if grade is None or (grade != -1 and not _GRADES[0] <= grade <= _GRADES[1]):
        raise got(value, "a grade from 1 to 10, or -1 for none", place=("score",))
    return Scored(
        metric=f"grade of {_judge(row)}",
        model=model,
        prompt=_turn(row),
        value=None if grade == -1 else grade,
        range=_GRADES,
    )


def _judge(row: Row) -> str:
    judge = row.fields.get("judge")
    if isinstance(judge, list) and judge and all(isinstance(part, str) for part in judge):
        return "/".join(judge)
    return row.name("judge")
