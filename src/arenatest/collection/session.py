"""What a pytest session with ``--arena`` keeps: the store, one seat for each suite, the reports."""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import arenatest
from arenatest import caches, judges, metrics, providers
from arenatest.arena.engine import Progress
from arenatest.arena.foreign import told
from arenatest.arena.garbage import seldom_collected
from arenatest.arena.redact import Redactor
from arenatest.arena.run import Conditions
from arenatest.collection.allowance import read_allowance
from arenatest.collection.caching import CachePlugin
from arenatest.collection.command import shown_command
from arenatest.collection.commit import commit_of
from arenatest.collection.items import GateItem, SuiteFile
from arenatest.collection.keys import missing_keys
from arenatest.collection.lockfile import lock_mode, refused_models, standing_of
from arenatest.collection.minutes import Minutes
from arenatest.collection.options import SUFFIX, flag, folder, own_folder, store_place
from arenatest.collection.places import folder_problem, shown
from arenatest.collection.progress import ProgressLine, progress_line
from arenatest.collection.quiet import alone
from arenatest.collection.rerun import read_rerun, rerun_problem
from arenatest.collection.seat import INTERRUPTED, Seat
from arenatest.collection.troubles import show_troubles
from arenatest.errors import ArenaError, MissingKey, StoreError
from arenatest.model.decision import Decision
from arenatest.store import Store, is_recorded, open_store
from arenatest.suite.suite import Suite

if TYPE_CHECKING:
    from arenatest.collection.outputs import Outputs
    from arenatest.lock.standing import Standing
    from arenatest.model.plan import Plan
    from arenatest.model.record import Run
    from arenatest.report.suite_run import SuiteRun

CUT_SHORT = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
BUILT_IN = {"providers": providers, "judges": judges, "metrics": metrics, "caches": caches}


