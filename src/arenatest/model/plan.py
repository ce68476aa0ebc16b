"""What a run is going to do, fixed before the first call: contestants, prompts in order, gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle, groupby, islice
from typing import Literal

from arenatest.model.finish import Finishes
from arenatest.model.health import GoldenBattle, HumanLabel, JudgeLimits
from arenatest.model.latency import Latency
from arenatest.model.load import Load
from arenatest.model.metric import MetricSpec
from arenatest.model.price import Price
from arenatest.model.prompt import Prompt, Where

Policy = Literal["non-inferior", "no-regression"]
Target = Literal["population", "suite"]
Voting = Literal["mean", "majority", "unanimous"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A model configuration that takes part.

    Attributes:
        name: Unique in the suite.
        kind: The kind of provider.
        fingerprint: Hash of what determines its answers.
        settings: What the suite says of it, for reports: no secrets.
        metered: Whether somebody charges for its tokens: then its price must be known before a
            limit of cost can be kept.
        family: Models of one family may favour each other as judges; None where unknown.
        max_concurrency: Calls in flight at once on its endpoint; None for the suite's number.
        requests_per_minute, tokens_per_minute: What its key allows at its endpoint, for all who
            share both; None for no limit.
        timeout: Seconds for one call.
        where: Of a part: the prompts that it answers. Empty for all.
        parts: The models of a contestant that is made of several: each prompt lies in exactly one.
            They bear its name; what stands beside them sums them up: ``kind`` is then ``parts``,
            and ``timeout`` the longest.
    """

    name: str
    kind: str
    fingerprint: str
    system: str | None = None
    template: str | None = None
    settings: Mapping[str, object]
    price: Price | None = None
    metered: bool = False
    family: str | None = None
    max_concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: float
    where: Where = ()
    parts: tuple[Contestant, ...] = ()

    @property
    def models(self) -> tuple[Contestant, ...]:
        """Who answers: its parts, or itself where it has none."""
        return self.parts or (self,)

    @property
    def label(self) -> str:
        """Its name, with the values of the slice that it answers if it is a part."""
        values = [value for _, several in self.where for value in several]
        return f"{self.name}[{'+'.join(values)}]" if values else self.name

    def model_for(self, prompt: Prompt) -> Contestant:
        """Return who answers a prompt: the part that it lies in, or itself."""
        if not self.parts:  # nearly always, and asked for every answer
            return self
        return next((part for part in self.parts if prompt.lies_in(part.where)), self)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSeat:
    """A judge that takes part.

    Attributes:
        strength: Whether the five labels score 1, .75, .5, .25, 0.
        family: As of a contestant.
        price: Of the model that it asks; None where it asks none, or the price is unknown.
        rubric: Hash of what its model is told, whatever reads the reply; empty where its kind
            does not say, and in plans that were stored before it was kept.
    """

    name: str
    kind: str
    fingerprint: str
    strength: bool = False
    repeats: int = 1
    family: str | None = None
    settings: Mapping[str, object]
    price: Price | None = None
    rubric: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One gate: a threshold on one measurement of one candidate.

    Attributes:
        id: Slugged and unique for its candidate; the last part of the node id.
        candidate: Whom it gates.
        metric: What it measures.
        stat: ``rate`` (shares), ``mean``, ``pNN`` (a percentile), ``total``, ``ratio`` or
            ``losses`` (of pinned prompts).
        side: Whether ``limit`` is the smallest or the largest acceptable value.
        limit: The threshold in base units: fractions, seconds, dollars; for ``ratio`` a quotient
            candidate / against.
        against: The contestant that it is compared with: the baseline unless the suite says
            otherwise.
        confidence: One-sided, for each direction.
        policy: What an inconclusive gate means for the build.
        target: Prompts like these (``population``), or this suite exactly (``suite``).
        where: The slice: keys ``dataset``, ``subset``, ``category``, ``tag``; any of the values.
        at: The level of the load phase that it looks at; None for calls without load.
        slices: How many gates one ``by`` made: the fail side tests at alpha / slices.
        line: Line of the gate in the suite file, from 1; None where it has no file.
    """

    id: str
    candidate: str
    metric: MetricSpec
    stat: str
    side: Literal["min", "max"]
    limit: float
    against: str
    confidence: float = 0.95
    policy: Policy = "non-inferior"
    target: Target = "population"
    where: Where = ()
    at: float | None = None
    slices: int = 1
    line: int | None = None

    def covers(self, prompt: Prompt) -> bool:
        """Whether the prompt lies in the slice that this gate looks at."""
        return prompt.lies_in(self.where)


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Plan:
    """What one run of one suite is going to do.

    Attributes:
        suite: The suite's name.
        path: The suite file relative to the root directory, with forward slashes.
        prompts: In the order in which battles are applied to gates: clusters in one uniform
            seeded permutation, the prompts of a cluster side by side.
        baseline, candidates: Who takes part.
        rules: Every gate of the suite, whether selected or not.
        repeats: How often each battle is fought, with answers of its own.
        max_void: Largest share of planned prompts without a verdict.
        voting: How the judges' scores of one battle become one: their mean, or the side that more
            than half of them, or all of them, take; a tie where there is none.
        quorum: Judges that must have a score for a battle to count; below it the battle is void.
        finishes: What refusals, filtered and truncated answers count as.
        metric_fingerprints: What determines the values of ``metrics``, in their order; empty in
            plans that were stored before it was kept.
        latency: Where the clocks come from.
        limits: What judges are held to.
        golden: Battles with known verdicts, in a seeded order.
        labels: What people said of battles.
        load: What contestants go through where a gate looks at them under load; None for nothing.
        aa: Whether the baseline plays against itself.
        hash: Identity of all that determines the evidence and the verdicts.
    """

    suite: str
    description: str
    path: str
    prompts: tuple[Prompt, ...]
    baseline: Contestant
    candidates: tuple[Contestant, ...]
    judges: tuple[JudgeSeat, ...]
    metrics: tuple[MetricSpec, ...]
    rules: tuple[Rule, ...]
    seed: int = 0
    repeats: int = 1
    early_stop: bool = True
    max_void: float = 0.05
    voting: Voting = "mean"
    quorum: int = 1
    finishes: Finishes = field(default_factory=Finishes)
    metric_fingerprints: tuple[str, ...] = ()
    latency: Latency = field(default_factory=Latency)
    limits: JudgeLimits = field(default_factory=JudgeLimits)
    golden: tuple[GoldenBattle, ...] = ()
    labels: tuple[HumanLabel, ...] = ()
    load: Load | None = None
    aa: bool = False
    hash: str

    @property
    def contestants(self) -> tuple[Contestant, ...]:
        """The baseline, then the candidates."""
        return (self.baseline, *self.candidates)

    @property
    def timed_repeats(self) -> int:
        """How often the clocks of each prompt are taken."""
        return self.latency.repeats if self.latency.dedicated else self.repeats

    def asked_by(self, rule: Rule) -> list[Prompt]:
        """Return what a gate looks at, in order: its slice of the prompts, or the golden set."""
        if rule.metric.source == "golden":
            return [battle.prompt for battle in self.golden]
        return [prompt for prompt in self.prompts if rule.covers(prompt)]

    @property
    def under_load(self) -> tuple[Prompt, ...]:
        """What one level of load asks, request by request: first what is asked to warm up.

        Later turns of a conversation are left out: each waits for the answer to another one.
        """
        if self.load is None:
            return ()
        openings = [prompt for prompt in self.prompts if prompt.turn == 0]
        return tuple(islice(cycle(openings), self.load.warmup + self.load.requests))

    @property
    def blocks(self) -> list[tuple[Prompt, ...]]:
        """The prompts by what is asked together: the turns of a conversation, or a prompt alone."""
        return [tuple(block) for _, block in groupby(self.prompts, key=_block)]


def _block(prompt: Prompt) -> tuple[str, str]:
    if prompt.conversation is not None:
        return ("conversation", prompt.conversation)
    return ("prompt", prompt.id)
