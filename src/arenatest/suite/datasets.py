"""Gathers the prompts of a suite, from its own tables and from the files it names."""

from __future__ import annotations

import os
import posixpath
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from arenatest.errors import SuiteError
from arenatest.model.prompt import Prompt
from arenatest.suite.mistakes import Mistake, near_name, shown, unknown, written
from arenatest.suite.problems import Problems
from arenatest.suite.prompts import ASKED, FIELDS, Labels, expand
from arenatest.suite.records import Record, read_records
from arenatest.suite.schema import DatasetTable, PromptTable

_MOST_SHOWN = 5


def gather(
    datasets: Mapping[int, DatasetTable],
    inline: Mapping[int, PromptTable],
    *,
    directory: Path,
    seed: int,
    problems: Problems,
) -> list[Prompt]:
    """Return all prompts in the order of the file: inline ones, then dataset by dataset.

    Args:
        datasets: ``[[datasets]]`` tables by their index.
        inline: ``[[prompts]]`` tables by their index.
        directory: Where relative paths start.
        seed: Of the suite; draws samples.
        problems: Takes the mistakes.
    """
    prompts: list[Prompt] = []
    first_use: dict[str, str] = {}
    for index, table in inline.items():
        with problems.at("prompts", index):
            made = expand(table.model_dump(), f"prompt-{index + 1}", Labels())
            _take(made, f"prompts[{index}]", first_use)
            prompts.extend(made)
    for index, dataset in datasets.items():
        reader = _Dataset(dataset, problems, directory)
        with problems.at("datasets", index):
            prompts.extend(reader.prompts(seed, first_use))
    return prompts


def file_name(path: str, suite_path: str) -> str:
    """Return how messages call a file beside the suite: as they call the suite."""
    folder = posixpath.dirname(suite_path)
    return posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))


def is_file(file: Path) -> bool:
    """Whether a file that a suite names can be read as one."""
    try:
        return file.is_file()
    except OSError:  # such as a name that is too long
        return False


def missing_file(path: str, file: Path) -> Mistake:
    """Return the mistake of a file that is not there, with the near name in its folder."""
    if os.path.lexists(file):
        what = "a folder" if file.is_dir() else "no file that can be read"
        return Mistake(f"{shown(path)} is {what}", place=("path",))
    try:
        near = near_name(file.name, [p.name for p in file.parent.iterdir()])
    except (OSError, ValueError):
        near = None
    meant = f", did you mean {str(Path(path).with_name(near))!r}?" if near else ""
    return Mistake(f"no such file: {shown(path)}{meant}", place=("path",))


class _Dataset:
    """Reads one dataset, and says no more than a few of its mistakes."""

    def __init__(self, table: DatasetTable, problems: Problems, directory: Path) -> None:
        self.table = table
        self.file = directory / table.path
        self.shown = file_name(table.path, problems.path)
        self.name = table.name or self.file.stem
        self._mapped = {str(ours): theirs for ours, theirs in table.fields.items()}
        self._problems = problems
        self._wrong = 0

    def prompts(self, seed: int, first_use: dict[str, str]) -> list[Prompt]:
        if not is_file(self.file):
            raise missing_file(self.table.path, self.file)
        try:
            records = list(islice(self._wanted(), self.table.limit))
        except SuiteError as error:
            self._problems.add_error(error)
            return []
        self._check_fields([record for _, record in records])
        expanded = self._expanded(records, first_use)
        if self._wrong > _MOST_SHOWN:
            more = f"and {self._wrong - _MOST_SHOWN} more"
            self._problems.add_error(SuiteError(self.shown, None, "", more))
        if not expanded and not self._wrong:
            subset = " of this subset" if self.table.subset else ""
            place = "subset" if self.table.subset else "path"
            raise Mistake(f"{self.shown} has no records{subset}", place=(place,))
        return [prompt for made in self._sampled(expanded, seed) for prompt in made]

    def _wanted(self) -> Iterator[tuple[int, Record]]:
        """Yield the records of the wanted subsets with their numbers from 1."""
        subset, field = self.table.subset, self._mapped.get("subset", "subset")
        for number, record in enumerate(read_records(self.file, self.shown, self._report), 1):
            if subset is None or record.fields.get(field) in subset:
                yield number, record

    def _check_fields(self, records: Sequence[Record]) -> None:
        for ours, theirs in self._mapped.items():
            if records and not any(theirs in record.fields for record in records):
                wrong = unknown(f"field of {self.shown}", theirs, records[0].fields)
                raise Mistake(wrong.problem, place=("fields", ours))

    def _expanded(
        self, records: Sequence[tuple[int, Record]], first_use: dict[str, str]
    ) -> list[tuple[Prompt, ...]]:
        labels = Labels(dataset=self.name, category=self.table.category, tags=self.table.tags)
        names = self._names()
        expanded = []
        for number, record in records:
            fields = {ours: record.fields.get(theirs) for ours, theirs in names.items()}
            try:
                made = expand(fields, f"{self.name}-{number}", labels)
                _take(made, self._where(record), first_use)
            except Mistake as mistake:
                self._report(self._error(record, mistake))
            else:
                expanded.append(made)
        return expanded

    def _names(self) -> dict[str, str]:
        """Return the file's names by ours; a question that the suite maps hides the others."""
        mapped = self._mapped
        hidden = set(ASKED) - set(mapped) if set(ASKED) & set(mapped) else set()
        return {ours: mapped.get(ours, ours) for ours in FIELDS if ours not in hidden}

    def _sampled(
        self, expanded: Sequence[tuple[Prompt, ...]], seed: int
    ) -> Sequence[tuple[Prompt, ...]]:
        size = self.table.sample
        if size is None:
            return expanded
        if size > len(expanded):
            problem = f"got {size}, expected at most the {len(expanded)} records of {self.shown}"
            raise Mistake(problem, place=("sample",))
        draw = random.Random(f"{seed}:{self.name}")  # noqa: S311 - a sample, not a key
        return [expanded[index] for index in sorted(draw.sample(range(len(expanded)), size))]

    def _error(self, record: Record, mistake: Mistake) -> SuiteError:
        place = tuple(self._mapped.get(str(p), p) if p in FIELDS else p for p in mistake.place)
        key = f"{record.key}.{written(place)}".strip(".")
        hint = mistake.hint
        if not mistake.place and not self._mapped:
            found = ", ".join(repr(name) for name in record.fields)
            hint = f'found {found}; map them: fields = {{ query = "..." }}'
        return SuiteError(self.shown, record.line, key, mistake.problem, hint=hint)

    def _report(self, error: SuiteError) -> None:
        self._wrong += 1
        if self._wrong <= _MOST_SHOWN:
            self._problems.add_error(error)

    def _where(self, record: Record) -> str:
        return f"{self.shown}:{record.line}" if record.line else f"{self.shown}{record.key}"


def _take(made: Sequence[Prompt], where: str, first_use: dict[str, str]) -> None:
    for prompt in made:
        if prompt.id in first_use:
            first = first_use[prompt.id]
            raise Mistake(
                f"duplicate prompt id {prompt.id!r}, first used by {first}", place=("id",)
            )
        first_use[prompt.id] = where
