"""What every report is made of: one suite's record, and what its gates decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from arenatest.gates.reliance import relied_on as gates_relied_on
from arenatest.lock.standing import Standing
from arenatest.model.decision import Decision
from arenatest.model.plan import Rule
from arenatest.model.record import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How a suite was decided again from the record of a run, without any call.

    Attributes:
        decided: Wall clock, seconds since 1970.
        others: The decided gates that the run did not have, each as ``candidate gate``.
        replies: Judges' replies that were read again; None where they were left alone.
        reread: How many of them gave another verdict than then.
    """

    decided: float
    others: tuple[str, ...] = ()
    replies: int | None = None
    reread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One suite of a session, read back from the store.

    Attributes:
        ledger: All that the run recorded.
        decisions: Those of the selected gates, in any order.
        again: Set where the session made no call and decided on the record of an earlier run.
        standing: What its lock file and earlier runs say of it.
    """

    ledger: Ledger
    decisions: tuple[Decision, ...]
    again: Again | None = None
    standing: Standing = field(default_factory=Standing)

    @property
    def began(self) -> float:
        """When the session began with it, seconds since 1970."""
        return self.ledger.run.started if self.again is None else self.again.decided

    @property
    def rules(self) -> dict[tuple[str, str], Rule]:
        """The suite's gates by candidate and id."""
        return {(rule.candidate, rule.id): rule for rule in self.ledger.plan.rules}

    @property
    def ordered(self) -> tuple[Decision, ...]:
        """The decisions in the order of the suite's gates, however they arrived."""
        places = {key: place for place, key in enumerate(self.rules)}
        last = len(places)
        return tuple(
            sorted(
                self.decisions,
                key=lambda d: (places.get((d.candidate, d.gate), last), d.candidate, d.gate),
            )
        )

    def is_under_load(self, decision: Decision) -> bool:
        """Whether a gate looks at requests of a level of load, not at the calls of prompts."""
        rule = self.rules.get((decision.candidate, decision.gate))
        return rule is not None and rule.at is not None


def in_order(runs: Sequence[SuiteRun]) -> tuple[SuiteRun, ...]:
    """Return the suites by path and name, so that reports do not depend on who finished first."""
    return tuple(sorted(runs, key=lambda run: (run.ledger.plan.path, run.ledger.plan.suite)))


def relied_on(run: SuiteRun) -> SuiteRun:
    """Return a suite with what its decisions rest on, and nothing that came in after they fell.

    Decisions that are no gate of the plan, as a test in Python makes them, rest on all of it.
    """
    rules = [run.rules.get((decision.candidate, decision.gate)) for decision in run.decisions]
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules) or not known:
        return run
    relied = gates_relied_on(run.ledger, known)
    return run if _size(relied) == _size(run.ledger) else replace(run, ledger=relied)


def _size(ledger: Ledger) -> int:
    answers, games = len(ledger.answers) + len(ledger.timings), len(ledger.judgments)
    return answers + games + len(ledger.measurements)
