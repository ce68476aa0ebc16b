"""A finished run goes on: what failed or is void is bought anew, in its place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from arenatest.arena.run import SuiteRun
from arenatest.errors import StoreError
from arenatest.model.judgment import Judgment
from arenatest.store import open_store
from fakes.models import ScriptedProvider, failed, letters, said
from fakes.plans import plan_of
from fakes.runs import FakeJudge, FakeWatcher, conditions, suite_of


class Model(ScriptedProvider):
    """Says its name and the prompt's; on some prompts it fails, as long as it is ill."""

    def __init__(self, name, ill=()):
        super().__init__(self._say)
        self.name, self.ill = name, set(ill)

    def _say(self, call):
        if call.prompt.id in self.ill:
            return failed("refused", retryable=False)
        return said(f"{self.name} says {call.prompt.id}")


class Judge(FakeJudge):
    """Cannot be read on some prompts, as long as it is ill."""

    def __init__(self, ill=()):
        super().__init__()
        self.ill = set(ill)

    async def judge(self, game, ask):
        judgment = await super().judge(game, ask)
        return Judgment(void="unparsed") if game.prompt.id in self.ill else judgment


class Scene:
    """A run of ten prompts: the candidate fails on p3, the judge cannot be read on p5 and p6."""

    def __init__(self, folder):
        self.folder, self.store = folder, open_store(folder / "store")
        self.plan = plan_of(letters(10))
        self.models = {"old": Model("old"), "new": Model("new", ill=["p3"])}
        self.judge = Judge(ill=["p5", "p6"])
        self.ids = iter(range(10_000))
        self.seconds = iter(range(1_000, 10_000))

    def run(self, session, rerun=None, *, fresh=False):
        suite = suite_of(self.plan, self.models, self.judge, folder=self.folder)
        outside = replace(
            conditions(session),
            rerun=rerun,
            fresh=fresh,
            new_id=lambda: f"{session}-{next(self.ids)}",
            wall=lambda: float(next(self.seconds)),
            commit=lambda: "c0ffee1",
        )
        return SuiteRun(suite, self.store, FakeWatcher(self.plan), outside)

    def play(self, session, rerun=None):
        run = self.run(session, rerun)
        run.start()
        assert run.join(20)
        run.check()
        return run.run.id

    def recover(self):
        for model in (*self.models.values(), self.judge):
            model.ill.clear()

    def bought(self):
        """What was asked and judged since the last look."""
        asked = {f"{m.name} {call.prompt.id}" for m in self.models.values() for call in m.calls}
        games = Counter(game.prompt.id for game in self.judge.games)
        for model in self.models.values():
            model.calls.clear()
        self.judge.games.clear()
        return asked, dict(games)


@pytest.fixture
def scene(tmp_path):
    made = Scene(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def finished(scene):
    scene.first = scene.play("s-1")
    scene.recover()
    scene.bought()
    return scene


def test_what_is_void_is_bought_anew_in_its_place_and_nothing_else(finished):
    assert finished.play("s-2", "void") == finished.first

    assert finished.bought() == ({"new p3"}, {"p3": 2, "p5": 2, "p6": 2})
    ledger = finished.store.load(finished.first)
    assert len(ledger.judgments) == 20
    assert not any(said.void for said in ledger.judgments.values())
    (again,) = ledger.asked_again
    assert (again.what, again.answers, again.judgments) == ("void", 1, 4)
    assert len(finished.store.runs()) == 1


def test_failed_asks_for_answers_alone(finished):
    finished.play("s-2", "failed")

    assert finished.bought() == ({"new p3"}, {"p3": 2})
    assert (
        sum(
            said.void is not None for said in finished.store.load(finished.first).judgments.values()
        )
        == 4
    )


def test_the_calls_that_failed_stay_on_record_and_are_paid_for(finished):
    calls = finished.store.load(finished.first).calls["new"]
    finished.play("s-2", "void")

    assert finished.store.load(finished.first).calls["new"] == calls + 1


def test_what_fails_again_is_void_again(finished):
    finished.models["new"].ill.add("p3")
    finished.play("s-2", "void")

    ledger = finished.store.load(finished.first)
    assert [slot.prompt for slot, a in ledger.answers.items() if not a.answer.ok] == ["p3"]


def test_a_rerun_that_was_cut_short_goes_on_like_any_other_run(finished):
    cut = finished.run("s-2", "void")
    cut.stop("plan", "interrupted")
    cut.start()
    assert cut.join(20)
    assert finished.bought() == (set(), {})

    assert finished.play("s-3") == finished.first

    assert finished.bought() == ({"new p3"}, {"p3": 2, "p5": 2, "p6": 2})
    kinds = [event.kind for event in finished.store.events(finished.first)]
    assert kinds == ["begun", "finished", "rerun", "stopped", "continued", "finished"]


def test_another_process_of_the_session_goes_on_with_it_and_takes_nothing_away(finished):
    cut = finished.run("s-2", "void")
    cut.stop("plan", "its worker died")
    cut.start()
    assert cut.join(20)

    finished.play("s-2", "void")

    kinds = Counter(event.kind for event in finished.store.events(finished.first))
    assert kinds["rerun"] == 1


def test_there_must_be_a_run_to_open(scene):
    with pytest.raises(StoreError, match="no run of this plan is recorded"):
        scene.run("s-1", "void")
    assert scene.store.runs() == []


def test_a_run_remembers_the_commit(finished):
    assert finished.store.run(finished.first).commit == "c0ffee1"
