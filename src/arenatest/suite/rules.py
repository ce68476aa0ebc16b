"""From ``[[gates]]`` to rules: one for each candidate, and for each slice of ``by``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from arenatest.model.health import is_kin
from arenatest.model.load import Load
from arenatest.model.metric import MetricSpec
from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt, Where
from arenatest.suite.levels import level_of
from arenatest.suite.mistakes import Mistake, unknown
from arenatest.suite.names import slug
from arenatest.suite.problems import Problems
from arenatest.suite.schema import GateTable, RunTable
from arenatest.suite.slices import read_where, values_of
from arenatest.suite.thresholds import Threshold, read_threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Who takes part, and in what: what the gates of a suite refer to.

    Attributes:
        baseline: Its name.
        candidates: Their names.
        judged: Whether the suite has a judge.
        prompts: All of them; None where they are wrong, so that no slice can be checked.
        golden: Whether the suite has a golden set.
        labelled: Whether it has human labels.
        families: Of the contestants' models, by name; None where one is wrong.
        kin: Families of the judges.
        load: What contestants go through; None where the suite has no load.
        load_is_wrong: Whether it has one that cannot be read.
    """

    baseline: str
    candidates: Sequence[str]
    judged: bool
    prompts: Sequence[Prompt] | None
    golden: bool = False
    labelled: bool = False
    families: Mapping[str, Collection[str | None]] | None = None
    kin: Sequence[str | None] = ()
    load: Load | None = None
    load_is_wrong: bool = False


def read_rules(
    gates: Mapping[int, GateTable],
    run: RunTable,
    field: Field,
    metric: Callable[[str], MetricSpec | None],
    problems: Problems,
) -> list[Rule]:
    """Return the rules of all gates, in the order of the file.

    Args:
        gates: ``[[gates]]`` by their index.
        run: Defaults of confidence and policy.
        field: What gates refer to.
        metric: Finds a metric by name; raises ``Mistake``. None passes over gates on a metric
            whose own table is wrong.
        problems: Takes the mistakes.
    """
    rules: list[Rule] = []
    first_use: dict[tuple[str, str], int] = {}
    bars: dict[tuple[object, ...], dict[str, tuple[float, int]]] = {}
    for index, gate in gates.items():
        with problems.at("gates", index):
            spec = metric(gate.metric)
            if spec is None:
                continue
            threshold = read_threshold(gate, spec)
            line = problems.line(("gates", index, threshold.key))
            for rule in _rules(gate, threshold, spec, run=run, field=field, line=line):
                _check_id(rule, index, first_use)
                _check_room(rule, threshold, index, bars)
                rules.append(rule)
    return rules


def _rules(
    gate: GateTable,
    threshold: Threshold,
    metric: MetricSpec,
    *,
    run: RunTable,
    field: Field,
    line: int | None,
) -> Iterator[Rule]:
    _check_judged(gate, metric, field)
    if field.load_is_wrong and (metric.source == "load" or gate.at is not None):
        return  # its own mistake is told
    at = level_of(gate, metric, field.load)
    where = read_where(gate.where, field.prompts)
    slices = _slices(gate, where, field.prompts)
    against = _against(gate, threshold, metric, field)
    for candidate in _candidates(gate, against, field):
        _check_family(metric, candidate, field)
        for extra in slices:
            yield Rule(
                id=_id(gate, metric, threshold, at, extra),
                candidate=candidate,
                metric=metric,
                stat=threshold.stat,
                side=threshold.side,
                limit=threshold.limit,
                against=against,
                confidence=run.confidence if gate.confidence is None else gate.confidence,
                policy=gate.policy or run.policy,
                target="suite" if threshold.stat == "losses" else gate.target,
                where=(*where, *extra),
                at=at,
                slices=len(slices),
                line=line,
            )


def _check_judged(gate: GateTable, metric: MetricSpec, field: Field) -> None:
    """Check that the suite has what a metric of judges looks at.

    Raises:
        Mistake: It has no judge, no golden set or no labels; or the gate slices a golden set.
    """
    name = metric.name
    if metric.source in {"judgment", "golden"} and not field.judged:
        problem = f"{name} needs a judge, and the suite has none"
        raise Mistake(problem, hint="add a [[judges]] table", place=("metric",))
    if metric.source == "golden":
        if not field.golden:
            problem = f"{name} needs a golden set, and the suite has none"
            raise Mistake(problem, hint='add [golden] with path = "..."', place=("metric",))
        for key in ("where", "by"):
            if getattr(gate, key):
                problem = f"{name} is about the golden set, not the prompts: it takes no {key}"
                raise Mistake(problem, place=(key,))
    if name == "human_agreement" and not field.labelled:
        problem = f"{name} needs human labels, and the suite has none"
        raise Mistake(problem, hint='add [labels] with path = "..."', place=("metric",))


