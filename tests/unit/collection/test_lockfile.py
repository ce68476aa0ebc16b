from dataclasses import replace

import pytest

from arenatest.collection.lockfile import lock_mode, refuse_drift, refused_models, standing_of
from arenatest.errors import SuiteError
from arenatest.lock.files import lock_text
from arenatest.lock.making import make_lock
from arenatest.lock.standing import Standing
from arenatest.store import open_store
from fakes.ledgers import plan, prompt, rule
from unit.lock.recorded import record

PLAN = replace(plan([prompt("a")], rules=[rule("win_rate")]), path="x.arena.toml")
OTHER = replace(PLAN, seed=1)


class Config:
    """What the option says, as pytest's configuration tells it."""

    def __init__(self, said):
        self.said = said

    def getoption(self, name):
        return self.said if name == "arena_lock" else None

    def getini(self, name):
        return None


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def locked(tmp_path, store):
    run = record(store, PLAN, "then", "w")
    lock = make_lock(PLAN, run, store.served("then"), ())
    (tmp_path / "x.arena.lock").write_text(lock_text(lock), encoding="utf-8")
    return tmp_path / "x.arena.toml"


@pytest.mark.parametrize(("said", "mode"), [(None, "warn"), ("refuse", "refuse"), ("off", "off")])
def test_drift_is_warned_about_unless_said_otherwise(said, mode, monkeypatch):
    monkeypatch.delenv("ARENATEST_LOCK", raising=False)
    assert lock_mode(Config(said)) == mode


def test_another_word_is_a_wrong_option():
    with pytest.raises(pytest.UsageError, match="got 'yes', expected warn, refuse, off"):
        lock_mode(Config("yes"))


def test_a_suite_that_drifted_is_refused_with_what_drifted(locked):
    refuse_drift(locked, PLAN, "refuse")
    with pytest.raises(SuiteError) as caught:
        refuse_drift(locked, OTHER, "refuse")
    first, second, hint = str(caught.value).split("\n")
    assert first == "x.arena.toml: differs from x.arena.lock, and --arena-lock=refuse"
    assert second == "  seed: locked 0, found 1"
    assert hint.startswith("  hint: undo that, or lock it anew with `arenatest lock`")


@pytest.mark.parametrize("mode", ["warn", "off"])
def test_a_suite_that_drifted_is_collected_where_that_is_not_refused(locked, mode):
    refuse_drift(locked, OTHER, mode)


def test_a_broken_lock_is_refused_unless_it_is_not_looked_at(tmp_path):
    (tmp_path / "x.arena.lock").write_text("<<<<<<< ours\n", encoding="utf-8")
    refuse_drift(tmp_path / "x.arena.toml", PLAN, "off")
    with pytest.raises(SuiteError, match=r"x\.arena\.lock:1: not valid JSON"):
        refuse_drift(tmp_path / "x.arena.toml", PLAN, "warn")


def test_a_run_stands_beside_the_lock_of_its_suite(locked, store):
    now = record(store, replace(OTHER, hash="now"), "now", "w", started=2000.0)
    root = locked.parent
    assert standing_of(now, OTHER, store, root, "warn").drift == ("seed: locked 0, found 1",)
    assert standing_of(now, OTHER, store, root, "off").drift == ()


def test_battles_of_a_python_test_have_no_lock(locked, store):
    unlocked = replace(PLAN, path="test_x.py::test_it", rules=(), hash="test")
    now = record(store, unlocked, "now", "w", started=2000.0)
    stands = standing_of(now, unlocked, store, locked.parent, "refuse")
    assert replace(stands, attempts=None, events=()) == Standing()


def test_a_model_that_was_not_locked_is_told_with_what_was(locked, store):
    record(store, PLAN, "now", "w", models="n", started=2000.0)
    assert refused_models(store, "then", PLAN, locked.parent) == ""
    said = refused_models(store, "now", PLAN, locked.parent)
    assert said.splitlines()[1:] == [
        "  gpt-4o: another model is served: locked gpt-4o-m, found gpt-4o-n",
        "  gpt-5-mini: another model is served: locked gpt-5-mini-m, found gpt-5-mini-n",
    ]
