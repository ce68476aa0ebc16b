"""Shows how far a run is: a line that renews itself in a terminal, a line a minute elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

import pytest

from arenatest.arena.engine import Progress

MINUTE = 60
HOUR = 3600
EVERY = 60.0
"""Seconds between two lines where there is no terminal."""


class ProgressLine:
    """Writes progress where people look.

    Args:
        write: Writes text to the terminal, past pytest's capturing.
        live: Whether the line can be renewed in place.
        before: Tells what pytest had written on the line, to be put back.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        live: bool,
        before: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._write = write
        self._live = live
        self._before = before
        self._clock = clock
        self._shown = ""
        self._next = clock() + (0.0 if live else EVERY)

    def show(self, suite: str, progress: Progress | None) -> None:
        """Show the progress of a suite; None where another process runs it."""
        now = self._clock()
        if progress is None or now < self._next:
            return
        self._next = now + (0.5 if self._live else EVERY)
        text = line(suite, progress)
        if self._live:
            covered = max(len(self._shown), len(self._before()))
            self._write(f"\r{text:<{covered}}")
            self._shown = text
        else:
            self._write(f"\n{text}\n")

    def clear(self) -> None:
        """Take the line away and put back what was there: pytest goes on where it stood."""
        if self._shown:
            self._write("\r" + " " * len(self._shown) + "\r" + self._before())
            self._shown = ""


def line(suite: str, progress: Progress) -> str:
    """Return one line: battles, running win rate, errors, time left."""
    parts = [f"arena {suite}: {progress.done}/{progress.planned} prompts"]
    for name, rate in progress.win_rates.items():
        parts.append(f"{name} {rate:.3f}")
    parts.append(f"{progress.calls} calls, {progress.errors} errors")
    if progress.left is not None:
        parts.append(f"about {duration(progress.left)} left")
    return "; ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration as people say it.

    Examples:
        >>> duration(42.4), duration(125), duration(7300)
        ('42 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def progress_line(
    config: pytest.Config, environ: Mapping[str, str], clock: Callable[[], float]
) -> ProgressLine | None:
    """Return the line of a session, written past pytest's capturing; None where nobody reads it.

    Args:
        config: Of the session.
        environ: On a CI service, which sets ``CI``, the line does not move.
        clock: Monotonic seconds.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.verbose < 0:
        return None
    terminal = reporter._tw  # pytest has no public way past its capturing
    capture = config.pluginmanager.get_plugin("capturemanager")

    def uncaptured() -> AbstractContextManager[None]:
        return capture.global_and_fixture_disabled() if capture else nullcontext()

    def write(text: str) -> None:
        with uncaptured():
            terminal._file.write(text)  # unseen by its column count
            terminal._file.flush()

    with uncaptured():
        live = terminal._file.isatty() and not environ.get("CI")
    return ProgressLine(write, live=live, before=lambda: terminal._current_line, clock=clock)