class ArenaSession:
    """The plugin that is registered when ``--arena`` is given."""

    def __init__(self, config: pytest.Config) -> None:
        self._while_running = ExitStack()
        self.config = config
        worker = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.id: str = worker["arenatest_session"] if worker else secrets.token_hex(16)
        self.store_place = store_place(config)
        self.own_folder = own_folder(config, self.store_place)
        self.locks = self.own_folder / "locks"
        self.report_folder = folder(config, "arena_reports", "reports")
        self.lock_mode = lock_mode(config)
        self.rerun = read_rerun(config)
        self.allowance = read_allowance(config, self.locks, self.id, several=self.is_worker)
        self._minutes = Minutes(
            self.locks, self.id, several=self.is_worker, clock=time.perf_counter
        )
        self._cache = CachePlugin(config)
        self._store: Store | None = None
        self._seats: dict[str, Seat] = {}
        self._decided: set[str] = set()
        self._line: ProgressLine | None = None
        self._outputs: Outputs | None = None
        self._troubles: list[str] = []
        self._failures: set[str] = set()
        self._cut_short = False
        for name, module in BUILT_IN.items():
            config.pluginmanager.register(module, f"arenatest-{name}")
        config.pluginmanager.register(self._cache, "arenatest-cache")

    @property
    def store(self) -> Store:
        """The store, opened when it is first needed: collecting alone writes nothing."""
        if self._store is None:
            self._store = open_store(self.store_place)
        return self._store

    @cached_property
    def commit(self) -> str | None:
        """The commit under test: looked up once in a session, when its first run begins."""
        worker = getattr(self.config, "workerinput", None)
        if worker is not None:
            known: str | None = worker["arenatest_commit"]
            return known
        return commit_of(os.environ, self.config.rootpath)

    @property
    def conditions(self) -> Conditions:
        """The outside, as this process sees it."""
        return Conditions(
            session=self.id,
            fresh=flag(self.config, "arena_fresh"),
            clock=time.perf_counter,
            wall=time.time,  # noqa: TID251 - here wall time enters
            new_id=lambda: secrets.token_hex(12),  # records hold them often; a billion are unique
            environ=os.environ,
            budgets=self.allowance.budgets,
            traffic=self._minutes.traffic,
            caching=lambda: self._cache.caching,
            rerun=self.rerun,
            commit=lambda: self.commit,
            alone=partial(alone, self.locks),
            versions={
                "arenatest": arenatest.__version__,
                "pytest": pytest.__version__,
                "python": platform.python_version(),
            },
        )

    def seat(self, suite: Suite, rules: Sequence[Any]) -> Seat:
        """Return the seat of a suite in this process."""
        key = suite.plan.hash
        if key not in self._seats:
            self._seats[key] = Seat(
                suite,
                [item.rule for item in rules],
                store=self.store,
                locks=self.locks,
                conditions=self.conditions,
                shared=self.is_worker,
                answers_of=self.answers_of(suite),
            )
        return self._seats[key]

    def command(self, redact: Callable[[str], str]) -> str:
        """Return what was typed, without secrets."""
        return shown_command(self.config.invocation_params.args, redact)

    def answers_of(self, suite: Suite) -> str | None:
        """Return the run whose answers are to be judged again; None where contestants are asked."""
        del suite
        return None

    def missing(self, items: Sequence[GateItem]) -> str:
        """Return what the gates need and this machine lacks; empty if nothing."""
        return missing_keys(items, os.environ)

    def decide(self, item: GateItem) -> Decision:
        """Return the decision of one gate item, running its suite if need be.

        Raises:
            ArenaError: The run broke down, or a key is missing.
        """
        plan = item.suite.plan.hash
        selected = [
            other
            for other in item.session.items
            if isinstance(other, GateItem) and other.suite.plan.hash == plan
        ]
        if self.is_worker and (missing := self.missing(selected)):
            raise MissingKey(missing)
        seat = self.seat(item.suite, selected)
        try:
            with self._told(item.suite) as tick:
                decision = seat.decide(item.rule.candidate, item.rule.id, tick)
        except KeyboardInterrupt:
            self._call_off()
            raise
        except Exception as error:
            self._failures.add(str(error))
            raise
        self._decided.add(plan)
        return decision

    def refused(self, item: GateItem) -> str:
        """Return why a gate that passed must not count: a model is served that was not locked."""
        if self.lock_mode != "refuse":
            return ""
        plan, root = item.suite.plan, self.config.rootpath
        runs = self.store.runs(session=self.id)
        mine = (run.id for run in runs if run.plan_hash == plan.hash)
        said = (refused_models(self.store, run_id, plan, root) for run_id in mine)
        return next(filter(None, said), "")

    def runs(self) -> Sequence[SuiteRun]:
        """Return what the session made, read back from the store for the reports."""
        if self._store is None and not self._is_recorded():
            return ()
        from arenatest.collection.outputs import read_run

        return [
            read_run(self.store, run, self._standing(run, self.store.plan(run.plan_hash)))
            for run in self.store.runs(session=self.id)
        ]

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect suites."""
        if file_path.name.endswith(SUFFIX):
            return SuiteFile.from_parent(parent, path=file_path)
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Refuse to start while a key or a place to write is missing: once, before any call."""
        self._while_running.enter_context(seldom_collected())
        if session.config.option.collectonly or self.is_worker:
            return
        items = [item for item in session.items if isinstance(item, GateItem)]
        if missing := self.missing(items):
            raise pytest.UsageError(missing)
        if items:
            self._check_places()
            self._check_rerun(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker which session it belongs to."""
        node.workerinput["arenatest_session"] = self.id
        node.workerinput["arenatest_commit"] = self.commit

    def pytest_report_header(self) -> str:
        """Say where things are recorded."""
        root = self.config.rootpath
        store, reports = shown(self.store_place, root), shown(self.report_folder, root)
        return f"arena: store {store}, reports {reports}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Stop buying at once: a second Ctrl-C may cut off what pytest does about the first."""
        self._call_off()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, None, None]:
        """Bring the runs to an end; in the controller, write the reports from the store.

        The reports come when all other plugins have finished, xdist's workers among them.
        """
        if session.shouldstop or session.shouldfail or exitstatus in CUT_SHORT:
            self._cut_short = True
        with self._going_on(session):
            if self._cut_short:
                self._call_off()  # again: another Ctrl-C may have cut that off
            self._end_runs(session)
        try:
            return (yield)
        finally:
            if not self.is_worker and not session.config.option.collectonly:
                with self._going_on(session):
                    self._report(session)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the section of the arena."""
        if self._outputs is not None:
            self._outputs.show(terminalreporter)
            self._outputs = None  # pytest ends with full collections: they cost by what is alive
        elif self._troubles:
            terminalreporter.write_sep("=", "arena")
        show_troubles(terminalreporter, self._troubles)

    def pytest_unconfigure(self) -> None:
        """Close the store, and collect as before."""
        self._while_running.close()
        if self._store is not None:
            self._store.close()
        if not self.is_worker:
            self.allowance.forget()
        self._minutes.close(forget=not self.is_worker)

    def _call_off(self) -> None:
        """Stop buying, here and in workers: they look into the store."""
        self._cut_short = True
        for seat in self._seats.values():
            seat.call_off()
        if self.config.pluginmanager.hasplugin("dsession"):
            with suppress(StoreError):
                self._call_off_workers()

    def _call_off_workers(self) -> None:
        if self._is_recorded():
            for run in self.store.runs(session=self.id):
                if run.finished is None:
                    self.store.finish(run.id, None, ("plan", INTERRUPTED))

    def _is_recorded(self) -> bool:
        """Whether this session may have recorded anything; a server is asked only where it may."""
        if isinstance(self.store_place, Path):
            return is_recorded(self.store_place)
        return self.config.pluginmanager.hasplugin("dsession")

    @contextmanager
    def _going_on(self, session: pytest.Session) -> Iterator[None]:
        """Go on to the summary after another Ctrl-C: it tells what became of what was paid."""
        try:
            yield
        except KeyboardInterrupt:
            session.exitstatus = pytest.ExitCode.INTERRUPTED
            self._troubles.append("interrupted again: what is recorded is kept for the next run")

    def _end_runs(self, session: pytest.Session) -> None:
        """Let go of all runs: the reports read the store, and one ledger in memory is enough."""
        for plan in list(self._seats):
            seat = self._seats.pop(plan)
            try:
                if not self._cut_short:
                    self._finish(seat)
            except KeyboardInterrupt:
                self._cut_short = True
                session.exitstatus = pytest.ExitCode.INTERRUPTED
            if self._cut_short:
                seat.stop()

    def _finish(self, seat: Seat) -> None:
        """Let a run end by itself; if it breaks down when all gates are decided, say so."""
        try:
            with self._told(seat.suite) as tick:
                seat.finish(tick)
        except Exception as error:  # whatever ended the thread
            if str(error) not in self._failures:  # else a gate has failed with it
                said = error if isinstance(error, ArenaError) else told(error)
                self._troubles.append(f"warning: after the gates were decided: {said}")

    def _check_places(self) -> None:
        problem = folder_problem(self.report_folder)
        if problem:
            raise pytest.UsageError(f"{problem}\n  hint: choose another with --arena-reports")
        try:
            self.store  # noqa: B018 - opens it
        except StoreError as error:
            raise pytest.UsageError(str(error)) from None

    def _check_rerun(self, items: Sequence[GateItem]) -> None:
        plans = {item.suite.plan.hash: item.suite.plan for item in items}.values()
        if self.rerun is not None and (problem := rerun_problem(self.store, plans)):
            raise pytest.UsageError(problem)

    def _report(self, session: pytest.Session) -> None:
        """Write the reports; what goes wrong fails the build and is told, without a traceback."""
        if session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            return  # nothing was begun
        whole = True
        try:
            self._outputs = self._written()
        except ArenaError as error:
            whole = False
            self._troubles.append(f"no report was written: {error}")
        whole = whole and (self._outputs is None or self._outputs.whole)
        if session.exitstatus == pytest.ExitCode.OK and not whole:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _written(self) -> Outputs | None:
        runs = [
            run
            if run.again is None
            else replace(run, standing=self._standing(run.ledger.run, run.ledger.plan))
            for run in self.runs()
        ]
        if self._decided - {run.ledger.run.plan_hash for run in runs}:
            raise StoreError("another session has asked the same run again; its report has it all")
        if not runs:
            return None
        from arenatest.collection.outputs import Outputs  # after the last call, not before

        return Outputs.write(
            runs,
            folder=self.report_folder,
            root=self.config.rootpath,
            command=self.command(Redactor((), os.environ).text),
            finished=self.conditions.wall(),
            ihook=self.config.hook,
            environ=os.environ,
        )

    def _standing(self, run: Run, plan: Plan) -> Standing:
        return standing_of(run, plan, self.store, self.config.rootpath, self.lock_mode)

    @contextmanager
    def _told(self, suite: Suite) -> Iterator[Callable[[Progress | None], None]]:
        """Give what shows a suite's progress; the line is gone afterwards."""
        line = self._progress()
        try:
            yield lambda progress: line.show(suite.plan.suite, progress) if line else None
        finally:
            if line is not None:
                line.clear()

    def _progress(self) -> ProgressLine | None:
        if self._line is None and not self.is_worker:
            self._line = progress_line(self.config, os.environ, time.perf_counter)
        return self._line
