"""The shape of ``arena-results.json``: version 1 of its schema."""

from __future__ import annotations

from typing import Literal

from arenatest.gates.suspicion import Kind
from arenatest.model.decision import Cause, Outcome
from arenatest.model.judgment import VoidCause
from arenatest.model.plan import Voting
from arenatest.report.results_runs import AgePart, RunPart, SuitePart
from arenatest.report.results_times import (
    AdvicePart,
    ImbalancePart,
    LatencyPart,
    LoadPart,
    TimedPart,
    WaitingPart,
)
from arenatest.report.results_times import Part as _Part

SCHEMA_VERSION = 1


class PricePart(_Part):
    """US dollars per million tokens; ``source`` is ``suite`` or a price list with its day."""

    input: float
    output: float
    cached_input: float | None
    source: str


class PartPart(_Part):
    """A model that answers some prompts in the name of a contestant made of parts."""

    where: dict[str, list[str]]
    kind: str
    fingerprint: str
    models: list[str]
    answers: int
    failed: int
    reused: int
    cached: dict[str, int]
    finishes: dict[str, int]
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    price: PricePart | None


class ContestantPart(_Part):
    """A contestant, with the names of its model as its servers gave them."""

    suite: str
    name: str
    role: Literal["baseline", "candidate"]
    kind: str
    fingerprint: str
    models: list[str]
    calls: int
    answers: int
    failed: int
    reused: int
    cached: dict[str, int]
    reused_age: AgePart | None
    finishes: dict[str, int]
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    price: PricePart | None
    parts: list[PartPart]


class GatePart(_Part):
    """A gate's decision; numbers are unrounded, in base units."""

    suite: str
    candidate: str
    gate: str
    metric: str
    stat: str
    unit: str
    side: Literal["min", "max"]
    decision: Outcome
    cause: Cause | None
    passed: bool
    value: float | None
    low: float | None
    high: float | None
    level: float
    threshold: float
    n: int
    planned: int
    voids: int
    needed: int | None
    reason: str


class BattlesPart(_Part):
    """Battles of one candidate by outcome, and its voids by cause."""

    suite: str
    candidate: str
    win: int
    tie: int
    loss: int
    void: int
    unplayed: int
    identical: int
    voids: dict[str, int]
    forfeits: dict[str, int]


class SlicePart(_Part):
    """The win rate of one candidate on some of the prompts; ``n`` counts clusters."""

    suite: str
    candidate: str
    kind: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    win: int
    tie: int
    loss: int
    void: int


class ControlledPart(_Part):
    """A win rate with ``length``, or length and ``style``, of both answers held equal.

    ``value`` is None where there is none, and ``why`` says why; ``n`` counts clusters. What is
    ``constant`` differs alike in every battle and is not held equal.
    """

    suite: str
    candidate: str
    control: Literal["length", "style"]
    raw: float | None
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    effects: dict[str, float]
    constant: list[str]
    why: str


class JudgePart(_Part):
    """A judge; ``orders`` counts battles by result with the baseline, then the candidate first.

    ``first_seat_p`` is of the exact sign test by prompts; preferences are shares of the decided
    battles that they are about, and agreements of what the judge gave a verdict on.
    """

    suite: str
    name: str
    kind: str
    fingerprint: str
    games: int
    calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    price: PricePart | None
    voids: dict[VoidCause, int]
    parse_rate: float | None
    pairs: int
    flip_rate: float | None
    agreement: float | None
    decisive_rate: float | None
    first_seat_share: float | None
    first_seat_p: float | None
    family: str | None
    error_rate: float | None
    tie_rate: float | None
    length_preference: float | None
    family_preference: float | None
    golden_games: int
    golden_agreement: float | None
    human_battles: int
    human_agreement: float | None
    human_kappa: float | None
    orders: dict[str, dict[str, int]]


class JuryPart(_Part):
    """How the judges of a suite decided together: battles by how they voted, and their agreement.

    ``short`` battles had fewer votes than the quorum. ``alpha`` is Krippendorff's, of ``compared``
    battles with two votes or more; None where it is undefined.
    """

    suite: str
    voting: Voting
    quorum: int
    judges: int
    battles: int
    short: int
    single: int
    agreed: int
    divided: int
    alpha: float | None
    compared: int


class ErrorPart(_Part):
    """Failures of one kind at one contestant, or (kind ``metric``) values that are missing."""

    suite: str
    contestant: str
    kind: str
    status: int | None
    count: int
    example: str


class FoughtPart(_Part):
    """How one battle ended for the candidate, whose call ``chat_id`` is."""

    outcome: Literal["win", "tie", "loss"]
    score: float
    chat_id: str


class FlipPart(_Part):
    """One prompt whose battle ended otherwise; ``rerun`` is the command that asks it again."""

    prompt: str
    category: str | None
    before: FoughtPart
    after: FoughtPart
    rerun: str


class FlipsPart(_Part):
    """One candidate beside an earlier run: the accepted one, or else the latest before.

    ``changed`` names what is not as it was then; ``compared`` counts prompts with a verdict in both
    runs; ``chance`` is the p-value of the exact sign test on worse and better ones.
    """

    suite: str
    candidate: str
    run: str
    started: float
    accepted: bool
    changed: list[Literal["baseline", "candidate", "judges"]]
    compared: int
    worse: int
    better: int
    chance: float
    prompts: list[FlipPart]


class AlarmPart(_Part):
    """What a gate of an A/A run makes of an equal model, in ``draws`` resampled runs."""

    suite: str
    gate: str
    draws: int
    clusters: int
    fails: float
    passes: float


class CorrectedPart(_Part):
    """A win rate corrected by human labels; ``human`` and ``judge`` are the means of each alone."""

    suite: str
    candidate: str
    value: float
    se: float
    low: float | None
    high: float | None
    level: float
    human: float
    judge: float
    trust: float
    labelled: int
    unlabelled: int


class ExamplePart(_Part):
    """Where a sign stands; the excerpt is a model's text."""

    prompt: str
    excerpt: str


class SuspicionPart(_Part):
    """A sign in a contestant's answers; ``alone`` and ``spared`` count prompts against others."""

    suite: str
    contestant: str
    kind: Kind
    count: int
    answers: int
    alone: int
    spared: int
    hidden: int
    warned: bool
    examples: list[ExamplePart]


class WarningPart(_Part):
    """A line that a reader must not miss."""

    suite: str
    line: str


class Results(_Part):
    """The whole file."""

    schema_version: Literal[1]
    run: RunPart
    suites: list[SuitePart]
    contestants: list[ContestantPart]
    gates: list[GatePart]
    battles: list[BattlesPart]
    slices: list[SlicePart]
    controlled: list[ControlledPart]
    judges: list[JudgePart]
    juries: list[JuryPart]
    aa: list[AlarmPart]
    corrected: list[CorrectedPart]
    latency: list[LatencyPart]
    timed: list[TimedPart]
    waiting: list[WaitingPart]
    imbalances: list[ImbalancePart]
    advice: list[AdvicePart]
    load: list[LoadPart]
    errors: list[ErrorPart]
    flips: list[FlipsPart]
    suspicions: list[SuspicionPart]
    warnings: list[WarningPart]
