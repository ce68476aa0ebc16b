"""What a suite holds its judges to: ``[health]``, and the files of ``[golden]``, ``[labels]``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from arenatest.errors import SuiteError
from arenatest.model.health import GoldenBattle, HumanLabel, JudgeLimits
from arenatest.model.judgment import Verdict
from arenatest.model.prompt import Prompt
from arenatest.suite.datasets import file_name, is_file, missing_file
from arenatest.suite.mistakes import Mistake, got, unknown, written
from arenatest.suite.problems import Problems
from arenatest.suite.prompts import Labels, expand
from arenatest.suite.records import Record, read_records
from arenatest.suite.schema import FileTable, HealthTable
from arenatest.suite.tables import Tables

Read = TypeVar("Read")

DAY = 86400.0
TIE = "tie"
_MOST_SHOWN = 5
_ASKED = ("id", "query", "messages", "response", "category")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """What judges are held to, and by what they are measured."""

    limits: JudgeLimits
    golden: tuple[GoldenBattle, ...] = ()
    labels: tuple[HumanLabel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rest of the suite says, for checking files against it.

    Attributes:
        baseline: Its name.
        candidates: Their names.
        prompts: All of them; None where they are wrong.
        seed: Of the suite; draws the order of the golden set.
        reuse_days: Days for which what is recorded counts.
        judged: Whether there is a judge.
    """

    baseline: str
    candidates: Sequence[str]
    prompts: Sequence[Prompt] | None
    seed: int
    reuse_days: float
    judged: bool


def read_standards(read: Tables, known: Known, directory: Path, problems: Problems) -> Standards:
    """Return what judges are held to.

    Args:
        read: The tables.
        known: The rest of the suite.
        directory: Where relative paths start.
        problems: Takes the mistakes.
    """
    table = read.health or HealthTable()
    _check(table, read, known, problems)
    battles: list[GoldenBattle] = []
    said: list[HumanLabel] = []
    if read.golden is not None:
        with problems.at("golden"):
            battles = _read(read.golden, directory, problems, _golden_of(set()))
            random.Random(f"{known.seed}:golden").shuffle(battles)  # noqa: S311 - an order
    if read.labels is not None:
        with problems.at("labels"):
            said = _read(read.labels, directory, problems, _label_of(known))
    limits = table.model_dump(exclude={"require_aa"})
    within = known.reuse_days * DAY if table.require_aa else None
    return Standards(
        limits=JudgeLimits(**limits, aa_within=within), golden=tuple(battles), labels=tuple(said)
    )


def _check(health: HealthTable, read: Tables, known: Known, problems: Problems) -> None:
    for name, table in (("golden", read.golden), ("labels", read.labels)):
        if table is not None and not known.judged:
            problem = f"[{name}] measures judges, and the suite has none"
            problems.add((name,), problem, hint="add a [[judges]] table")
    for key, name, table in (
        ("golden_agreement", "golden", read.golden),
        ("human_agreement", "labels", read.labels),
    ):
        if getattr(health, key) is not None and table is None:
            problem = f"needs [{name}], and the suite has none"
            problems.add(("health", key), problem, hint=f'add [{name}] with path = "..."')
    if health.require_aa and not known.reuse_days:
        problem = "needs reuse_days of [run] above 0: no A/A run would ever count"
        problems.add(("health", "require_aa"), problem)
    pinned = [gate.never_regress for gate in read.gates.values() if gate.metric == "win_rate"]
    if health.require_aa and pinned and all(pinned):
        problem = "needs a gate on win_rate with a limit: an A/A run has no other gates"
        problems.add(("health", "require_aa"), problem)


def _read(
    table: FileTable, directory: Path, problems: Problems, make: Callable[[Record, int], Read]
) -> list[Read]:
    """Return what the records of a file say; says no more than a few of its mistakes."""
    file = directory / table.path
    if not is_file(file):
        raise missing_file(table.path, file)
    name = file_name(table.path, problems.path)
    wrong: list[SuiteError] = []
    made = list(_made(file, name, wrong, make))
    for error in wrong[:_MOST_SHOWN]:
        problems.add_error(error)
    if len(wrong) > _MOST_SHOWN:
        more = f"and {len(wrong) - _MOST_SHOWN} more"
        problems.add_error(SuiteError(name, None, "", more))
    if not made and not wrong:
        raise Mistake(f"{name} has no records", place=("path",))
    return made