def _check_family(metric: MetricSpec, candidate: str, field: Field) -> None:
    """Check that some judge is of the family of the candidate, or of the baseline, alone.

    Raises:
        Mistake: None is, so that a preference for its own could not be told.
    """
    if metric.name != "family_preference" or field.families is None:
        return
    sides = product(field.kin, field.families[candidate], field.families[field.baseline])
    if not any(is_kin(judge, ours) != is_kin(judge, theirs) for judge, ours, theirs in sides):
        problem = f"no judge is of the family of {candidate!r} or of {field.baseline!r} alone"
        raise Mistake(problem, hint='say whose make they are: family = "..."', place=("metric",))


def _slices(gate: GateTable, where: Where, prompts: Sequence[Prompt] | None) -> list[Where]:
    """Return what each gate of ``by`` adds to ``where``: nothing where there is no ``by``."""
    if gate.by is None or prompts is None:
        return [()]
    wanted = dict(where).get(gate.by)
    found = values_of(gate.by, [prompt for prompt in prompts if prompt.lies_in(where)])
    slices: list[Where] = [
        ((gate.by, (value,)),) for value in sorted(found) if wanted is None or value in wanted
    ]
    if not slices:
        raise Mistake(f"no prompt has a {gate.by}", place=("by",))
    named: dict[str, Where] = {}
    for extra in slices:
        other = named.setdefault(_bracketed(extra), extra)
        if other != extra:
            both = f"{other[0][1][0]!r} and {extra[0][1][0]!r}"
            raise Mistake(f"{both} are both {_bracketed(extra)} in test ids", place=("by",))
    return slices


def _against(gate: GateTable, threshold: Threshold, metric: MetricSpec, field: Field) -> str:
    if gate.against is None:
        return field.baseline
    contestants = (field.baseline, *field.candidates)
    if gate.against not in contestants:
        wrong = unknown("contestant", gate.against, contestants)
        raise Mistake(wrong.problem, place=("against",))
    if threshold.stat != "ratio" and metric.name != "win_rate":
        problem = f"{threshold.key} of {metric.name} compares with nobody: it takes no against"
        raise Mistake(problem, place=("against",))
    return gate.against


def _candidates(gate: GateTable, against: str, field: Field) -> Sequence[str]:
    if gate.candidates is None:
        chosen = [name for name in field.candidates if name != against]
        if not chosen and gate.against is not None:
            raise Mistake("no candidate is left to compare with it", place=("against",))
        return chosen
    for index, name in enumerate(gate.candidates):
        if name not in field.candidates:
            wrong = unknown("candidate", name, field.candidates)
            raise Mistake(wrong.problem, place=("candidates", index))
        if name == against:
            raise Mistake(f"{name!r} cannot be against itself", place=("candidates", index))
    return list(dict.fromkeys(gate.candidates))


def _id(
    gate: GateTable, metric: MetricSpec, threshold: Threshold, at: float | None, extra: Where
) -> str:
    if gate.name is not None:
        base = slug(gate.name)
    else:
        named_stat = threshold.stat if threshold.stat != "rate" else ""
        if named_stat == "mean" and gate.stat is None:
            named_stat = ""
        base = slug(metric.name) + (f"-{named_stat}" if named_stat else "")
        base += "" if at is None else f"-at-{slug(f'{at:g}')}"
        base += _bracketed(tuple((str(key), values) for key, values in gate.where.items()))
    return base + _bracketed(extra)


def _bracketed(where: Where) -> str:
    values = [slug(value) for _, several in where for value in several]
    return f"[{'+'.join(values)}]" if values else ""


def _check_id(rule: Rule, index: int, first_use: dict[tuple[str, str], int]) -> None:
    first = first_use.setdefault((rule.candidate, rule.id), index)
    if first != index:
        problem = f"has the id {rule.id!r}, as gates[{first}] has"
        raise Mistake(problem, hint='give one of them a name: name = "..."')


def _check_room(
    rule: Rule,
    threshold: Threshold,
    index: int,
    bars: dict[tuple[object, ...], dict[str, tuple[float, int]]],
) -> None:
    """Raise where another gate on the same measurement leaves no value that passes both."""
    whose = (rule.candidate, rule.metric.name, rule.stat, rule.against)
    measured = (*whose, rule.at, frozenset(rule.where))
    own = bars.setdefault(measured, {})
    limit, other = own.get({"min": "max", "max": "min"}[rule.side], (rule.limit, index))
    if (limit < rule.limit) if rule.side == "min" else (limit > rule.limit):
        unit = " s" if rule.metric.unit == "s" and rule.stat != "ratio" else ""
        end = "at most" if rule.side == "min" else "at least"
        asked = f"got {rule.limit:g}{unit}, and gates[{other}] asks for {end} {limit:g}{unit}"
        raise Mistake(f"{asked}: no value passes both", place=(threshold.key,))
    tighter = max if rule.side == "min" else min
    own[rule.side] = tighter((rule.limit, index), own.get(rule.side, (rule.limit, index)))
