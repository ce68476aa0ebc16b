"""The rows of an export: what each file holds, field by field. This is the one truth about it.

JSON Lines, CSV and Parquet have the same fields under the same names. Times of day are seconds
since 1970, durations seconds, costs US dollars, shares fractions from 0 to 1. Unknown is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from arenatest.exchange.plan_rows import ContestantRow, EventRow, PlanRow, PromptRow, RunRow

SCHEMA_VERSION = 1
"""Raised whenever a reader of an earlier export could misread a later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One model call: every attempt is one. Clocks count from just before the request was written.

    Attributes:
        chat_id: Unique.
        run: Which run made it: another one than the exported where its answer was reused.
        role: ``answer``, ``judge``, ``timing``, ``warmup`` or ``load``.
        owner: Name of the contestant or the judge.
        key: Content identity of what was asked of whom.
        prompt, repeat: What it was about.
        attempt: From 1; 0 where an answer was given up without a call.
        final: Whether no further attempt followed.
        started: Wall clock.
        cost: None where the price or the usage is unknown.
        text, reasoning: What it said.
        finish: Why the model stopped.
        model, request_id, response_id: As the server named them.
        has_usage: Whether the server counted tokens at all.
        input_tokens, output_tokens, reasoning_tokens, cached_tokens: As the server counted them.
        failure: The kind of failure; None for an answer.
        failure_message, failure_status, failure_retryable, failure_retry_after: More about it.
        timing: Who took the clocks: ``measured``, ``recorded`` or ``unfit``; None without clocks.
        queue_wait, held: Before the request was sent: waiting for our own limits, and the part of
            it that a minute's limit took.
        connect, ttfb, ttft, ttfat, e2e, wall: Until the connection was ready, the headers, the
            first text, the first text of the answer, the last text, and the end of the stream.
        tpot: Per output token after the first.
        icl: The 95th percentile of ``gaps``.
        reads: How many reads held text.
        connection_reused: Whether the connection was open before.
        lag, stream_lag: How late our own loop may have been, until the first text and after it.
        server, server_queue, load: What the server says it took, had the call wait, and took to
            load the model.
        gaps: Between successive reads that held text; none of judges' calls.
    """

    chat_id: str
    run: str
    role: str
    owner: str
    key: str
    prompt: str
    repeat: int
    attempt: int
    final: bool
    started: float
    cost: float | None
    text: str
    reasoning: str
    finish: str | None
    model: str | None
    request_id: str | None
    response_id: str | None
    has_usage: bool
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cached_tokens: int | None
    failure: str | None
    failure_message: str | None
    failure_status: int | None
    failure_retryable: bool | None
    failure_retry_after: float | None
    timing: str | None
    queue_wait: float | None
    held: float | None
    connect: float | None
    ttfb: float | None
    ttft: float | None
    ttfat: float | None
    tpot: float | None
    e2e: float | None
    wall: float | None
    icl: float | None
    reads: int | None
    connection_reused: bool | None
    lag: float | None
    stream_lag: float | None
    server: float | None
    server_queue: float | None
    load: float | None
    gaps: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """Says which call fills a place of a run's plan.

    Attributes:
        run, contestant, prompt, repeat: The place.
        purpose: ``text``: the answer is judged; ``timing``: its clocks count.
        chat_id: The call.
        attempts: Calls that were made for it.
        reused: Whether an earlier run made it.
        level: Which level of the cache a reused one came from.
    """

    run: str
    contestant: str
    prompt: str
    repeat: int
    purpose: str
    chat_id: str
    attempts: int
    reused: bool
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRow:
    """Says which call was which request under load.

    Attributes:
        run, contestant, level: Which level of load.
        number: Of the request, from 0.
        chat_id: The call.
        due: When it was to be sent, from the start of the level.
    """

    run: str
    contestant: str
    level: float
    number: int
    chat_id: str
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgmentRow:
    """What a judge said of one game: one order of one battle.

    Attributes:
        run, candidate, prompt, repeat, judge, judge_repeat: Which game.
        order: Who sits in seat A: ``baseline-first`` or ``candidate-first``.
        key: Content identity of the game and its judge.
        verdict: ``A>>B``, ``A>B``, ``A=B``, ``B>A`` or ``B>>A``, about the seats; None for a void.
        void: Why there is no verdict.
        explanation: The judge's reasons, or the error.
        chat_id: The judge's call, where there was one.
        made: Wall clock.
        reused: Whether an earlier run had it made.
    """

    run: str
    candidate: str
    prompt: str
    repeat: int
    judge: str
    judge_repeat: int
    order: str
    key: str
    verdict: str | None
    void: str | None
    explanation: str
    chat_id: str | None
    made: float
    reused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BattleRow:
    """One battle, put together for people: decisions are computed from answers and judgments.

    Attributes:
        run, candidate, baseline, prompt, repeat: Which battle.
        dataset, subset, category: Of the prompt.
        score: The candidate's, 0 to 1; None for a void.
        outcome: ``win``, ``tie``, ``loss`` or ``void``.
        how: ``judged``; ``equal`` texts, a tie without a game; ``forfeit``, decided by how an
            answer ended; ``blank``, no text on either side; ``failed``, an answer is missing.
        games: How many were played, without those that a judge abstained from.
        flips: Pairs of games whose two orders name different winners.
        baseline_chat_id, candidate_chat_id: The calls whose texts were compared.
    """

    run: str
    candidate: str
    baseline: str
    prompt: str
    repeat: int
    dataset: str | None
    subset: str | None
    category: str | None
    score: float | None
    outcome: str
    how: str
    games: int
    flips: int
    baseline_chat_id: str
    candidate_chat_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BattleSheetRow(BattleRow):
    """One battle with its texts, as CSV has it: a spreadsheet joins no tables.

    Attributes:
        asked: The last message of the user.
        baseline_text, candidate_text: What was compared.
    """

    asked: str
    baseline_text: str
    candidate_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementRow:
    """A value of a metric of a plugin or of your own, or why there is none.

    Attributes:
        run, metric, contestant, prompt, repeat: What was measured.
        key: Content identity of what was measured, and how.
        value: None where there is none.
        error: Why; empty where there is one.
    """

    run: str
    metric: str
    contestant: str
    prompt: str
    repeat: int
    key: str
    value: float | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A gate's decision; numbers are unrounded, in base units.

    Attributes:
        run, suite, candidate, gate: Which gate.
        metric, stat, unit, side, threshold: What was asked.
        decision: ``pass``, ``fail`` or ``inconclusive``.
        cause: Why it is inconclusive.
        passed: Whether the build may go on.
        value, low, high, level: The measurement, its interval, and the interval's confidence.
        n, counted, planned, voids: What it rests on, what that counts, what was planned, and what
            gave no value.
        reason: One line for people.
        needed: How many would probably decide it.
        warnings: Lines that belong beside it.
        line: Of the gate in the suite file.
    """

    run: str
    suite: str
    candidate: str
    gate: str
    metric: str
    stat: str
    unit: str
    side: str
    threshold: float
    decision: str
    cause: str | None
    passed: bool
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    counted: str
    planned: int
    voids: int
    reason: str
    needed: int | None
    warnings: tuple[str, ...]
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedRow:
    """What stood in a place of a run before it was asked again.

    Attributes:
        event: The event of asking again.
        kind: ``answer``, ``judgment``, ``value`` or ``decision``.
        place: Where it stood, as JSON.
        run: In which run.
        at: When it was taken away.
        chat_id: The call behind it, where there was one.
        body: The rest of it, as JSON.
    """

    event: str
    kind: str
    place: str
    run: str
    at: float
    chat_id: str | None
    body: str


Row = (
    RunRow
    | PlanRow
    | ContestantRow
    | PromptRow
    | CallRow
    | AnswerRow
    | LoadRow
    | JudgmentRow
    | BattleRow
    | MeasurementRow
    | DecisionRow
    | EventRow
    | ReplacedRow
)

ROWS: Mapping[str, type[Row]] = {
    "runs": RunRow,
    "plans": PlanRow,
    "contestants": ContestantRow,
    "prompts": PromptRow,
    "calls": CallRow,
    "answers": AnswerRow,
    "loads": LoadRow,
    "judgments": JudgmentRow,
    "battles": BattleRow,
    "measurements": MeasurementRow,
    "decisions": DecisionRow,
    "events": EventRow,
    "replaced": ReplacedRow,
}
"""What the rows of each file are, in the order in which they are written."""

FOR_PEOPLE = frozenset({"contestants", "battles"})
"""Files that say again what others hold: an import leaves them out."""
