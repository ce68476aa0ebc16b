"""Writes records from an event loop without ever blocking it.

One thread takes all that has queued up and commits it as one transaction: a commit costs as much
as a dozen rows. Loops are woken once a transaction, not once a record.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import NamedTuple, Protocol

from arenatest.errors import StoreError
from arenatest.model.record import Record
from arenatest.store.database import Refused
from arenatest.store.locks import LockLost

_GATHERING = 0.002  # seconds: a call's place is held for it, and a transaction then serves several
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class Sink(Protocol):
    """What a writer writes to: a :class:`~arenatest.store.store.Store`."""

    def write(self, records: Sequence[Record]) -> None:
        """Write records in one transaction; raise StoreError where that may work later."""


class _Request(NamedTuple):
    records: tuple[Record, ...]
    done: asyncio.Future[None]


class Writer:
    """The one way in which a run's records reach the store.

    Args:
        store: Where to.
        patience: Seconds for which a failed transaction is tried again: a full disk may be
            cleared, another process may let go.
        clock: Monotonic seconds.
        sleep: Pauses its own thread between tries.
    """

    def __init__(
        self,
        store: Sink,
        *,
        patience: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._patience = store, patience
        self._clock, self._sleep = clock, sleep
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._lock = Lock()
        self._closed = False
        self._thread = Thread(target=self._work, name="arenatest-store", daemon=True)
        self._thread.start()

    def write(self, *records: Record) -> asyncio.Future[None]:
        """Queue records, together; the future is done when they are committed.

        Whoever awaits it and is cancelled loses nothing: what was queued is written.

        Raises:
            StoreError: From the future, where the records could not be written; at once, where
                the writer is closed.
        """
        done = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._closed:
                message = "the store's writer is closed"
                raise StoreError(message)
            self._queue.put(_Request(records, done))
        return done

    def close(self) -> None:
        """Write what is queued and end the thread. It blocks: not for the loop's own thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        open_ = True
        while open_:
            first = self._queue.get()
            if first is None:
                return
            time.sleep(_GATHERING)  # ``sleep`` is for the pauses between tries alone
            batch, open_ = self._drain(first)
            self._settle(batch)

    def _drain(self, first: _Request) -> tuple[list[_Request], bool]:
        batch = [first]
        with contextlib.suppress(Empty):
            while True:
                request = self._queue.get_nowait()
                if request is None:
                    return batch, False
                batch.append(request)
        return batch, True

    def _settle(self, batch: list[_Request]) -> None:
        error = self._commit(batch)
        if error is None or isinstance(error, StoreError) or len(batch) == 1:
            _tell(batch, error)
            return
        for request in batch:  # one record is unfit: the others must not suffer for it
            _tell([request], self._commit([request]))

    def _commit(self, batch: list[_Request]) -> Exception | None:
        records = [record for request in batch for record in request.records]
        deadline = self._clock() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                self._store.write(records)
            except (LockLost, Refused) as error:  # no patience helps
                return error
            except StoreError as error:
                if self._clock() >= deadline:
                    return error
            except Exception as error:  # nobody may wait for a dead thread
                return error
            else:
                return None
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _tell(batch: list[_Request], error: Exception | None) -> None:
    """Resolve the futures on their loops, each loop woken once."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for request in batch:
        loops.setdefault(request.done.get_loop(), []).append(request.done)
    for loop, futures in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, futures, error)


def _resolve(futures: Iterable[asyncio.Future[None]], error: Exception | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(_for_one_waiter(error))


def _for_one_waiter(error: Exception) -> StoreError:
    """An exception raised in several tasks would gather the tracebacks of all of them."""
    if isinstance(error, StoreError):
        mine = StoreError(*error.args)
    else:
        mine = StoreError(f"a record cannot be stored: {type(error).__name__}: {error}")
    mine.__cause__ = error
    return mine
