"""A candidate's win rate corrected by what people said of some of its battles, for reading."""

from __future__ import annotations

from itertools import groupby

from arenatest.errors import InsufficientData
from arenatest.gates.battles import read_battle
from arenatest.gates.conduct import labels_of
from arenatest.model.record import Ledger
from arenatest.stats.correction import CorrectedMean, corrected_mean


def corrected_win_rate(ledger: Ledger, candidate: str) -> CorrectedMean | None:
    """Return the win rate that people would probably see; None without labels enough.

    The jury's scores are taken off by how far they are from people's on the labelled clusters.
    Gates never look at it.

    Args:
        ledger: The record.
        candidate: Whose win rate.
    """
    plan = ledger.plan
    labels = labels_of(plan)
    if not any(name == candidate for _, name in labels):
        return None
    human: list[float] = []
    judge: list[float] = []
    alone: list[float] = []
    for _, group in groupby(plan.prompts, key=lambda prompt: prompt.cluster):
        prompts = [prompt.id for prompt in group]
        found = ((name, _score(ledger, candidate, name)) for name in prompts)
        scores = {name: score for name, score in found if score is not None}
        labelled = [name for name in scores if (name, candidate) in labels]
        if labelled:
            human.append(_mean([labels[name, candidate] for name in labelled]))
            judge.append(_mean([scores[name] for name in labelled]))
        elif scores:
            alone.append(_mean([*scores.values()]))
    try:
        return corrected_mean(human, judge, alone)
    except InsufficientData:
        return None


def _score(ledger: Ledger, candidate: str, prompt: str) -> float | None:
    """Return the mean score of the repeats of one battle; None where none has one."""
    battles = [
        read_battle(ledger, candidate, prompt, repeat, plan=ledger.plan)
        for repeat in range(ledger.plan.repeats)
    ]
    scores = [one.score for one in battles if one is not None and one.score is not None]
    return _mean(scores) if scores else None


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
