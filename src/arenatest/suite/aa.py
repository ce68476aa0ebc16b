"""Turns a suite into its A/A run: the baseline against a second, fresh set of its own answers.

Who fails there fails by mistake, and a judge that prefers a side there prefers it for no reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arenatest.model.identity import content_id
from arenatest.model.plan import Contestant, Plan, Rule
from arenatest.suite.plan_identity import plan_hash
from arenatest.suite.suite import Setup, Suite

_EQUAL = 0.5


def aa_suite(suite: Suite) -> Suite | None:
    """Return the A/A run of a suite: its win-rate gates on the baseline's twin, and nothing else.

    They pass where nothing speaks against the judges: too few prompts are no fault of theirs.
    The twin has a fingerprint of its own, so that it shares no recorded answer with the baseline.
    All prompts are fought, however early the gates are decided: the scores are resampled.

    Returns:
        The transformed suite; None where no gate looks at a win rate.
    """
    plan = suite.plan
    twin = _twin(plan.baseline)
    rules = _rules(plan, twin.name)
    if not rules:
        return None
    models = len(plan.baseline.models)
    setups: tuple[Setup[Any], ...] = suite.contestants[:models]
    aa_plan = replace(
        plan,
        candidates=(twin,),
        metrics=(),
        metric_fingerprints=(),
        rules=rules,
        early_stop=False,
        limits=replace(plan.limits, aa_within=None),
        labels=(),
        aa=True,
    )
    return replace(
        suite,
        plan=replace(aa_plan, hash=plan_hash(aa_plan)),
        contestants=(*setups, *(replace(setup, name=twin.name) for setup in setups)),
        metrics=(),
        environment=_environment(suite.environment, plan.baseline.name, twin.name),
        latency_gated=False,
    )


def _twin(baseline: Contestant) -> Contestant:
    name = f"{baseline.name} again"
    return replace(
        baseline,
        name=name,
        fingerprint=content_id("A/A", baseline.fingerprint),
        parts=tuple(
            replace(part, name=name, fingerprint=content_id("A/A", part.fingerprint))
            for part in baseline.parts
        ),
    )


def _rules(plan: Plan, twin: str) -> tuple[Rule, ...]:
    """Return every win-rate gate once, whichever candidates it is for.

    A limit that asks for more than an equal model has is held to 0.5: to fall short of it would
    be no fault of the judges. What compares two candidates rests on battles with the baseline, so
    these are tried.
    """
    rules: dict[str, Rule] = {}
    for rule in plan.rules:
        if rule.metric.name == "win_rate" and rule.stat == "rate":
            limit = (min if rule.side == "min" else max)(rule.limit, _EQUAL)
            tried = replace(rule, candidate=twin, against=plan.baseline.name, limit=limit)
            rules.setdefault(rule.id, replace(tried, policy="no-regression"))
    return tuple(rules.values())


def _environment(
    needed: Mapping[str, tuple[str, ...]], baseline: str, twin: str
) -> dict[str, tuple[str, ...]]:
    return {
        variable: (*names, twin) if baseline in names else names
        for variable, names in needed.items()
    }
