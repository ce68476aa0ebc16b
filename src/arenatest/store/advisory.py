"""A lock that PostgreSQL holds for whoever runs a plan, on whichever machine.

The server gives it back when the connection ends, so it outlives no process. A connection may also
end while its process goes on: the server is started again, a network goes down. Somebody else may
have taken the lock by then. So a thread looks after the connection, nothing is written while it is
not known to stand, and whoever gets the lock leaves a token beside it: with the lock got back and
the token still there, nobody has been in between. Otherwise it is lost for good.

The connection may be gone for a while before that thread knows. So each transaction also reads the
token, and holds its row: whoever takes over waits for those under way, and none comes after.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from arenatest.errors import StoreError
from arenatest.store.database import ConnectionLost, Refused
from arenatest.store.locks import Execute, LockLost

_TICK = 1.0
"""Seconds between two looks at the connection."""
_PAUSE = 0.1  # seconds between two tries to get the lock
_KEY = "hashtextextended(current_schema() || ' ' || %s, 0)"
_TRY = f"SELECT pg_try_advisory_lock({_KEY}), pg_backend_pid()"
_WHOSE = "SELECT pg_backend_pid()"
_UNLOCK = f"SELECT pg_advisory_unlock({_KEY})"
_READ = "SELECT value FROM meta WHERE name = %s"
_FENCE = f"{_READ} FOR SHARE"
_LEAVE = (
    "INSERT INTO meta (name, value) VALUES (%s, %s) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING pg_backend_pid()"
)
_CLEAR = "DELETE FROM meta WHERE name = %s AND value = %s"
_TAKEN = "another process has taken over the run"
_SHARED = (
    "a pooler gives its statements to different connections of the server, so that no lock holds\n"
    "  hint: have it keep sessions (pool_mode = session in PgBouncer), or connect past it"
)


class AdvisoryLock:
    """A session's advisory lock, on a connection of its own.

    Args:
        connect: Opens a connection of psycopg that commits each statement; raises StoreError.
        name: What is locked, among all that use these tables.
        place: Of the store, for people.
        failed: The base of the driver's errors.
        explained: Returns such an error in our words; None where there are none for it.
        clock: Monotonic seconds.
        patience: Seconds for which a lost connection is worth another try.
        tick: Seconds between two looks at the connection.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        name: str,
        *,
        place: str,
        failed: type[Exception],
        explained: Callable[[Exception], StoreError | None] = lambda _error: None,
        clock: Callable[[], float] = time.monotonic,
        patience: float = 60.0,
        tick: float = _TICK,
    ) -> None:
        self._connect, self._name, self._place = connect, name, place
        self._failed, self._explained, self._clock = failed, explained, clock
        self._patience, self._tick = patience, tick
        self._token = ""
        self._backend = 0
        self._connection: Any = None
        self._watcher: Thread | None = None
        self._released = Event()
        self._stands = False
        self._lost = ""
        self._away_since: float | None = None

    def acquire(self, timeout: float) -> bool:
        """Try for some seconds to get it; return whether it is held now."""
        deadline = self._clock() + timeout
        while not self._takes():
            if self._clock() >= deadline:
                return False
            self._released.wait(_PAUSE)
        self._lost, self._stands = "", True
        self._released.clear()
        self._watcher = Thread(target=self._watch, name="arena lock", daemon=True)
        self._watcher.start()
        return True

    def release(self) -> None:
        """Give it back, if it is held."""
        self._released.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if self._stands:
            with contextlib.suppress(self._failed):  # the server has given it back already
                self._connection.execute(_CLEAR, (self._row, self._token))
                self._connection.execute(_UNLOCK, (self._name,))
        self._stands = False
        self._hang_up()
        self._released.clear()

    def check(self) -> None:
        """Do nothing while it is surely held.

        Raises:
            LockLost: Another process may have taken it.
            ConnectionLost: The connection is gone; it may come back.
        """
        if self._lost:
            raise LockLost(self._lost)
        if not self._stands:
            raise ConnectionLost(f"{self._place}: the connection that holds the lock is gone")

    def fence(self, execute: Execute) -> None:
        """Let a transaction go on only if nobody else has taken it, nor can before the end."""
        row = execute(_FENCE, (self._row,)).fetchone()
        if row is None or row[0] != self._token:
            raise LockLost(self._without(_TAKEN))

    def __enter__(self) -> AdvisoryLock:
        while not self.acquire(_TICK):
            pass
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()

    @property
    def _row(self) -> str:
        return f"holder {self._name}"

    def _takes(self) -> bool:
        """Try once, and leave a token; a server that is away may be back for another try."""
        try:
            if not self._try():
                self._away_since = None
                return False
            self._token = secrets.token_hex(8)
            with self._told():
                left = self._connection.execute(_LEAVE, (self._row, self._token)).fetchone()
        except Refused:
            raise
        except StoreError:
            now = self._clock()
            self._away_since = now if self._away_since is None else self._away_since
            if now - self._away_since >= self._patience:
                raise
            return False
        self._away_since = None
        if left[0] != self._backend:
            self._hang_up()
            raise StoreError(f"{self._place}: {_SHARED}")
        return True

    def _try(self) -> bool:
        with self._told():
            if self._connection is None:
                self._connection = self._connect()
            held, self._backend = self._connection.execute(_TRY, (self._name,)).fetchone()
            return bool(held)

    @contextlib.contextmanager
    def _told(self) -> Any:
        """Turn what the driver raises into our error, and forget a connection that is no good."""
        try:
            yield
        except self._failed as error:
            self._hang_up()
            said = StoreError(f"{self._place}: {' '.join(str(error).split())}")
            raise (self._explained(error) or said) from None

    def _hang_up(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(self._failed):
                self._connection.close()
        self._connection = None

    def _watch(self) -> None:
        while not self._released.wait(self._tick):
            try:
                (backend,) = self._connection.execute(_WHOSE).fetchone()
                if backend != self._backend:
                    self._lost = f"{self._place}: {_SHARED}"
            except self._failed:
                self._stands = False
                self._regain()
            if self._lost:
                return

    def _regain(self) -> None:
        """Get the lock back where nobody else has had it; else lose it for good."""
        deadline = self._clock() + self._patience
        self._hang_up()
        while not self._released.wait(_PAUSE):
            with contextlib.suppress(StoreError):
                held = self._try()
                with self._told():
                    row = self._connection.execute(_READ, (self._row,)).fetchone()
                if row is None or row[0] != self._token:
                    self._lose(_TAKEN)
                    return
                if held:
                    self._stands = True
                    return
            if self._clock() >= deadline:
                self._lose("the lock of the run could not be got back")
                return

    def _lose(self, why: str) -> None:
        self._lost = self._without(why)
        self._hang_up()

    def _without(self, why: str) -> str:
        return (
            f"{self._place}: the connection was lost, and {why}\n"
            "  hint: run again: what is recorded is kept"
        )
