"""All that was found, on disk: sorted and made one whatever the order and the size of the files.

It is a SQLite database without a name, which ends with the process. What was found twice counts
once; what contradicts what was found before is not taken over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from arenatest.imports.found import Fought, Found, Preferred, Said, Scored, Voted
from arenatest.imports.losses import Losses
from arenatest.imports.packing import pack_answer, pack_prompt, unpack_answer, unpack_prompt
from arenatest.model.judgment import Judgment, Verdict
from arenatest.model.prompt import Prompt
from arenatest.store.codec import cell_from_text, text_from_cell

_TABLES = """
create table prompt (id text primary key, body text);
create table said (model text, prompt text, at real, cost real, body text,
                   primary key (model, prompt));
create table fought (first text, second text, prompt text, judge text, again integer,
                     baseline text, verdict text, void text, explanation text,
                     primary key (prompt, judge, again, first, second));
create table preferred (first text, second text, prompt text, judge text, baseline text,
                        score real, primary key (prompt, judge, first, second));
create table voted (number integer primary key, first text, second text, prompt text, person text,
                    score real, at real);
create table scored (metric text, model text, prompt text, value real, low real, high real,
                     primary key (metric, model, prompt));
"""


class Pair(NamedTuple):
    """Two models that met, how often, and which of them the files call the baseline."""

    first: str
    second: str
    baseline: str | None
    times: int


class Heap:
    """Everything found so far.

    Args:
        losses: Takes what contradicts what was found before.
    """

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(f"pragma journal_mode=off; pragma synchronous=off; {_TABLES} begin;")
        self._adders: dict[type[Any], Callable[[Any], None]] = {
            Prompt: self._add_prompt,
            Said: self._add_said,
            Fought: self._add_fought,
            Preferred: self._add_preferred,
            Voted: self._add_voted,
            Scored: self._add_scored,
        }

    def close(self) -> None:
        """Let go of the disk."""
        self._db.close()

    def take(self, found: Iterable[Found]) -> None:
        """Take all that is found; whatever is asked of the heap comes after that."""
        for one in found:
            self._adders[type(one)](one)
        self._db.execute(
            "delete from voted where number not in (select min(number) from voted"
            " group by first, second, prompt, person, score, at)"
        )
        for table in ("fought", "preferred", "voted"):
            self._db.execute(f"create index {table}_pair on {table} (first, second, prompt)")

    def pairs(self) -> list[Pair]:
        """Return which models met, the first and the second in the alphabet's order."""
        rows = self._db.execute(
            "select min(first, second), max(first, second), max(baseline), count(*) from ("
            "select first, second, baseline from fought"
            " union all select first, second, baseline from preferred"
            " union all select first, second, null from voted) group by 1, 2 order by 1, 2"
        )
        return [
            Pair(
                text_from_cell(one),
                text_from_cell(two),
                None if base is None else text_from_cell(base),
                times,
            )
            for one, two, base, times in rows
        ]

    def answerers(self) -> dict[str, int]:
        """Return who answered, or was graded, and how many prompts."""
        rows = self._db.execute(
            "select model, count(*) from (select model, prompt from said"
            " union select model, prompt from scored) group by 1 order by 1"
        )
        return {text_from_cell(model): number for model, number in rows}

    def graded(self) -> dict[str, int]:
        """Return whose answers were given numbers, and to how many prompts."""
        rows = self._db.execute(
            "select model, count(distinct prompt) from scored group by 1 order by 1"
        )
        return {text_from_cell(model): number for model, number in rows}

    def prompt(self, name: str) -> Prompt:
        """Return a prompt; without messages where no file says what it asks."""
        body = self._one("select body from prompt where id = ?", name)
        return Prompt(id=name, messages=()) if body is None else unpack_prompt(body)

    def prompts(self) -> Iterator[Prompt]:
        """Yield all prompts that a file holds, by their ids."""
        for (body,) in self._db.execute("select body from prompt order by id"):
            yield unpack_prompt(body)

    def turns(self, conversation: str) -> list[Prompt]:
        """Return the prompts of a conversation, turn by turn."""
        found: list[Prompt] = []
        while True:
            prompt = self.prompt(f"{conversation}/{len(found) + 1}")
            if prompt.conversation is None:
                return found
            found.append(prompt)

    def prompts_of(self, models: Iterable[str]) -> list[str]:
        """Return what any of these models answered, or was graded on."""
        names: set[str] = set()
        for model in models:
            cell = cell_from_text(model)
            rows = self._db.execute(
                "select prompt from said where model = ? union"
                " select prompt from scored where model = ?",
                (cell, cell),
            )
            names.update(text_from_cell(name) for (name,) in rows)
        return sorted(names)

    def said(self, model: str, prompt: str) -> Said | None:
        """Return what a model answered; None where no file says it."""
        key = (cell_from_text(model), cell_from_text(prompt))
        row = self._db.execute(
            "select at, cost, body from said where model = ? and prompt = ?", key
        ).fetchone()
        if row is None:
            return None
        return Said(
            model=model, prompt=prompt, answer=unpack_answer(row[2]), at=row[0], cost=row[1]
        )

    def fought(self, one: str, two: str) -> Iterator[Fought]:
        """Yield the games of two models, prompt by prompt."""
        rows = self._between(
            "select first, second, prompt, judge, again, verdict, void, explanation from fought"
            " where {pair} order by prompt, judge, again, first",
            one,
            two,
        )
        for first, second, prompt, judge, again, verdict, void, explanation in rows:
            yield Fought(
                prompt=text_from_cell(prompt),
                first=text_from_cell(first),
                second=text_from_cell(second),
                judge=text_from_cell(judge),
                again=again,
                judgment=Judgment(
                    verdict=None if verdict is None else Verdict(verdict),
                    void=void,
                    explanation=text_from_cell(explanation),
                ),
            )

    def preferred(self, one: str, two: str) -> Iterator[Preferred]:
        """Yield what was said once of two models, prompt by prompt."""
        rows = self._between(
            "select first, second, prompt, judge, score from preferred"
            " where {pair} order by prompt, judge, first",
            one,
            two,
        )
        for first, second, prompt, judge, score in rows:
            names = [text_from_cell(cell) for cell in (first, second, prompt, judge)]
            yield Preferred(
                first=names[0], second=names[1], prompt=names[2], judge=names[3], score=score
            )

    def voted(self, one: str, two: str) -> Iterator[Voted]:
        """Yield the votes on two models, prompt by prompt."""
        rows = self._between(
            "select first, second, prompt, person, score, at from voted"
            " where {pair} order by prompt, number",
            one,
            two,
        )
        for first, second, prompt, person, score, at in rows:
            names = [text_from_cell(cell) for cell in (first, second, prompt, person)]
            yield Voted(
                first=names[0],
                second=names[1],
                prompt=names[2],
                person=names[3],
                score=score,
                at=at,
            )

    def scored(self, models: Iterable[str]) -> Iterator[Scored]:
        """Yield the numbers that answers of these models were given."""
        for model in models:
            rows = self._db.execute(
                "select metric, prompt, value, low, high from scored where model = ?"
                " order by metric, prompt",
                (cell_from_text(model),),
            )
            for metric, prompt, value, low, high in rows:
                yield Scored(
                    metric=text_from_cell(metric),
                    model=model,
                    prompt=text_from_cell(prompt),
                    value=value,
                    range=None if low is None else (low, high),
                )

    def _between(self, query: str, one: str, two: str) -> Iterator[Any]:
        cells = cell_from_text(one), cell_from_text(two)
        pair = "((first = ? and second = ?) or (first = ? and second = ?))"
        return iter(self._db.execute(query.format(pair=pair), (*cells, *reversed(cells))))

    def _one(self, query: str, name: str) -> Any:
        row = self._db.execute(query, (cell_from_text(name),)).fetchone()
        return None if row is None else row[0]

    def _insert(self, table: str, row: tuple[Any, ...]) -> bool:
        """Insert a row; return whether there was none in its place."""
        marks = ", ".join("?" * len(row))
        done = self._db.execute(f"insert or ignore into {table} values ({marks})", row)  # noqa: S608
        return bool(done.rowcount)

    def _add_prompt(self, prompt: Prompt) -> None:
        if self._insert("prompt", (cell_from_text(prompt.id), pack_prompt(prompt))):
            return
        known = self.prompt(prompt.id)
        if known.messages != prompt.messages:
            self._losses.miss("prompts with the id of another one, and another text", prompt.id)
            return
        filled = replace(
            known,
            reference=known.reference or prompt.reference,
            dataset=known.dataset or prompt.dataset,
            subset=known.subset or prompt.subset,
            category=known.category or prompt.category,
            tags=known.tags or prompt.tags,
        )
        if filled != known:
            row = pack_prompt(filled), cell_from_text(prompt.id)
            self._db.execute("update prompt set body = ? where id = ?", row)

    def _add_said(self, said: Said) -> None:
        names = cell_from_text(said.model), cell_from_text(said.prompt)
        body = pack_answer(said.answer)
        if self._insert("said", (*names, said.at, said.cost, body)):
            return
        known = self.said(said.model, said.prompt)
        assert known is not None  # noqa: S101 - else it would have been inserted
        if (known.answer.text, known.answer.ok) != (said.answer.text, said.answer.ok):
            what = "answers to a prompt that the same model answers elsewhere with another text"
            self._losses.miss(what, f"{said.model}: {said.prompt}")
        elif _knowledge(said) > _knowledge(known):
            row = (said.at or known.at, said.cost, body, *names)
            self._db.execute(
                "update said set at = ?, cost = ?, body = ? where model = ? and prompt = ?", row
            )

    def _add_fought(self, one: Fought) -> None:
        said = one.judgment
        names = [cell_from_text(name) for name in (one.first, one.second, one.prompt, one.judge)]
        verdict = None if said.verdict is None else str(said.verdict)
        base = None if one.baseline is None else cell_from_text(one.baseline)
        words = cell_from_text(said.explanation)
        if self._insert("fought", (*names, one.again, base, verdict, said.void, words)):
            return
        key = (names[2], names[3], one.again, names[0], names[1])
        known = self._db.execute(
            "select verdict, void from fought where"
            " (prompt, judge, again, first, second) = (?, ?, ?, ?, ?)",
            key,
        ).fetchone()
        if known != (verdict, said.void):
            self._losses.miss("games that the same judge judged before, and otherwise", one.prompt)

    def _add_preferred(self, one: Preferred) -> None:
        names = [cell_from_text(name) for name in (one.first, one.second, one.prompt, one.judge)]
        base = None if one.baseline is None else cell_from_text(one.baseline)
        if self._insert("preferred", (*names, base, one.score)):
            return
        key = (names[2], names[3], names[0], names[1])
        (known,) = self._db.execute(
            "select score from preferred where (prompt, judge, first, second) = (?, ?, ?, ?)", key
        ).fetchone()
        if known != one.score:
            self._losses.miss("pairs that the same judge judged before, and otherwise", one.prompt)

    def _add_voted(self, one: Voted) -> None:
        names = [cell_from_text(name) for name in (one.first, one.second, one.prompt, one.person)]
        self._db.execute(
            "insert into voted (first, second, prompt, person, score, at)"
            " values (?, ?, ?, ?, ?, ?)",
            (*names, one.score, one.at),
        )

    def _add_scored(self, one: Scored) -> None:
        names = [cell_from_text(name) for name in (one.metric, one.model, one.prompt)]
        low, high = one.range or (None, None)
        if not self._insert("scored", (*names, one.value, low, high)):
            (known,) = self._db.execute(
                "select value from scored where (metric, model, prompt) = (?, ?, ?)", names
            ).fetchone()
            if known != one.value:
                what = "numbers of an answer that was given another one before"
                self._losses.miss(what, f"{one.metric}: {one.prompt}")


def _knowledge(said: Said) -> int:
    """How much is known beside the text: predictions know more than reviews."""
    known = (said.answer.usage, said.answer.timing, said.cost, said.at)
    return sum(value is not None for value in known)
