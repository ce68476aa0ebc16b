"""AlpacaEval: ``model_outputs.json`` and ``annotations.json``.

An annotator sees each pair once, in an order that nobody writes down, and its preference runs from
1 (the first output) to 2. So it is no game in both orders; it stays the number that it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from arenatest.imports.conversations import UNKNOWN
from arenatest.imports.files import read_rows
from arenatest.imports.found import Found, Preferred, Said
from arenatest.imports.losses import Losses, parsed
from arenatest.imports.rows import Row
from arenatest.model.answer import Answer
from arenatest.model.identity import content_id
from arenatest.model.prompt import Message, Prompt
from arenatest.suite.mistakes import Mistake, got

_FIRST, _SECOND = 1.0, 2.0
_NONE = (-1.0, 0.0)  # as annotators write that they have no preference to give


def read(files: Sequence[Path], losses: Losses, baseline: str | None) -> Iterator[Found]:
    """Yield what files hold; the first output's generator is the baseline."""
    del baseline  # the files say it

    def parse(row: Row) -> Iterable[Found]:
        if row.has("output_1", "output_2"):
            return _annotated(row, losses)
        if row.has("output"):
            return _answered(row)
        problem = "expected an output (instruction, output, generator) or an annotation"
        raise Mistake(f"{problem} (output_1, output_2, preference)")

    for file in files:
        yield from parsed(read_rows(file, losses), losses, parse)


def _answered(row: Row) -> Iterator[Found]:
    prompt = _prompt(row)
    yield prompt
    yield _said(row.name("generator"), prompt, row.text("output"))


def _annotated(row: Row, losses: Losses) -> Iterator[Found]:
    prompt = _prompt(row)
    first, second = row.name("generator_1"), row.name("generator_2")
    if first == second:
        losses.miss("annotations of a model against itself", row.place)
        return
    texts = row.text("output_1"), row.text("output_2")
    score = _score(row)
    if row.number_or("price_per_example") is not None:
        losses.miss("prices of annotations, with their times")
    yield prompt
    for model, text in zip((first, second), texts, strict=True):
        yield _said(model, prompt, text)
    yield Preferred(
        prompt=prompt.id,
        first=first,
        second=second,
        judge=row.text_or("annotator") or "annotator",
        score=score,
        baseline=first,
    )


def _score(row: Row) -> float | None:
    """Return the score of the first output, from 1 to 0."""
    value = row.fields.get("preference")
    number = row.number_or("preference")
    if value is None or number in _NONE:
        return None
    if number is None and isinstance(value, float):  # NaN
        return None
    if number is None or not _FIRST <= number <= _SECOND:
        raise got(value, "a number from 1 to 2", place=("preference",))
    return _SECOND - number


def _prompt(row: Row) -> Prompt:
    text = row.text("instruction")
    return Prompt(
        id=content_id("instruction", text)[:16],
        messages=(Message(role="user", content=text),),
        dataset=row.text_or("dataset"),
    )


def _said(model: str, prompt: Prompt, text: str) -> Said:
    return Said(model=model, prompt=prompt.id, answer=Answer(text=text, finish=UNKNOWN))
