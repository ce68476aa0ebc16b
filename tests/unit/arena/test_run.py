import asyncio
import contextlib
import re
import sqlite3
import threading

import pytest

from arenatest.arena import cast
from arenatest.arena.run import SuiteRun
from arenatest.errors import PluginError, StoreError
from arenatest.model.judgment import Order
from arenatest.model.record import Generation
from arenatest.store import Store, open_store
from arenatest.store.sqlite import FILE_NAME
from fakes.models import ScriptedProvider, failed, letters
from fakes.plans import plan_of
from fakes.runs import FakeJudge, FakeWatcher, conditions, game_slot, naming, suite_of


class Model(ScriptedProvider):
    """A model that can be held at any step of its life, from the test's thread."""

    def __init__(self, name):
        super().__init__(*naming(name)._script)
        self.held = {}
        self.reached = {step: threading.Event() for step in ("open", "answer", "close")}
        self.closed = 0

    def hold(self, step):
        """Let it wait at a step; returns what lets it go on."""
        self.held[step] = threading.Event()
        return self.held[step]

    async def _pass(self, step):
        self.reached[step].set()
        held = self.held.get(step)
        while held is not None and not held.is_set():  # noqa: ASYNC110 - it is set elsewhere
            await asyncio.sleep(0.001)

    async def open(self):
        await self._pass("open")

    async def answer(self, call):
        await self._pass("answer")
        return await super().answer(call)

    async def close(self):
        await self._pass("close")
        self.closed += 1


class Scene:
    """A run of a plan in a store of its own."""

    def __init__(self, folder, *, prompts=20, store=None, **settings):
        self.store = store or open_store(folder / "store")
        self.plan = plan_of(letters(prompts))
        self.models = {c.name: Model(c.name) for c in self.plan.contestants}
        self.watcher = FakeWatcher(self.plan)
        self.folder = folder
        self.settings = settings

    def run(self, session="session", judge=None):
        """Begin a run, or continue one; not started."""
        judge = judge or FakeJudge()
        suite = suite_of(self.plan, self.models, judge, folder=self.folder, **self.settings)
        return SuiteRun(suite, self.store, self.watcher, conditions(session))

    def finish(self, run):
        assert run.join(20), "the run did not end"
        return run.wait("new", "win_rate", 0)

    @property
    def calls(self):
        return sum(len(model.calls) for model in self.models.values())


@pytest.fixture
def scene(tmp_path):
    made = Scene(tmp_path)
    yield made
    made.store.close()


def test_a_whole_run_decides_and_closes_what_it_opened(scene):
    run = scene.run()
    run.start()
    assert scene.finish(run).decision == "pass"
    assert scene.calls == 40
    assert [model.closed for model in scene.models.values()] == [1, 1]
    assert scene.store.run(run.run.id).finished is not None
    assert len(scene.store.load(run.run.id).judgments) == 40


def test_a_stop_before_the_start_makes_no_call_and_leaves_the_gate_open(scene):
    run = scene.run()
    run.stop("plan", "interrupted")
    run.start()
    decided = scene.finish(run)
    assert (decided.decision, decided.cause) == ("inconclusive", "plan")
    assert scene.calls == 0
    assert scene.watcher.stopped == ("plan", "interrupted")
    assert scene.store.run(run.run.id).stopped == ("plan", "interrupted")


def test_a_stop_while_models_open_closes_them_and_leaves_the_gate_open(scene):
    scene.models["new"].hold("open")
    run = scene.run()
    run.start()
    assert scene.models["new"].reached["open"].wait(10)
    run.stop("plan", "interrupted")
    decided = scene.finish(run)
    assert decided.cause == "plan"
    assert [model.closed for model in scene.models.values()] == [1, 1]
    assert scene.calls == 0


def test_a_stop_gives_up_the_calls_in_flight_and_keeps_what_is_recorded(scene):
    scene.models["new"].hold("answer")
    run = scene.run()
    run.start()
    assert scene.models["new"].reached["answer"].wait(10)
    run.stop("plan", "interrupted")
    run.stop("plan", "once more")
    decided = scene.finish(run)
    assert decided.cause == "plan"
    assert scene.watcher.stopped == ("plan", "interrupted")
    stored = scene.store.run(run.run.id)
    assert (stored.finished, stored.stopped) == (None, ("plan", "interrupted"))


def test_a_stopped_run_is_continued_and_ends_as_if_undisturbed(scene):
    scene.models["new"].hold("answer")
    first = scene.run()
    first.start()
    assert scene.models["new"].reached["answer"].wait(10)
    first.stop("plan", "interrupted")
    scene.finish(first)
    scene.models["new"].held.clear()
    second = scene.run("another")
    assert second.continued
    second.start()
    assert scene.finish(second).decision == "pass"
    ledger = scene.store.load(second.run.id)
    assert len(ledger.answers) == len(ledger.judgments) == 40
    assert scene.store.run(second.run.id).finished is not None


def test_a_stop_while_models_close_changes_nothing(scene):
    release = scene.models["old"].hold("close")
    run = scene.run()
    run.start()
    assert scene.models["old"].reached["close"].wait(10)
    run.stop("plan", "interrupted")
    release.set()
    assert scene.finish(run).decision == "pass"
    stored = scene.store.run(run.run.id)
    assert stored.stopped is None
    assert stored.finished is not None


def test_a_stop_after_the_end_changes_nothing(scene):
    run = scene.run()
    run.start()
    scene.finish(run)
    run.stop("plan", "interrupted")
    assert scene.finish(run).decision == "pass"
    assert scene.store.run(run.run.id).stopped is None


