"""What may be bought: calls and dollars, set aside before a call and settled after it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from arenatest.model.answer import Answer
from arenatest.suite.suite import RunSettings

UNBILLED = frozenset({"connection", "rate_limited", "server", "auth", "request", "missing"})
"""Failures of calls that nobody charges for: no token was generated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was bought so far.

    Attributes:
        calls: Calls that were started.
        cost: US dollars of the calls that ended.
        held: US dollars that the calls in flight will probably cost.
    """

    calls: int = 0
    cost: float = 0.0
    held: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that may be bought; None for no limit.

    Attributes:
        whose: What has the limit, for people, such as ``for the session``; empty for one suite.
    """

    max_calls: int | None = None
    max_cost: float | None = None
    whose: str = ""

    def refusal(self, spent: Spent, expected: float) -> str:
        """Return why no further call may start; empty where one may.

        Args:
            spent: So far.
            expected: US dollars that the call will probably cost.
        """
        for_whom = f" {self.whose}" if self.whose else ""
        if self.max_calls is not None and spent.calls >= self.max_calls:
            calls, are = ("call", "is") if self.max_calls == 1 else ("calls", "are")
            return f"the {self.max_calls:,} {calls} allowed{for_whom} {are} used up"
        if self.max_cost is None:
            return ""
        if spent.cost >= self.max_cost:
            return f"the ${self.max_cost:g} allowed{for_whom} are spent"
        if spent.cost + spent.held + expected > self.max_cost:
            return (
                f"another call could exceed the ${self.max_cost:g} allowed{for_whom}, "
                f"of which ${spent.cost:.2g} are spent"
            )
        return ""


class Account(Protocol):
    """Holds what was spent; to be looked into, and changed, under its lock only."""

    spent: Spent

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Keeps all others out."""


class OwnAccount:
    """The account of one process, whose threads share it.

    Args:
        spent: What was bought before.
    """

    def __init__(self, spent: Spent | None = None) -> None:
        self.lock = threading.Lock()
        self.spent = spent or Spent()


class Budget:
    """Pays for calls, within limits and out of an account that others may share.

    Args:
        limits: The most that it pays.
        account: What was spent by all who share it.
    """

    def __init__(self, limits: Limits, account: Account) -> None:
        self.limits = limits
        self._account = account

    def take(self, expected: float) -> str:
        """Set aside one call that will probably cost so much; return why not, or nothing."""
        with self._account.lock:
            spent = self._account.spent
            refusal = self.limits.refusal(spent, expected)
            if not refusal:
                self._account.spent = taken(spent, expected)
        return refusal

    def give_back(self, expected: float) -> None:
        """Take back a call that was set aside and not made."""
        with self._account.lock:
            self._account.spent = given_back(self._account.spent, expected)

    def settle(self, expected: float, paid: float) -> None:
        """Take note of what a call cost for which ``expected`` was set aside."""
        with self._account.lock:
            self._account.spent = settled(self._account.spent, expected, paid)


def taken(spent: Spent, expected: float) -> Spent:
    """Return what is spent once a call has started."""
    return replace(spent, calls=spent.calls + 1, held=spent.held + expected)


def given_back(spent: Spent, expected: float) -> Spent:
    """Return what is spent where that call was not made after all."""
    return replace(spent, calls=spent.calls - 1, held=max(0.0, spent.held - expected))


def settled(spent: Spent, expected: float, paid: float) -> Spent:
    """Return what is spent once that call has ended."""
    return replace(spent, cost=spent.cost + paid, held=max(0.0, spent.held - expected))


def own_budgets(settings: RunSettings, spent: Spent) -> Sequence[Budget]:
    """Return the budget of a suite that has only limits of its own, if it has any."""
    if settings.max_calls is None and settings.max_cost is None:
        return ()
    limits = Limits(max_calls=settings.max_calls, max_cost=settings.max_cost)
    return (Budget(limits, OwnAccount(spent)),)


def charged(answer: Answer, cost: float | None, expected: float) -> float:
    """Return what a call counts as: what it cost, or will have cost where nobody says.

    A call that ran out of time was probably billed all the same.
    """
    if cost is not None:
        return cost
    failure = answer.failure
    return 0.0 if failure is not None and failure.kind in UNBILLED else expected