def _made(
    file: Path, name: str, wrong: list[SuiteError], make: Callable[[Record, int], Read]
) -> Iterator[Read]:
    for number, record in enumerate(read_records(file, name, wrong.append), 1):
        try:
            yield make(record, number)
        except Mistake as mistake:
            key = f"{record.key}.{written(mistake.place)}".strip(".")
            problem, hint = mistake.problem, mistake.hint
            wrong.append(SuiteError(name, record.line, key, problem, hint=hint))


def _golden_of(used: set[str]) -> Callable[[Record, int], GoldenBattle]:
    def make(record: Record, number: int) -> GoldenBattle:
        fields = record.fields
        _only(fields, (*_ASKED, "text_a", "text_b", "expected"))
        asked = {key: fields.get(key) for key in _ASKED}
        (prompt,) = expand(asked, f"golden-{number}", Labels())
        if prompt.id in used:
            raise Mistake(f"duplicate id {prompt.id!r}", place=("id",))
        used.add(prompt.id)
        text_a, text_b = _text(fields, "text_a"), _text(fields, "text_b")
        if text_a == text_b:
            raise Mistake("is the same as text_a: there is nothing to judge", place=("text_b",))
        return GoldenBattle(
            prompt=prompt, text_a=text_a, text_b=text_b, expected=_verdicts(fields.get("expected"))
        )

    return make


def _verdicts(value: object) -> tuple[Verdict, ...]:
    if value is None:
        raise Mistake("required field is missing", place=("expected",))
    listed = value if isinstance(value, list | tuple) else [value]
    labels = [str(verdict) for verdict in Verdict]
    if not listed or not all(label in labels for label in listed):
        expected = "one of " + ", ".join(repr(label) for label in labels)
        raise got(value, f"{expected}, or a list of them", place=("expected",))
    return tuple(Verdict(str(label)) for label in listed)


def _label_of(known: Known) -> Callable[[Record, int], HumanLabel]:
    prompts = None if known.prompts is None else {prompt.id for prompt in known.prompts}
    said: set[tuple[str, str, str]] = set()

    def make(record: Record, _number: int) -> HumanLabel:
        fields = record.fields
        _only(fields, ("prompt_id", "candidate", "winner", "annotator"))
        prompt, candidate = _text(fields, "prompt_id"), _text(fields, "candidate")
        annotator = str(fields.get("annotator") or "")
        if prompts is not None and prompt not in prompts:
            raise Mistake(unknown_prompt(prompt, prompts), place=("prompt_id",))
        if candidate not in known.candidates:
            wrong = unknown("candidate", candidate, known.candidates)
            raise Mistake(wrong.problem, place=("candidate",))
        scores = {TIE: 0.5, known.baseline: 0.0, candidate: 1.0}
        winner = _text(fields, "winner")
        if winner not in scores:
            raise Mistake(unknown("winner", winner, scores).problem, place=("winner",))
        if (prompt, candidate, annotator) in said:
            who = f"annotator {annotator!r}" if annotator else "an annotator without a name"
            raise Mistake(f"{who} has labelled this battle before", place=("annotator",))
        said.add((prompt, candidate, annotator))
        return HumanLabel(
            prompt=prompt, candidate=candidate, score=scores[winner], annotator=annotator
        )

    return make


def unknown_prompt(prompt: str, prompts: set[str]) -> str:
    """Return the mistake of a prompt's id that the suite does not have, with the near one."""
    near = unknown("prompt", prompt, prompts).problem
    return near if "did you mean" in near else f"the suite has no prompt {prompt!r}"


def _only(fields: Mapping[str, Any], names: Sequence[str]) -> None:
    for field in fields:
        if field not in names:
            raise Mistake(unknown("field", field, names).problem, place=(field,))


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise Mistake("required field is missing", place=(name,))
    if not isinstance(value, str) or not value.strip():
        raise got(value, "text that is not empty", place=(name,))
    return value