def test_a_deadline_leaves_the_gate_open_and_says_so(tmp_path):
    scene = Scene(tmp_path, deadline=0.05)
    scene.models["new"].hold("answer")
    run = scene.run()
    run.start()
    assert scene.finish(run).cause == "plan"
    assert scene.watcher.stopped == ("plan", "the deadline of 0.05 s passed")
    assert [model.closed for model in scene.models.values()] == [1, 1]
    scene.store.close()


def test_a_deadline_that_passes_while_a_limit_holds_calls_back_says_so(tmp_path, monkeypatch):
    async def busy(_call):
        return failed("rate_limited", after=60.0)

    scene = Scene(tmp_path, deadline=0.3)
    monkeypatch.setattr(scene.models["new"], "answer", busy)
    run = scene.run()
    run.start()
    assert scene.finish(run).cause == "plan"
    cause, reason = scene.watcher.stopped
    assert cause == "plan"
    assert re.fullmatch(
        r"the deadline of 0.3 s passed while (1 call was|\d+ calls were) "
        "held back by limits or a server's trouble",
        reason,
    )
    scene.store.close()


def test_a_deadline_that_passes_while_models_open_decides_too(tmp_path):
    scene = Scene(tmp_path, deadline=0.05)
    scene.models["new"].hold("open")
    run = scene.run()
    run.start()
    assert scene.finish(run).cause == "plan"
    assert [model.closed for model in scene.models.values()] == [1, 1]
    assert scene.store.decisions(run.run.id).keys() == {("new", "win_rate")}
    scene.store.close()


def test_a_used_up_budget_is_a_cause_of_its_own(tmp_path):
    scene = Scene(tmp_path, max_calls=7)
    run = scene.run()
    run.start()
    scene.finish(run)
    assert scene.calls == 7
    assert scene.watcher.stopped[0] == "budget"
    scene.store.close()


def test_a_model_that_never_closes_holds_nobody_up(scene, monkeypatch):
    monkeypatch.setattr(cast, "PATIENCE", 0.05)
    scene.models["old"].hold("close")
    run = scene.run()
    run.start()
    assert scene.finish(run).decision == "pass"
    assert scene.models["new"].closed == 1


@pytest.mark.parametrize("raised", [RuntimeError("no memory"), SystemExit(1)])
def test_a_model_that_cannot_open_is_told_to_whoever_waits_and_the_others_are_closed(scene, raised):
    async def refuse():
        raise raised

    scene.models["new"].open = refuse
    run = scene.run()
    run.start()
    with pytest.raises(PluginError, match=r"could not be opened: (RuntimeError|SystemExit)"):
        scene.finish(run)
    assert [model.closed for model in scene.models.values()] == [1, 1]


class FullStore(Store):
    """A store that takes some calls, and then nothing more."""

    room = 12

    def write(self, records):
        self.room -= sum(isinstance(record, Generation) for record in records)
        if self.room < 0:
            raise TypeError("no such thing can be written")
        super().write(records)


def test_a_store_that_fails_ends_the_run_and_reaches_whoever_waits_as_one_error(tmp_path):
    whole = open_store(tmp_path / "store")
    full = FullStore(whole._database)
    scene = Scene(tmp_path, prompts=60, store=full, concurrency=8)
    run = scene.run()
    run.start()
    with pytest.raises(StoreError, match="no such thing can be written"):
        scene.finish(run)
    with pytest.raises(StoreError):
        run.check()
    assert run.over
    assert scene.calls <= 12 + 2 * 8
    assert full.run(run.run.id).finished is None
    whole.close()


def test_several_threads_wait_for_one_decision(scene):
    release = scene.models["new"].hold("answer")
    run = scene.run()
    seen = []
    waiters = [
        threading.Thread(target=lambda: seen.append(run.wait("new", "win_rate", 20)))
        for _ in range(4)
    ]
    run.start()
    for waiter in waiters:
        waiter.start()
    assert run.wait("new", "win_rate", 0.01) is None
    release.set()
    for waiter in waiters:
        waiter.join(20)
    assert [decision.decision for decision in seen] == ["pass"] * 4
    assert run.join(20)


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005, 0.01, 0.02, 0.04])
def test_a_stop_at_any_moment_leaves_a_run_that_can_be_continued(tmp_path, delay):
    scene = Scene(tmp_path)
    first = scene.run()
    first.start()
    threading.Event().wait(delay)
    first.stop("plan", "interrupted")
    assert scene.finish(first) is not None
    second = scene.run("another")
    second.start()
    assert scene.finish(second).decision == "pass"
    ledger = scene.store.load(second.run.id)
    assert len(ledger.answers) == len(ledger.judgments) == 40
    scene.store.close()


def test_what_earlier_runs_made_decides_before_anything_is_bought(scene):
    def enough(ledger):
        first = scene.plan.prompts[:9]
        return all(game_slot(p.id, order) in ledger.judgments for p in first for order in Order)

    scene.finish(started(scene.run()))
    later = {prompt.id for prompt in scene.plan.prompts[9:]}
    unjudged_on_disk(scene, later)
    before = scene.calls
    scene.watcher = FakeWatcher(scene.plan, enough=enough)
    judge = FakeJudge()
    again = scene.run("another", judge=judge)
    assert not again.continued
    assert scene.finish(started(again)).decision == "pass"
    assert (scene.calls - before, judge.games) == (0, [])


def started(run):
    run.start()
    return run


def unjudged_on_disk(scene, prompts):
    """As a gate leaves it that is decided while battles of later prompts wait for a judge."""
    with contextlib.closing(sqlite3.connect(scene.folder / "store" / FILE_NAME)) as database:
        theirs = "prompt = (select number from name where text = ?)"
        delete = f"delete from judgment where {theirs}"  # noqa: S608 - our own words
        database.executemany(delete, [(p,) for p in prompts])
        database.commit()
