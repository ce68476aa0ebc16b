"""The rows of an export that say what was planned, and what became of each run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run.

    Attributes:
        id: Unique.
        session: Shared by the runs of one invocation of pytest.
        plan: Hash of the plan that it follows.
        started, finished: ``finished`` is None while the run is open.
        attempt: How many runs of this plan there were, this one included.
        stopped_cause, stopped_line: Why it ended before its plan: a word, and a line for people.
        versions: Of arenatest, Python and pytest.
        commit: The commit under test.
        source: What it was imported from; None for a run of our own.
        reuses_from: From when on it may use what other runs bought.
    """

    id: str
    session: str
    plan: str
    started: float
    finished: float | None
    attempt: int
    stopped_cause: str | None
    stopped_line: str | None
    versions: Mapping[str, Any]
    commit: str | None
    source: str | None
    reuses_from: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """What a run was going to do.

    Attributes:
        hash: Identity of all that determines the evidence and the verdicts.
        suite, path, description: The suite: its name, its file, its description.
        body: The whole plan; its prompts are named by the ``sha`` of their rows.
    """

    hash: str
    suite: str
    path: str
    description: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestantRow:
    """Who takes part in a plan, for people: the plan's ``body`` says it too.

    Attributes:
        plan: Hash of the plan.
        role: ``baseline``, ``candidate`` or ``judge``.
        name: Unique for its role in the plan.
        kind: The kind of provider or of judge.
        fingerprint: Hash of what determines what it says.
        family: Models of one family may favour each other.
        settings: What the suite says of it.
    """

    plan: str
    role: str
    name: str
    kind: str
    fingerprint: str
    family: str | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow:
    """What one battle asks of both contestants; each distinct one once.

    Attributes:
        sha: SHA-256 of all that follows, as plans name it.
        id: Unique in its suite; the other files name prompts by it.
        messages: A list of ``role`` and ``content``.
        reference: The answer that is known to be right.
        dataset, subset, category, tags: Where it comes from, and its labels.
        family: Prompts of one family are not independent.
        conversation, turn: Shared by the turns of a conversation, and the position from 0.
        system: Always None in a plan.
    """

    sha: str
    id: str
    messages: tuple[Mapping[str, Any], ...]
    reference: str | None
    dataset: str | None
    subset: str | None
    category: str | None
    tags: tuple[str, ...]
    family: str | None
    conversation: str | None
    turn: int
    system: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened to a run.

    Attributes:
        id: Unique.
        run: Which run.
        at: Wall clock.
        kind: One word.
        details: What belongs to its kind.
    """

    id: str
    run: str
    at: float
    kind: str
    details: Mapping[str, Any]
