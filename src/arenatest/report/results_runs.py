"""The parts of ``arena-results.json`` about a session and the runs of its suites."""

from __future__ import annotations

from typing import Literal

from arenatest.report.results_times import Part


class AgePart(Part):
    """Ages of answers that an earlier run bought, at the start of this one; seconds."""

    youngest: float
    median: float
    oldest: float


class RunPart(Part):
    """The session: times in seconds, ``started`` and ``finished`` since 1970, cost in dollars."""

    id: str
    started: float
    finished: float
    duration: float
    versions: dict[str, str]
    calls: int
    cost: float
    uncosted: int
    command: str
    verdict: Literal["PASSED", "FAILED", "INCONCLUSIVE", "NOTHING GATED"]
    passed: bool


class StoppedPart(Part):
    """Why a run ended before its plan."""

    cause: Literal["plan", "budget"]
    line: str


class AgainPart(Part):
    """How a suite was decided again from the record of ``run``; no call was made.

    ``others`` are the gates that the run did not have; ``replies`` counts the judges' replies that
    were read again, None where they were not, and ``reread`` those that gave another verdict.
    """

    decided: float
    others: list[str]
    replies: int | None
    reread: int


class AttemptsPart(Part):
    """How often the plan was put to the test under this commit, the run included.

    ``judged`` of these ``runs`` bought answers or verdicts anew, ``timed`` took clocks; in one of
    them the worst gate passes wrongly with a probability of at most ``false_pass``. ``mended`` of
    them bought what had failed or was void in an earlier one.
    """

    runs: int
    judged: int
    timed: int
    mended: int
    false_pass: float | None


class AskedAgainPart(Part):
    """What one ``--arena-rerun`` of ``what`` (``failed`` or ``void``) had bought anew, and when."""

    at: float
    what: str
    answers: int
    judgments: int
    values: int


class SuitePart(Part):
    """One suite of the session and its run; ``commit`` is that under test, None if unknown."""

    name: str
    path: str
    description: str
    run: str
    plan_hash: str
    attempt: int
    attempts: AttemptsPart | None
    asked_again: list[AskedAgainPart]
    commit: str | None
    seed: int
    repeats: int
    prompts: int
    started: float
    finished: float | None
    stopped: StoppedPart | None
    decided_again: AgainPart | None
