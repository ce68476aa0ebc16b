"""The session of ``arenatest estimate``: collects suites and says what they will take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import pytest

from arenatest.arena.budget import Spent
from arenatest.collection.items import GateItem
from arenatest.collection.order import Order
from arenatest.collection.suites_only import SuitesOnly
from arenatest.gates.outlay import Outlay, Past, outlay
from arenatest.gates.words import amount
from arenatest.model.plan import Plan
from arenatest.report.estimate import NOTES, estimate_lines, total_line
from arenatest.store import Store, is_recorded
from arenatest.suite.suite import Suite

RECENT = 20
"""Runs that are looked into for what calls of a model took."""


class Estimating(SuitesOnly):
    """Prints what the collected gates take; needs no key, makes no call and writes nothing."""

    def __init__(self, config: pytest.Config, order: Order) -> None:
        super().__init__(config, order)
        config.option.tx = []  # of pytest-xdist: there is nothing to distribute

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say it, and let pytest end as after ``--collect-only``."""
        session.config.option.collectonly = True
        if session.testsfailed == 0:
            print("\n".join(self._lines(session.items)))

    def _lines(self, items: Sequence[pytest.Item]) -> Iterator[str]:
        gates = [item for item in items if isinstance(item, GateItem)]
        several: list[Outlay] = []
        for _, group in groupby(gates, key=_plan_of):
            selected = list(group)
            suite, rules = selected[0].suite, [item.rule for item in selected]
            taken = outlay(
                rules,
                suite.plan,
                judges={j.name: j.model for j in suite.judges if j.model is not None},
                past=self._past(suite),
                concurrency=suite.settings.concurrency,
            )
            several.append(taken)
            yield from estimate_lines(rules, suite.plan, taken)
            yield from self._warnings(suite, taken)
            yield ""
        if len(several) > 1:
            yield total_line(several)
        yield from NOTES if several else ()

    def _warnings(self, suite: Suite, taken: Outlay) -> Iterator[str]:
        """Yield where a limit does not reach for the least that can decide."""
        for budget in self.allowance.budgets(suite.settings, Spent()):
            limits = budget.limits
            if limits.max_calls is not None and limits.max_calls < taken.calls.low:
                yield (
                    f"  warning: the least that can decide takes {taken.calls.low:,.0f} calls, "
                    f"and {limits.max_calls:,} are allowed"
                )
            if limits.max_cost is not None and limits.max_cost < taken.cost.low:
                yield (
                    f"  warning: the least that can decide takes {amount(taken.cost.low, 'USD')}, "
                    f"and {amount(limits.max_cost, 'USD')} are allowed"
                )

    def _past(self, suite: Suite) -> Mapping[str, Past]:
        return past_of(suite.plan, self.store) if is_recorded(self.store_place) else {}


def past_of(plan: Plan, store: Store) -> dict[str, Past]:
    """Return what recorded calls of a plan's models and judges took, by fingerprint."""
    recent = store.runs()[-RECENT:]
    runs: dict[tuple[str, str, bool], list[str]] = {}
    wanted = {who for who, _, _ in _names(plan)}
    for plan_hash in {run.plan_hash for run in recent}:
        for fingerprint, name, judging in _names(store.plan(plan_hash)):
            if fingerprint in wanted:
                mine = [run.id for run in recent if run.plan_hash == plan_hash]
                runs.setdefault((fingerprint, name, judging), []).extend(mine)
    found: dict[str, Past] = {}
    for (fingerprint, name, judging), ids in runs.items():
        means = store.means(name, ids, judging=judging)
        if means.calls and (fingerprint not in found or found[fingerprint].calls < means.calls):
            found[fingerprint] = Past(**means._asdict())
    return found


def _names(plan: Plan) -> Iterator[tuple[str, str, bool]]:
    """Yield fingerprint and name of each model, and whether it judges."""
    for contestant in plan.contestants:
        if not contestant.parts:  # whose calls are recorded under one name
            yield contestant.fingerprint, contestant.name, False
    for seat in plan.judges:
        yield seat.fingerprint, seat.name, True


def _plan_of(item: GateItem) -> str:
    return item.suite.plan.hash
