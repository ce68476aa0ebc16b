"""Which runs an import makes: one for each baseline, with everybody whom it met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from arenatest.errors import OptionError
from arenatest.imports.heap import Heap, Pair
from arenatest.suite.mistakes import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who takes part in one run; nobody but the baseline where nobody else is known."""

    baseline: str
    candidates: tuple[str, ...]


def groups_of(heap: Heap, baseline: str | None) -> list[Group]:
    """Return who takes part in each run, the largest first. Each pair of models is in one of them.

    Of two models that met the baseline is whom the user names, else whom the files name, else who
    met others more often.

    Args:
        heap: Everything found.
        baseline: Whom the user names.

    Raises:
        OptionError: There is no such model.
    """
    pairs = heap.pairs()
    times: Counter[str] = Counter()
    for pair in pairs:
        times[pair.first] += pair.times
        times[pair.second] += pair.times
    known = {*times, *heap.answerers()}
    if baseline is not None and known and baseline not in known:
        raise OptionError(f"--baseline: {unknown('model', baseline, known).problem}")
    found: dict[str, list[str]] = {}
    for pair in pairs:
        ours = _baseline(pair, baseline, times)
        found.setdefault(ours, []).append(pair.second if ours == pair.first else pair.first)
    groups = [
        Group(baseline=name, candidates=tuple(sorted(others))) for name, others in found.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.candidates), group.baseline))


def group_of_rest(heap: Heap, groups: Sequence[Group], baseline: str | None) -> Group | None:
    """Return those whose answers are in no battle: all, where nobody met, else who was graded."""
    rest = heap.graded() if groups else heap.answerers()
    ranked = sorted(rest, key=lambda name: (name != baseline, -rest[name], name))
    return Group(baseline=ranked[0], candidates=tuple(ranked[1:])) if ranked else None


def _baseline(pair: Pair, wanted: str | None, times: Counter[str]) -> str:
    both = (pair.first, pair.second)
    for named in (wanted, pair.baseline):
        if named in both:
            return named
    return min(both, key=lambda name: (-times[name], name))
