"""What is read only when somebody asks: the texts of a million answers would not fit in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

PAGE = 250
"""Places of one query, about."""
_PAGES = 80  # kept: who walks through a plan asks for everybody's answers side by side


class Pages(Generic[Key, Value]):
    """Values that are read in pages, of which the latest are kept; any thread may ask."""

    __slots__ = ("_lock", "_pages")

    def __init__(self) -> None:
        self._lock = Lock()
        self._pages: OrderedDict[Hashable, Mapping[Key, Value]] = OrderedDict()

    def of(self, name: Hashable, key: Key, read: Callable[[], Mapping[Key, Value]]) -> Value | None:
        """Return a value; None where its page has none.

        Args:
            name: Of the page.
            key: Of the value.
            read: Reads the page; it is not kept, for it may hold who holds the pages.
        """
        with self._lock:
            page = self._pages.get(name)
            if page is None:
                page = self._pages[name] = read()
                if len(self._pages) > _PAGES:
                    self._pages.popitem(last=False)
            self._pages.move_to_end(name)
        return page.get(key)
