"""An import from its files to its runs in the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from arenatest.errors import OptionError, StoreError
from arenatest.imports.drafting import Draft, draft_of, draft_of_answers
from arenatest.imports.files import files_of
from arenatest.imports.formats import FORMATS
from arenatest.imports.grouping import Group, group_of_rest, groups_of
from arenatest.imports.heap import Heap
from arenatest.imports.losses import Losses
from arenatest.imports.replays import write_replays
from arenatest.imports.taking import Moment, Taken, take
from arenatest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants imported.

    Attributes:
        source: The format.
        paths: Files and folders.
        name: Of the suite; None for that of the format.
        baseline: Who is to be the baseline; None for whom the files name.
        answers_to: A folder for what a suite plays the answers from; None for none.
    """

    source: str
    paths: Sequence[Path]
    name: str | None = None
    baseline: str | None = None
    answers_to: Path | None = None


def bring(store: Store, wanted: Wanted, moment: Moment, losses: Losses) -> Iterator[Taken]:
    """Import files, and yield each run as soon as it is in the store.

    Args:
        store: Where it comes to.
        wanted: What is imported.
        moment: When and by what.
        losses: Takes what cannot be taken over.

    Raises:
        OptionError: A file is not there, nothing in the files can be taken over, or the folder
            for answers cannot be written.
        StoreError: The store cannot be written.
    """
    files = files_of(wanted.paths)
    with _disk(), closing(Heap(losses)) as heap:
        heap.take(FORMATS[wanted.source](files, losses, wanted.baseline))
        groups = groups_of(heap, wanted.baseline)
        if wanted.answers_to is not None and heap.answerers():
            write_replays(heap, groups[0] if groups else None, wanted.answers_to, losses)
        found = 0
        for draft in _drafts(heap, wanted, groups, losses):
            found += 1
            yield take(store, heap, draft, moment)
        if not found:
            raise OptionError(_nothing(wanted, losses))


@contextmanager
def _disk() -> Iterator[None]:
    """Say what is wrong where what was found cannot be kept on disk while it is sorted."""
    try:
        yield
    except sqlite3.Error as error:
        message = f"the import's temporary database: {error}"
        hint = "it may be as large as the files; SQLITE_TMPDIR names another folder for it"
        raise StoreError(f"{message}\n  hint: {hint}") from error


def _drafts(heap: Heap, wanted: Wanted, groups: Sequence[Group], losses: Losses) -> Iterator[Draft]:
    """Yield the runs: of those who met, then of answers that are in no battle."""
    name = wanted.name or wanted.source
    prompts: set[str] = set()
    there: set[str] = set()
    for group in groups:
        suite = name if len(groups) == 1 else f"{name}/{group.baseline}"
        draft = draft_of(heap, group, source=wanted.source, name=suite, losses=losses)
        if draft is not None:
            prompts |= draft.shared
            there |= {one.name for one in draft.plan.contestants}
            yield draft
    rest = group_of_rest(heap, groups, wanted.baseline)
    if rest is not None:
        suite = f"{name}/answers" if groups else name
        alone = draft_of_answers(heap, rest, source=wanted.source, name=suite, beyond=prompts)
        if alone is not None:
            there |= {one.name for one in alone.plan.contestants}
            yield alone
    for model in heap.answerers() if there else ():
        if model not in there:
            losses.miss("models with answers and without a verdict", model)


def _nothing(wanted: Wanted, losses: Losses) -> str:
    named = ", ".join(map(str, wanted.paths))
    why = "".join(f"\n  {line}" for line in losses.lines())
    return f"{named}: holds nothing of {wanted.source} that can be taken over{why}"
