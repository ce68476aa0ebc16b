"""The worlds in which gates are tried, by what makes them hard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from arenatest.model.metric import BUILT_IN
from simulation.battles import WIN_RATE, Against, Battles, Slices, ThisSuite
from simulation.numbers import Errors, Ratios, Scores, Times, Tokens
from simulation.records import BASELINE, Records, prompts_of, rule_of
from simulation.trials import World

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_LOSSES, _OTHERWISE = 0.08, 0.54
_APPROXIMATE = "by the bootstrap, which is labelled approximate: long tails mislead it"


def plain(**changes: Any) -> Callable[[int], Battles]:
    """Return the stage of battles without labels."""
    seats = {key: changes[key] for key in ("judges", "repeats") if key in changes}

    def stage(n: int) -> Battles:
        return Battles(records=Records(prompts_of(n), **seats), **changes)

    return stage


def failing(lost: float, kind: str, culprit: str | None) -> Callable[[int], Battles]:
    """Return the stage of battles of which some are lost, and as many may be."""

    def stage(n: int) -> Battles:
        records = Records(prompts_of(n), max_void=2.0 * lost)
        return Battles(records=records, lost=lost, kind=kind, culprit=culprit)

    return stage


def in_categories(shares: Sequence[float], means: Sequence[float]) -> Callable[[int], Battles]:
    """Return the stage of a file that holds one category after another."""

    def stage(n: int) -> Battles:
        labels = _labels(n, shares)
        offsets = np.array(means)[labels]
        offsets = offsets - offsets.mean()  # of exactly so many prompts
        records = Records(prompts_of(n, category=[f"c{label}" for label in labels]))
        return Battles(records=records, means=np.round(offsets, 9))

    return stage


def in_families(n: int) -> Battles:
    """Return the stage of families of one to five prompts that resemble each other."""
    sizes = np.tile(np.arange(1, 6), n // 10 + 1)
    families = np.repeat(np.arange(len(sizes)), sizes)[:n]
    return Battles(
        records=Records(prompts_of(n, family=list(map(str, families)))), families=families
    )


def in_slices(above: float) -> Callable[[int], Slices]:
    """Return the stage of five gates by category."""

    def stage(n: int) -> Slices:
        labels = _labels(n, (0.35, 0.25, 0.2, 0.1, 0.1))
        return Slices(
            records=Records(prompts_of(n, category=[f"c{label}" for label in labels])), above=above
        )

    return stage


def confident(confidence: float) -> Callable[[int], Battles]:
    """Return the stage of a gate with another confidence."""

    def stage(n: int) -> Battles:
        battles = plain()(n)
        return replace(battles, rule=replace(battles.rule, confidence=confidence))

    return stage


def scored(
    limit: float, of: Callable[[np.random.Generator, int], Reals]
) -> Callable[[int], Scores]:
    """Return the stage of a metric of range 0 to 1."""

    def stage(n: int) -> Scores:
        return Scores(records=Records(prompts_of(n)), limit=limit, of=of)

    return stage


def timed(q: float, **changes: Any) -> Callable[[int], Times]:
    """Return the stage of a percentile."""

    def stage(n: int) -> Times:
        return Times(records=Records(prompts_of(n)), q=q, **changes)

    return stage


def paired(**changes: Any) -> Callable[[int], Ratios]:
    """Return the stage of a ratio of times."""

    def stage(n: int) -> Ratios:
        return Ratios(records=Records(prompts_of(n)), **changes)

    return stage


def calls_in_families(n: int) -> Times:
    """Return the stage of a median over families of four calls that resemble each other."""
    families = np.arange(n) // 4
    records = Records(prompts_of(n, family=list(map(str, families))))
    return Times(records=records, q=0.5, families=families)


def tokens(stat: str) -> Callable[[int], Tokens]:
    """Return the stage of a mean of tokens, or of the ratio of two totals."""
    limit = 1.0 if stat == "ratio" else 200.0
    rule = rule_of(BUILT_IN["output_tokens"], stat, side="max", limit=limit)

    def stage(n: int) -> Tokens:
        return Tokens(records=Records(prompts_of(n)), rule=rule)

    return stage


def _labels(n: int, shares: Sequence[float]) -> NDArray[np.int64]:
    edges = np.round(np.cumsum(shares) * n).astype(int)
    labels: NDArray[np.int64] = np.searchsorted(edges, np.arange(n), side="right")
    return labels


def _mostly_ties(chance: np.random.Generator, n: int) -> Reals:
    return np.where(chance.random(n) < _LOSSES, 0.0, _OTHERWISE)


def _mostly_right(chance: np.random.Generator, n: int) -> Reals:
    return (chance.random(n) < 0.95).astype(float)


JUDGED = (
    World(
        name="judges",
        about="three judges that resemble each other on a prompt",
        stage=plain(judges=3),
    ),
    World(name="one-judge", about="one judge, both orders", stage=plain()),
    World(
        name="position",
        about="a judge that likes the first answer almost as much as prompts differ",
        stage=plain(position=(0.9, 0.9)),
    ),
    World(
        name="repeats",
        about="each battle fought twice before two judges",
        stage=plain(judges=2, repeats=2),
    ),
    World(
        name="file-order",
        about="a file with an easy half and then a hard one",
        stage=in_categories((0.5, 0.5), (0.62, 0.28)),
    ),
    World(
        name="strata",
        about="three categories of 80, 15 and 5 % in blocks, far apart",
        stage=in_categories((0.8, 0.15, 0.05), (0.52, 0.2, 0.08)),
    ),
    World(
        name="drift-file",
        about="prompts that get harder and harder down the file",
        stage=in_categories((0.1,) * 10, tuple(np.linspace(0.75, 0.15, 10))),
    ),
    World(
        name="drift-judge",
        about="a judge whose noise and liking for the first answer grow while the run goes",
        stage=lambda n: Battles(
            records=Records(prompts_of(n)),
            rule=rule_of(WIN_RATE, "rate", side="min", limit=0.5),
            position=(0.0, 0.9),
            call=(0.3, 1.5),
        ),
    ),
    World(
        name="families",
        about="families of one to five prompts that resemble each other",
        stage=in_families,
    ),
    World(
        name="failures",
        about="15 % of the candidate's answers missing, where it would have lost",
        stage=failing(0.15, "loss", "new"),
    ),
    World(
        name="their-failures",
        about="15 % of the baseline's answers missing, where the candidate would have won",
        stage=failing(0.15, "win", BASELINE),
    ),
    World(
        name="judge-voids",
        about="3 % of battles without a verdict, whatever it would have been",
        stage=failing(0.03, "any", None),
    ),
    World(
        name="resumed",
        about="killed three times; each time decided from what was there",
        stage=plain(looks=3),
    ),
    World(
        name="slices",
        about="a gate for each of five categories, all at the limit",
        stage=in_slices(0.0),
    ),
    World(
        name="one-slice",
        about="the same, one at the limit and four far above it",
        stage=in_slices(0.3),
    ),
    World(
        name="suite",
        about='target = "suite", its mean at the limit or a hair under it',
        stage=lambda n: ThisSuite(records=Records(prompts_of(n))),
    ),
    World(
        name="against",
        about="two candidates, paired on a shared baseline",
        stage=lambda n: Against(records=Records(prompts_of(n), candidates=("new", "other"))),
    ),
    World(
        name="confidence",
        about="confidence = 0.8: one in five may be false",
        stage=confident(0.8),
        alpha=0.2,
    ),
    World(
        name="voids-that-lose",
        about="3 % of battles without a verdict, all of them would have lost",
        stage=failing(0.03, "loss", None),
        excuse="a judge's void is dropped: where it is the losses that are void, that flatters",
    ),
    World(
        name="drift-quality",
        about="a candidate that sinks from 0.50 to 0.40 while the run goes",
        stage=plain(slide=0.1),
        excuse="a decision on the first prompts is about the time in which they were asked",
    ),
)
SCORED = (
    World(
        name="rare-losses",
        about="scores of 0.54, and 0 on 8 % of the prompts",
        stage=scored((1.0 - _LOSSES) * _OTHERWISE, _mostly_ties),
    ),
    World(
        name="guardrail",
        about="right on 95 % of the prompts, which is the limit",
        stage=scored(0.95, _mostly_right),
    ),
    World(
        name="errors",
        about="5 % of the calls fail, which is the limit",
        stage=lambda n: Errors(records=Records(prompts_of(n)), limit=0.05),
    ),
)
FIXED = (
    World(name="p50", about="a median of times", stage=timed(0.5)),
    World(
        name="p95",
        about="a 95th percentile with 2 % of calls that never answer",
        stage=timed(0.95, timeouts=0.02),
    ),
    World(
        name="p95-retried",
        about="a 95th percentile whose slow calls fail at first, every third time",
        stage=timed(0.95, retried=1 / 3),
    ),
    World(
        name="p50-families",
        about="a median where families of four calls resemble each other",
        stage=calls_in_families,
    ),
    World(name="ratio", about="a ratio of times paired by prompt", stage=paired()),
    World(
        name="ratio-drift",
        about="the same while a server gets 60 % slower for both",
        stage=paired(drift=0.5),
    ),
    World(
        name="ratio-timeouts",
        about="the same where the slowest 4 % of the candidate's calls never answer",
        stage=paired(timeouts=0.04),
    ),
    World(
        name="ratio-skewed",
        about="slowdowns with a long tail on one side",
        stage=paired(skewed=True),
        excuse="signed ranks take the logarithms of the ratios to be symmetric",
    ),
    World(
        name="mean",
        about="a mean of tokens with a long tail",
        stage=tokens("mean"),
        sizes=(20, 50, 200),
        excuse=_APPROXIMATE,
    ),
    World(
        name="totals",
        about="a ratio of totals of tokens with a long tail",
        stage=tokens("ratio"),
        sizes=(20, 50, 200),
        excuse=_APPROXIMATE,
    ),
)

WORLDS = (*JUDGED, *SCORED, *FIXED)
