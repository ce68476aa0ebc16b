"""Follows all selected gates of a run: tells what they still need, decides them as it can."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.gates.needs import Needs, needs, union
from arenatest.gates.watches import AnyWatch, watch_of
from arenatest.model.decision import Cause, Decision
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger


class Referee:
    """Follows the selected gates of one run; cheap enough to be asked after every prompt.

    A decision that had fallen before failures and voids were asked again stands: its gate needs
    nothing more.

    Args:
        plan: What is planned.
        rules: The selected gates.
    """

    def __init__(self, plan: Plan, rules: Sequence[Rule]) -> None:
        self._early_stop = plan.early_stop
        self._watches: list[AnyWatch] = [watch_of(rule, plan) for rule in rules]
        self._open = list(self._watches)
        self._bought = list(self._watches)  # without early stopping
        self._needs = {id(watch): needs(watch.rule, plan) for watch in self._watches}
        self._sliced = any(watch.rule.where for watch in self._watches)
        self._wanted: dict[tuple[int, ...], Needs] = {}
        self._asked: Sequence[AnyWatch] = ()
        self._answer = Needs()
        self._standing: dict[int, Decision] | None = None

    def settle(self, ledger: Ledger) -> Sequence[Decision]:
        """Look at what is new in the record; return the gates that are now decided for good."""
        stood = [] if self._standing is not None else self._let_stand(ledger)
        decided = [watch for watch in self._open if watch.advance(ledger)]
        if decided:
            self._open = [watch for watch in self._open if not watch.decided]
        return [*stood, *(watch.conclude(ledger) for watch in decided)]

    def wanted(self, prompt: Prompt | None = None) -> Needs:
        """Return what undecided gates need: for one prompt, or for any.

        Without early stopping the whole plan is bought for every selected gate; the decisions are
        the same.
        """
        watches = self._open if self._early_stop else self._bought
        if prompt is not None and self._sliced:
            return self._needed([watch for watch in watches if watch.rule.covers(prompt)])
        if watches is not self._asked:  # which is nearly always the same: no list ever changes
            self._asked, self._answer = watches, self._needed(watches)
        return self._answer

    def _needed(self, watches: Sequence[AnyWatch]) -> Needs:
        chosen = tuple(map(id, watches))
        if chosen not in self._wanted:
            self._wanted[chosen] = union(self._needs[one] for one in chosen)
        return self._wanted[chosen]

    def lose(self, name: str, *, judging: bool) -> None:
        """Want nothing more for gates that rest on a model that cannot be asked any more.

        Args:
            name: Whose it is.
            judging: Whether a judge asked it: then for gates that rest on verdicts.
        """

        def rests(watch: AnyWatch) -> bool:
            need = self._needs[id(watch)]
            measured = {contestant for _, contestant in need.metrics}
            asked = need.answers | need.timings | need.loads | measured
            return bool(need.judgments) if judging else name in asked

        self._open = [watch for watch in self._open if not rests(watch)]
        self._bought = [watch for watch in self._bought if not rests(watch)]

    def conclude(
        self, ledger: Ledger, stopped: tuple[Cause, str] | None = None
    ) -> Sequence[Decision]:
        """Return the decisions of all selected gates in their order; nothing more will come."""
        self._let_stand(ledger)
        standing = self._standing or {}
        return tuple(
            standing.get(id(watch)) or watch.conclude(ledger, stopped) for watch in self._watches
        )

    def running(self, candidate: str) -> float | None:
        """Return the candidate's win rate so far, on the widest slice that a gate looks at."""
        watches = [
            watch
            for watch in self._watches
            if watch.rule.candidate == candidate
            and (watch.rule.metric.name, watch.rule.stat) == ("win_rate", "rate")
        ]
        watches.sort(key=lambda watch: len(watch.rule.where))
        return watches[0].running if watches else None

    def _let_stand(self, ledger: Ledger) -> list[Decision]:
        """Follow gates no further whose decisions stand; return these."""
        found = ((id(w), ledger.stands(w.rule.candidate, w.rule.id)) for w in self._watches)
        self._standing = {watch: decision for watch, decision in found if decision is not None}
        self._open = [watch for watch in self._open if id(watch) not in self._standing]
        self._bought = [watch for watch in self._bought if id(watch) not in self._standing]
        return [*self._standing.values()]
