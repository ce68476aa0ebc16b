"""A run on another run's answers: judges are called, contestants never."""

import pytest

from arenatest.arena.run import SuiteRun
from arenatest.model.judgment import Order, Verdict
from arenatest.model.record import AnswerSlot
from arenatest.store import open_store
from fakes.models import ScriptedProvider, failed, letters
from fakes.plans import plan_of
from fakes.runs import FakeJudge, FakeWatcher, conditions, game_slot, naming, suite_of

PROMPTS = 6


class Untouchable(ScriptedProvider):
    """A contestant that must not even be opened."""

    async def open(self):
        raise AssertionError("opened")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        yield opened


def fought(store, folder, models, judge, *, enough=lambda _: False, answers_of=None, session="s"):
    plan = plan_of(letters(PROMPTS))
    suite = suite_of(plan, models, judge, folder=folder, concurrency=1)
    watcher = FakeWatcher(plan, enough=enough)
    run = SuiteRun(suite, store, watcher, conditions(session), answers_of=answers_of)
    run.start()
    assert run.join(20)
    run.check()
    return run.run, watcher


def test_recorded_answers_are_judged_afresh_and_contestants_are_not_even_opened(store, tmp_path):
    models = {"old": naming("old"), "new": naming("new")}
    first, _ = fought(store, tmp_path, models, FakeJudge())
    judge = FakeJudge()
    nobody = {name: Untouchable() for name in models}
    again, watcher = fought(store, tmp_path, nobody, judge, answers_of=first.id, session="t")
    assert again.id != first.id
    assert watcher.stopped is None
    assert len(judge.games) == 2 * PROMPTS
    ledger = store.load(again.id)
    assert {a.reused for a in ledger.answers.values()} == {True}
    assert (
        ledger.judgments[game_slot(letters(PROMPTS)[0], Order.BASELINE_FIRST)].verdict
        is Verdict.B_BETTER
    )
    assert ledger.calls == {}
    assert store.run(again.id).finished is not None


def test_a_recorded_failure_is_no_missing_answer(store, tmp_path):
    models = {"old": naming("old"), "new": ScriptedProvider(failed(retryable=False))}
    first, _ = fought(store, tmp_path, models, FakeJudge())
    again, watcher = fought(store, tmp_path, models, FakeJudge(), answers_of=first.id, session="t")
    assert watcher.stopped is None
    assert not store.load(again.id).answers[AnswerSlot("new", letters(PROMPTS)[0])].answer.ok


def test_answers_that_are_nowhere_are_counted_and_the_run_stays_open(store, tmp_path):
    models = {"old": naming("old"), "new": naming("new")}
    first, _ = fought(
        store, tmp_path, models, FakeJudge(), enough=lambda ledger: len(ledger.judgments) >= 4
    )
    bought = len(store.load(first.id).answers)
    assert bought < 2 * PROMPTS
    nobody = {name: Untouchable() for name in models}
    again, watcher = fought(store, tmp_path, nobody, FakeJudge(), answers_of=first.id, session="t")
    lost = 2 * PROMPTS - bought
    assert watcher.stopped == (
        "plan",
        f"{lost} answers are not on record, and no contestant was asked",
    )
    assert store.run(again.id).finished is None

    models = {"old": naming("old"), "new": naming("new")}
    later, watcher = fought(store, tmp_path, models, FakeJudge(), session="u")
    assert later.id != again.id  # whose clocks are those of the first run
    assert sum(len(model.calls) for model in models.values()) == lost
    assert watcher.stopped is None


def test_missing_answers_that_nobody_needs_any_more_stop_nothing(store, tmp_path):
    models = {"old": naming("old"), "new": naming("new")}

    def enough(ledger):
        return len(ledger.judgments) >= 4

    first, _ = fought(store, tmp_path, models, FakeJudge(), enough=enough)
    again, watcher = fought(
        store, tmp_path, models, FakeJudge(), enough=enough, answers_of=first.id, session="t"
    )
    assert watcher.stopped is None
    assert store.run(again.id).finished is not None
