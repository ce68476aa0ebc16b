"""What was compared when a run was accepted: the shape of a lock file.

It is JSON with one value a line in a fixed order, so that a change of one thing is a diff of one
line. It says what things *are*, by hashes and names: no secret, no path of a machine.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

LOCK_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LockedPrice(_Part):
    """US dollars per million tokens; ``source`` says who said so, and on which day."""

    input: float
    output: float
    source: str


class LockedPart(_Part):
    """One of the models of a contestant that is made of several."""

    name: str
    provider: str
    options: dict[str, Any]
    params: dict[str, Any]
    system: str | None
    template: str | None
    price: LockedPrice | None
    fingerprint: str


class LockedContestant(_Part):
    """A contestant; ``served`` are the names of its models as servers gave them in the run.

    One that is made of several models has them in ``parts``, each with the slice that it answers.
    """

    name: str
    provider: str
    options: dict[str, Any]
    params: dict[str, Any]
    system: str | None
    template: str | None
    price: LockedPrice | None
    fingerprint: str
    served: list[str]
    parts: list[LockedPart]


class LockedJudge(_Part):
    """A judge.

    ``rubric`` is the hash of what its model is told: prompts and the way a game is shown. It is
    also in ``fingerprint``, with what reads the replies. Empty where nobody is told anything, and
    in locks that were made before it was kept.
    """

    name: str
    kind: str
    options: dict[str, Any]
    params: dict[str, Any]
    repeats: int
    strength: bool
    rubric: str = ""
    fingerprint: str
    served: list[str]


class LockedDataset(_Part):
    """The prompts of one file, or those in the suite itself (``name`` is then empty)."""

    name: str
    prompts: int
    hash: str


class LockedPrompts(_Part):
    """All prompts: their hash does not depend on their order."""

    prompts: int
    hash: str
    datasets: list[LockedDataset]


class LockedGate(_Part):
    """What one gate decided; numbers in base units, to six digits."""

    candidate: str
    gate: str
    decision: Literal["pass", "fail", "inconclusive"]
    passed: bool
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int


class Accepted(_Part):
    """The run that was accepted.

    Attributes:
        by: The command that wrote the lock: ``accept`` promoted a candidate, ``lock`` did not.
        candidate: Who was promoted, and is the baseline now.
        over: The baseline that it was compared with.
        attempt: How many runs of this plan there had been: bought afresh until it passes, it shows.
        forced: What was wrong and overruled with ``--force``.
    """

    by: Literal["accept", "lock"]
    candidate: str | None
    over: LockedContestant | None
    run: str
    plan: str
    attempt: int
    started: str
    finished: str
    arenatest: str
    forced: list[str]
    gates: list[LockedGate]


class Lock(_Part):
    """A lock file.

    Attributes:
        baseline: Who is in production from now on.
        candidates: Those of the run, where none was promoted.
        metrics: Fingerprints of scorers and plugins' metrics, by name.
        settings: What else determines evidence and verdicts: seed, repeats, voting, ...
        gates: What each gate asks, by its id.
    """

    lock_version: Literal[1]
    suite: str
    accepted: Accepted
    baseline: LockedContestant
    candidates: list[LockedContestant]
    judges: list[LockedJudge]
    metrics: dict[str, str]
    prompts: LockedPrompts
    settings: dict[str, Any]
    gates: dict[str, str]
