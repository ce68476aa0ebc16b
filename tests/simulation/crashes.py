"""Sessions that are killed at random moments and started again.

What a seed does is drawn from the seed alone: the variant of the suite, the kind of kill, and the
moments, as shares of what the undisturbed session takes: of its time, or of its calls.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from simulation.ends import hold_end, hold_reports
from simulation.sessions import PATIENCE, VARIANTS, Differs, Models, Seen, Variant, World

WITH_WORKERS = 1.7
"""Times as long a session takes with two workers."""
LATE = 1.1
_LOOK = 0.002  # seconds between two looks at how far a session is

Kind = Literal["once", "twice", "group", "worker"]
"""Whether the one process is killed once or twice, all processes of ``-n 2``, or one worker."""


class Moment(NamedTuple):
    """When to kill: after a share of the undisturbed session's seconds, or of its calls.

    A share of the seconds may be larger than 1, and come too late.
    """

    of: Literal["time", "calls"]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one seed does."""

    seed: int
    kind: Kind
    variant: Variant
    moments: tuple[Moment, ...]

    def __str__(self) -> str:
        at = ", ".join(f"{moment.share:.3f} of its {moment.of}" for moment in self.moments)
        return f"seed {self.seed}: {self.variant}, {self.kind}, at {at}"


@dataclass(slots=True, kw_only=True)
class Told:
    """What became of one case.

    Attributes:
        kills: How many hit: others came too late.
        twice: Calls that were paid twice.
        calls: Made until each of the moments.
    """

    case: Case
    kills: int = 0
    twice: int = 0
    calls: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        after = " and ".join(f"{calls:,}" for calls in self.calls)
        return f"{self.case}: after {after} calls, {self.kills} hit, {self.twice} paid twice"


Undisturbed = Mapping[Variant, Seen]
"""What each variant of the suite comes to when nobody kills it."""


def drawn(seed: int) -> Case:
    """Return what a seed does; half of all moments are shares of the calls, which are soon made."""
    chance = random.Random(f"crash {seed}")
    kind: Kind = chance.choices(("once", "twice", "group", "worker"), (12, 4, 2, 2))[0]
    variant: Variant = chance.choices(VARIANTS, (4, 4, 2))[0]
    moments = []
    for _ in range(2 if kind == "twice" else 1):
        of: Literal["time", "calls"] = chance.choice(("time", "calls"))
        moments.append(Moment(of, chance.random() * (LATE if of == "time" else 1.0)))
    return Case(seed=seed, kind=kind, variant=variant, moments=tuple(moments))


def undisturbed(folder: Path, server: Models, *, at_once: int = 1) -> Undisturbed:
    """Run each variant once, as many side by side as cases are going to be."""

    def run(variant: Variant) -> Seen:
        place = folder / f"undisturbed-{variant}"
        name = f"{folder.name}-{variant}"
        return World(place, server, variant=variant, store=str(place / "store"), name=name).run()

    with ThreadPoolExecutor(at_once) as pool:
        return dict(zip(VARIANTS, pool.map(run, VARIANTS), strict=True))


def crash(case: Case, world: World, whole: Undisturbed) -> Told:
    """Kill a world's session as a case says, start it again, and hold the end to the undisturbed.

    Raises:
        Differs: Something was lost, doubled, or decided otherwise; it names the case.
    """
    told = Told(case=case)
    chance = random.Random(f"victim {case.seed}")
    arguments = ("-n2",) if case.kind in ("group", "worker") else ()
    expected = whole[case.variant]
    try:
        for moment in case.moments:
            world.forget()
            process = world.start(*arguments)
            if _until(process, _due(moment, world, expected, slower=bool(arguments))):
                told.kills += _kill(process, case.kind, chance)
            told.calls.append(len(world.calls))
            hold_reports(world, expected)
        ended = world.run(*arguments)
        told.twice = hold_end(world, ended, expected, kills=told.kills)
    except AssertionError as error:
        raise Differs(f"{case}: {error}\n{world.output()}") from error
    return told


def _due(moment: Moment, world: World, expected: Seen, *, slower: bool) -> Callable[[], bool]:
    if moment.of == "calls":
        calls = len(world.calls) + moment.share * expected.calls
        return lambda: len(world.calls) >= calls
    seconds = expected.seconds * moment.share * (WITH_WORKERS if slower else 1.0)
    at = time.monotonic() + seconds
    return lambda: time.monotonic() >= at


def _until(process: subprocess.Popen[bytes], due: Callable[[], bool]) -> bool:
    """Wait until it is time; False if the session was over before."""
    while process.poll() is None:
        if due():
            return True
        time.sleep(_LOOK)
    return False


def _kill(process: subprocess.Popen[bytes], kind: Kind, chance: random.Random) -> bool:
    """Kill a session, or one worker of it and wait for the others; False if none was there."""
    if kind != "worker":
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    children: list[str] = []
    while not children and process.poll() is None:  # they are started after a while
        children = _children(process.pid)
        time.sleep(_LOOK)
    if children:
        os.kill(int(chance.choice(children)), signal.SIGKILL)
    process.wait(PATIENCE)
    return bool(children)


def _children(parent: int) -> list[str]:
    try:
        return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:  # it is over
        return []
