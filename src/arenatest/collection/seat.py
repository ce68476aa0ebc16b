"""One suite in this process: it runs the suite, or waits for the process that does.

Whoever holds the suite's lock runs it. All others watch the store for decisions, and take over
where the holder left off if it dies: the operating system, or the server, frees its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from arenatest.arena.engine import Progress
from arenatest.arena.run import Conditions, SuiteRun
from arenatest.errors import StoreError
from arenatest.gates.referee import Referee
from arenatest.model.decision import Decision
from arenatest.model.plan import Rule
from arenatest.store import Store
from arenatest.suite.suite import Suite

TICK = 0.2
"""Seconds between two looks at the store, the lock and the progress."""
INTERRUPTED = "the session was interrupted"
"""Why a run stopped that a user, or ``-x``, has cut short."""


class Seat:
    """Gets the decisions of one suite's selected gates.

    Args:
        suite: Which suite.
        rules: The selected gates.
        store: Where the suite is recorded.
        locks: The folder of lock files.
        conditions: What a run takes from the outside.
        shared: Whether other processes run the session too, one of which may call it off.
        answers_of: The run whose answers are judged again, instead of asking contestants.
    """

    def __init__(
        self,
        suite: Suite,
        rules: Sequence[Rule],
        *,
        store: Store,
        locks: Path,
        conditions: Conditions,
        shared: bool,
        answers_of: str | None = None,
    ) -> None:
        self.suite = suite
        self._shared = shared
        self._answers_of = answers_of
        self._rules = rules
        self._store = store
        self._conditions = conditions
        self._run: SuiteRun | None = None
        self._lock = store.lock(suite.plan.hash, locks)

    def decide(
        self, candidate: str, gate: str, tick: Callable[[Progress | None], None]
    ) -> Decision:
        """Wait for one gate's decision, running the suite if no other process does.

        Args:
            candidate: Whose gate.
            gate: Its id.
            tick: Called several times a second with the progress, where this process runs it.

        Raises:
            ArenaError: The run broke down.
        """
        while True:
            if self._run is None:
                recorded = self._recorded(candidate, gate)
                if recorded is not None:
                    return recorded
                if not self._take():
                    tick(None)
                    continue
            if self._run is not None:
                decision = self._run.wait(candidate, gate, TICK)
                if decision is not None:
                    return decision
                tick(self._run.progress())
                self._heed()
                if self._run.over:
                    raise StoreError(f"the run ended without deciding {candidate}::{gate}")

    def finish(self, tick: Callable[[Progress | None], None]) -> None:
        """Let the run end by itself: other processes may wait for its decisions.

        Args:
            tick: Called several times a second with the progress.

        Raises:
            ArenaError: The run broke down.
        """
        if self._run is not None:
            while not self._run.join(TICK):
                tick(self._run.progress())
                self._heed()
            self._release()
            self._run.check()

    def call_off(self) -> None:
        """Let the run stop, without waiting for it: no further call starts."""
        if self._run is not None:
            self._run.stop("plan", INTERRUPTED)

    def stop(self) -> None:
        """Stop the run now; what is recorded stays."""
        if self._run is not None:
            self.call_off()
            self._run.join()
            self._release()

    def _heed(self) -> None:
        """Stop where another process has called the session off."""
        if self._shared and self._called_off():
            self.call_off()

    def _called_off(self) -> bool:
        runs = self._store.runs(session=self._conditions.session)
        return any(run.stopped == ("plan", INTERRUPTED) for run in runs)

    def _take(self) -> bool:
        """Try to become the process that runs the suite; False while another one is.

        Raises:
            StoreError: The session was called off: nothing more is begun.
        """
        if self._shared and self._called_off():
            raise StoreError(f"not run: {INTERRUPTED}")
        if not self._lock.acquire(TICK):
            return False
        if self._finished_elsewhere():
            self._lock.release()
            return True
        try:
            self._run = self._begun()
        except BaseException:
            self._lock.release()  # others may be able to, and must not wait for us
            raise
        self._run.start()
        return True

    def _begun(self) -> SuiteRun:
        watcher = Referee(self.suite.plan, self._rules)
        store = self._store.held_by(self._lock)
        return SuiteRun(self.suite, store, watcher, self._conditions, answers_of=self._answers_of)

    def _finished_elsewhere(self) -> bool:
        return all(self._recorded(rule.candidate, rule.id) is not None for rule in self._rules)

    def _recorded(self, candidate: str, gate: str) -> Decision | None:
        """Return a decision that another process of this session recorded."""
        for run in self._store.runs(session=self._conditions.session):
            if run.plan_hash == self.suite.plan.hash:
                decision = self._store.decisions(run.id).get((candidate, gate))
                if decision is not None:
                    return decision
        return None

    def _release(self) -> None:
        self._lock.release()
