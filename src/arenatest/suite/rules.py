"""From ``[[gates]]`` to rules: one for each candidate, and for each slice of ``by``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arenatest.model.metric import MetricSpec
from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt
from arenatest.suite.mistakes import Mistake, unknown
from arenatest.suite.names import slug
from arenatest.suite.problems import Problems
from arenatest.suite.schema import GateTable, RunTable
from arenatest.suite.thresholds import Threshold, read_threshold

Where = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Who takes part, and in what: what the gates of a suite refer to.

    Attributes:
        baseline: Its name.
        candidates: Their names.
        judged: Whether the suite has a judge.
        prompts: All of them; None where they are wrong, so that no slice can be checked.
    """

    baseline: str
    candidates: Sequence[str]
    judged: bool
    prompts: Sequence[Prompt] | None


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
    for index, gate in gates.items():
        with problems.at("gates", index):
            spec = metric(gate.metric)
            if spec is None:
                continue
            threshold = read_threshold(gate, spec)
            line = problems.line(("gates", index, threshold.key))
            for rule in _rules(gate, threshold, spec, run=run, field=field, line=line):
                _check_id(rule, index, first_use)
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
    if metric.source == "judgment" and not field.judged:
        problem = f"{metric.name} needs a judge, and the suite has none"
        raise Mistake(problem, hint="add a [[judges]] table", place=("metric",))
    where = _where(gate, field.prompts)
    slices = _slices(gate, where, field.prompts)
    against = _against(gate, threshold, metric, field)
    for candidate in _candidates(gate, against, field):
        for extra in slices:
            yield Rule(
                id=_id(gate, metric, threshold, extra),
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
                slices=len(slices),
                line=line,
            )


def _where(gate: GateTable, prompts: Sequence[Prompt] | None) -> Where:
    """Return the slice of a gate, after checking that each of its values and all meet prompts."""
    where: Where = tuple((str(key), values) for key, values in gate.where.items())
    if prompts is None:
        return where
    for key, values in where:
        found = _values(key, prompts)
        for value in values:
            if value not in found:
                wrong = unknown(key, value, found)
                raise Mistake(wrong.problem, place=("where", key))
    if where and not any(_covers(where, prompt) for prompt in prompts):
        raise Mistake("no prompt is in this slice", place=("where",))
    return where


def _slices(gate: GateTable, where: Where, prompts: Sequence[Prompt] | None) -> list[Where]:
    """Return what each gate of ``by`` adds to ``where``: nothing where there is no ``by``."""
    if gate.by is None or prompts is None:
        return [()]
    wanted = dict(where).get(gate.by)
    found = _values(gate.by, [prompt for prompt in prompts if _covers(where, prompt)])
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


def _values(key: str, prompts: Sequence[Prompt]) -> set[str]:
    if key == "tag":
        return {tag for prompt in prompts for tag in prompt.tags}
    return {value for prompt in prompts if (value := getattr(prompt, key)) is not None}


def _covers(where: Where, prompt: Prompt) -> bool:
    return all(
        bool(set(values) & set(prompt.tags)) if key == "tag" else getattr(prompt, key) in values
        for key, values in where
    )


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


def _id(gate: GateTable, metric: MetricSpec, threshold: Threshold, extra: Where) -> str:
    if gate.name is not None:
        base = slug(gate.name)
    else:
        named_stat = threshold.stat if threshold.stat != "rate" else ""
        if named_stat == "mean" and gate.stat is None:
            named_stat = ""
        base = slug(metric.name) + (f"-{named_stat}" if named_stat else "")
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
