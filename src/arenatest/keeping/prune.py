"""Takes runs out of a store, and gives back the space that they took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from arenatest.errors import OptionError
from arenatest.keeping.choice import Asked, Choice, Held, choose
from arenatest.keeping.holdings import read_held
from arenatest.store import Store
from arenatest.store.events import happened
from arenatest.store.pruning import PRUNED, Dead, Swept, sweep, take_away
from arenatest.store.upkeep import give_back, size

Taking = Callable[[str], AbstractContextManager[bool]]
"""Returns a context that holds the lock of a plan, and says whether it does."""

_USED = "a run that goes on may use its answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was done, or would be.

    Attributes:
        goes, stays: As of the choice.
        before: Bytes that the records took.
        after: The same now; what it would be about, where nothing was done.
        swept: What went with the runs; None where nothing was done.
        space: What became of the space, for people; empty where there was none.
    """

    goes: tuple[tuple[Held, str], ...]
    stays: tuple[tuple[Held, str], ...]
    before: int
    after: int
    swept: Swept | None = None
    space: str = ""


class Pruning:
    """One pruning of one store.

    Args:
        store: Which one.
        asked: What is to go.
        now: Wall clock, seconds since 1970.
        accepted: Lock files, by the run that they name.
        taking: Holds the locks of plans.
    """

    def __init__(
        self,
        store: Store,
        asked: Asked,
        *,
        now: float,
        accepted: Mapping[str, str],
        taking: Taking,
    ) -> None:
        self._store, self._asked, self._now = store, asked, now
        self._accepted, self._taking = accepted, taking
        self._dead: Dead = frozenset()

    def foresee(self) -> Pruned:
        """Return what would go, and touch nothing."""
        choice, before = self._choose(), size(self._store)
        after = max(before - sum(one.size for one, _ in choice.goes), 0)
        return Pruned(goes=choice.goes, stays=choice.stays, before=before, after=after)

    def prune(self, folder: Path | None) -> Pruned:
        """Take runs away, oldest first, and all that only they referred to.

        Killed at any moment, it leaves whole runs only; called again, it goes on.

        Args:
            folder: Where the store lies, if it is a file: its space is given back.

        Raises:
            OptionError: A run was named that must stay; nothing was done.
        """
        store, before = self._store, size(self._store)
        choice = self._choose()
        self._check_named(choice)
        swept = sweep(store, self._taking, self._dead)  # what an interrupted one has left
        gone: dict[str, tuple[Held, str]] = {}
        stays = {one.run.id: (one, why) for one, why in choice.stays}
        while due := [one for one in choice.goes if one[0].run.id not in stays]:
            for one, why in due:
                if self._takes(one, why):
                    gone[one.run.id] = one, why
                else:
                    stays[one.run.id] = one, _USED
            swept += sweep(store, self._taking, self._dead)
            if self._asked.max_size is None:
                break
            choice = self._choose()  # how much a run takes is known when it is gone
        quiet = not self._busy
        return Pruned(
            goes=tuple(gone.values()),
            stays=tuple(stays.values()),
            before=before,
            after=size(store),
            swept=swept,
            space=give_back(store, folder, quiet=quiet),
        )

    def _choose(self) -> Choice:
        held = read_held(self._store)
        open_ = [one.run for one in held if one.run.finished is None]
        self._busy = {run.id for run in open_ if self._is_run(run.plan_hash)}
        self._dead = frozenset((run.id, run.session) for run in open_ if run.id not in self._busy)
        return choose(
            held,
            self._asked,
            now=self._now,
            size=size(self._store),
            accepted=self._accepted,
            busy=self._busy,
        )

    def _is_run(self, plan_hash: str) -> bool:
        with self._taking(plan_hash) as mine:
            return not mine

    def _takes(self, one: Held, why: str) -> bool:
        run = one.run
        event = happened(
            run.id,
            PRUNED,
            self._now,
            suite=one.suite,
            started=run.started,
            attempt=run.attempt,
            why=why,
        )
        if run.finished is not None:
            return take_away(self._store, run, event, ends=one.ends, dead=self._dead)
        with self._taking(run.plan_hash) as mine:
            return mine and take_away(self._store, run, event, ends=one.ends, dead=self._dead)

    def _check_named(self, choice: Choice) -> None:
        named = self._asked.named
        refused = [f"  {one.run.id}: {why}" for one, why in choice.stays if one.run.id in named]
        if refused:
            raise OptionError("\n".join(["what was named must stay:", *refused]))


@contextmanager
def plan_lock_of(store: Store, folder: Path, plan_hash: str) -> Iterator[bool]:
    """Hold the lock of a plan, if nobody else does; give whether it is held."""
    lock = store.lock(plan_hash, folder)
    try:
        yield lock.acquire(0.0)
    finally:
        lock.release()
