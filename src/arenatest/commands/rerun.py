"""``arenatest rerun``: asks single prompts again and shows what everybody says.

It always asks afresh, and records in a store of its own: what is asked again until it looks good
must never be reused by a run that decides gates.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands
from arenatest.errors import MissingKey, OptionError

if TYPE_CHECKING:
    import pytest

    from arenatest.arena.run import Conditions
    from arenatest.collection.session import ArenaSession
    from arenatest.model.plan import Plan
    from arenatest.model.prompt import Prompt
    from arenatest.model.record import Answered, Ledger
    from arenatest.report.battles import Battle
    from arenatest.suite.suite import Suite

FOLDER = "reruns"
"""The folder of the store of reruns, in that of the store."""


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "ask prompts of a suite again, afresh, and show answers and judgments; no gate decides"
    rerun = commands.add_parser("rerun", help=said, description=said)
    rerun.add_argument("suite", metavar="SUITE", type=Path)
    rerun.add_argument("prompts", metavar="PROMPT", nargs="+", help="ids of prompts")
    rerun.add_argument("--candidate", metavar="NAME", help="only this one; default: all")
    rerun.add_argument(
        "--times", type=int, default=1, metavar="N", help="how often, to see what varies"
    )
    rerun.add_argument("--store", help="default: as for pytest --arena")
    rerun.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if not options.suite.is_file():
        raise OptionError(f"no such file: {options.suite}")
    if options.times < 1:
        raise OptionError(f"--times: got {options.times}, expected a whole number from 1 on")
    pytest_options = [str(options.suite)]
    if options.store is not None:
        pytest_options.append(f"--arena-store={options.store}")
    return configured(partial(_rerun, options), pytest_options)


def _rerun(options: argparse.Namespace, config: pytest.Config) -> None:
    from arenatest.collection.items import kinds_for
    from arenatest.report.battles import battles
    from arenatest.suite.load import load_suite

    suite = load_suite(options.suite.absolute(), root=config.rootpath, kinds=kinds_for(config.hook))
    part = part_of(suite, options.prompts, options.candidate, options.times)
    session = cast("ArenaSession", config.pluginmanager.get_plugin("arenatest-session"))
    folder = session.own_folder / FOLDER
    ledger = _fight(part, folder, replace(session.conditions, fresh=True))
    asked = {prompt.id for prompt in part.plan.prompts} & set(options.prompts)
    fought = [battle for battle in battles(ledger) if battle.prompt.id in asked]
    for battle in fought:
        print("\n".join(_lines(battle, part.plan)))
    for line in _summary(fought):
        print(line)
    if ledger.run.stopped is not None:
        print(f"not all was asked: {ledger.run.stopped[1]}")
    shown = os.path.relpath(folder)
    print(f"recorded apart: arenatest show CHAT_ID --store {shlex.quote(shown)}")


def part_of(suite: Suite, asked: Sequence[str], candidate: str | None, times: int) -> Suite:
    """Return a suite of some prompts without gates; earlier turns of a conversation come along.

    Raises:
        OptionError: It has no such prompt, or no such candidate.
    """
    from arenatest.model.identity import content_id
    from arenatest.suite.mistakes import near_name

    plan = suite.plan
    known = {prompt.id: prompt for prompt in plan.prompts}
    for name in asked:
        if name not in known:
            near = near_name(name, known)
            meant = f", did you mean {near!r}?" if near else ""
            raise OptionError(f"{plan.path}: no prompt has the id {name!r}{meant}")
    names = [one.name for one in plan.candidates]
    if candidate is not None and candidate not in names:
        raise OptionError(f"got {candidate!r}, expected a candidate: {', '.join(names)}")
    wanted = [known[name] for name in asked]
    rivals = tuple(one for one in plan.candidates if candidate in (None, one.name))
    part = replace(
        plan,
        prompts=tuple(prompt for prompt in plan.prompts if _belongs(prompt, wanted)),
        candidates=rivals,
        metrics=(),
        metric_fingerprints=(),
        rules=(),
        repeats=times,
        hash=content_id("rerun", plan.hash, sorted(asked), [one.name for one in rivals], times),
    )
    return replace(
        suite,
        plan=part,
        contestants=tuple(setup for setup in suite.contestants if setup.name in _names(part)),
        metrics=(),
        latency_gated=False,
    )


def _belongs(prompt: Prompt, wanted: Sequence[Prompt]) -> bool:
    return any(
        prompt.id == one.id
        or (
            one.conversation is not None
            and prompt.conversation == one.conversation
            and prompt.turn < one.turn
        )
        for one in wanted
    )


def _names(plan: Plan) -> set[str]:
    return {one.name for one in plan.contestants}


def _fight(suite: Suite, folder: Path, conditions: Conditions) -> Ledger:
    """Fight the battles and return the record.

    Raises:
        MissingKey: An API key is not set; nothing was called.
        ArenaError: The run broke down.
    """
    from arenatest.arena.run import SuiteRun
    from arenatest.collection.fixture import Everything
    from arenatest.store import open_store

    called = _names(suite.plan) | {seat.name for seat in suite.plan.judges}
    unset = [
        variable
        for variable, users in suite.environment.items()
        if called & set(users) and not conditions.environ.get(variable)
    ]
    if unset:
        raise MissingKey(f"not set: {', '.join(unset)}")
    with open_store(folder) as store:
        running = SuiteRun(suite, store, Everything(suite.plan, timed=False), conditions)
        running.start()
        try:
            running.join()
        except BaseException:
            running.stop("plan", "the command was interrupted")
            running.join()
            raise
        running.check()
        return store.load(running.run.id)


def _lines(battle: Battle, plan: Plan) -> Iterator[str]:
    from arenatest.report.escape import for_terminal
    from arenatest.report.phrases import OUTCOMES

    again = f", time {battle.repeat + 1}" if plan.repeats > 1 else ""
    ended = OUTCOMES.get(battle.outcome, battle.outcome)
    score = "" if battle.score is None else f" {battle.score:.2f}"
    why = battle.cause or ("equal answers" if battle.identical else "")
    head = f"{battle.prompt.id}  {battle.candidate}{again}: {ended}{score}"
    yield for_terminal(f"{head}{f' ({why})' if why else ''}")
    yield from _block("prompt", battle.prompt.text)
    if battle.prompt.reference:
        yield from _block("reference", battle.prompt.reference)
    for name, one in ((plan.baseline.name, battle.baseline), (battle.candidate, battle.answered)):
        yield from _answer(name, one)
    for chair, said in battle.games:
        verdict = said.verdict.value if said.verdict else f"void ({said.void})"
        yield from _block(f"{chair.judge}, {chair.order.value}: {verdict}", said.explanation)
    yield ""


def _answer(name: str, one: Answered | None) -> Iterator[str]:
    if one is None:
        yield from _block(name, "no answer")
    elif one.answer.failure is not None:
        failure = one.answer.failure
        yield from _block(f"{name} failed: {failure.kind}", failure.message)
    else:
        yield from _block(f"{name}  {one.chat_id}", one.answer.text)


def _block(title: str, text: str) -> Iterator[str]:
    from arenatest.report.escape import for_terminal

    yield for_terminal(f"  {title}")
    yield from (for_terminal(f"    | {line}") for line in text.splitlines())


def _summary(fought: Sequence[Battle]) -> Iterator[str]:
    """Yield how the times ended of each prompt that was asked more than once."""
    ended: dict[tuple[str, str], Counter[Any]] = {}
    for battle in fought:
        count = ended.setdefault((battle.prompt.id, battle.candidate), Counter())
        count[battle.outcome] += 1
    for (prompt, candidate), count in ended.items():
        times = sum(count.values())
        if times > 1:
            parts = ", ".join(
                f"{count[word]} {said}"
                for word, said in (("win", "won"), ("tie", "tied"), ("loss", "lost"))
            )
            void = times - count["win"] - count["tie"] - count["loss"]
            yield f"{prompt}  {candidate}: {parts}, {void} void of {times}"
