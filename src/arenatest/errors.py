"""Every exception that arenatest raises, in one tree.

::

    ArenaError
    ├── SuiteError         the author of the suite must act: the file is wrong
    ├── OptionError        who typed the command must act: an option, ini key or variable is wrong
    │   ├── MissingKey     who runs CI must act: an API key is not in the environment
    │   └── ModelMissing   who runs the suite must act: a local model was not fetched
    ├── PluginError        the author of a plugin must act: a hook or a factory broke its promise
    ├── StoreError         who keeps the store must act: it cannot be opened, read or written
    └── InsufficientData   the caller of a statistic must act: too little or unusable data
        └── Disconnected   who plans the battles must act: some models never met, or never lost

A model that fails is not an exception: its failure is a value (``arenatest.model.answer.Failure``).
All of them survive pickling, because pytest-xdist sends them between processes.
"""

from __future__ import annotations


class ArenaError(Exception):
    """The base of every error that arenatest raises on purpose."""


class SuiteError(ArenaError):
    """A suite file, or something it names, is wrong.

    Args:
        path: The suite file as the user knows it, relative to the root directory where possible.
        line: Line of the table or key, counted from 1; None where the whole file is meant.
        key: Where in the suite, such as ``gates[2].min (win_rate)``; empty for the whole file.
        problem: What was found and what was expected.
        hint: How to mend it; empty where the problem says it all.
    """

    def __init__(
        self, path: str, line: int | None, key: str, problem: str, *, hint: str = ""
    ) -> None:
        super().__init__(path, line, key, problem, hint)
        self.path, self.line, self.key, self.problem, self.hint = path, line, key, problem, hint

    def __reduce__(self) -> tuple[object, ...]:
        return _suite_error, (self.path, self.line, self.key, self.problem, self.hint)

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        message = f"{place}: {self.key}: {self.problem}" if self.key else f"{place}: {self.problem}"
        return f"{message}\n  hint: {self.hint}" if self.hint else message


def _suite_error(path: str, line: int | None, key: str, problem: str, hint: str) -> SuiteError:
    return SuiteError(path, line, key, problem, hint=hint)


class OptionError(ArenaError):
    """A command line option, an ini key or an environment variable is wrong."""


class MissingKey(OptionError):
    """An environment variable that holds an API key is not set."""


class ModelMissing(OptionError):
    """A local model is not in the cache; the message names the command that fetches it."""


class PluginError(ArenaError):
    """A hook or a factory of a plugin raised, or returned something of the wrong type."""


class StoreError(ArenaError):
    """The store cannot be opened, read or written."""


class InsufficientData(ArenaError):
    """A statistic was asked of too little, or of unusable, data."""


class Disconnected(InsufficientData):
    """Models cannot be put on one scale, for the battles do not connect them.

    Args:
        message: What is missing.
        parts: The groups of models that each can be put on a scale of their own, by name.
    """

    def __init__(self, message: str, parts: tuple[tuple[str, ...], ...]) -> None:
        super().__init__(message, parts)
        self.parts = parts

    def __str__(self) -> str:
        return str(self.args[0])
