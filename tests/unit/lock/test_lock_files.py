import json

import pytest

from arenatest.errors import SuiteError
from arenatest.lock.files import lock_path, lock_text, read_lock
from arenatest.lock.making import make_lock
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule


@pytest.fixture
def made():
    ledger = LedgerBuilder(plan([prompt("a")], rules=[rule("win_rate")])).ledger
    return make_lock(ledger.plan, ledger.run, {}, [decision()])


def test_a_lock_lies_beside_its_suite_and_is_read_back_as_it_was(tmp_path, made):
    suite = tmp_path / "x.arena.toml"
    assert read_lock(suite, shown="x.arena.toml") is None
    assert lock_path(suite) == tmp_path / "x.arena.lock"
    lock_path(suite).write_text(lock_text(made), encoding="utf-8")
    assert read_lock(suite, shown="x.arena.toml") == made


def test_the_same_record_gives_the_same_text_with_a_value_a_line(made):
    text = lock_text(made)
    assert text == lock_text(type(made).model_validate(json.loads(text)))
    assert max(map(len, text.splitlines())) < 100
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "s/x.arena.lock:1: not valid JSON"),
        ("[]", "s/x.arena.lock: lock_version: got None, this arenatest reads 1"),
        ('{"lock_version": 0}', "s/x.arena.lock: lock_version: got 0, this arenatest reads 1"),
        ('{"lock_version": 1}', "s/x.arena.lock: suite: field required"),
    ],
)
def test_a_file_that_is_no_lock_says_so(tmp_path, text, said):
    (tmp_path / "x.arena.lock").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        read_lock(tmp_path / "x.arena.toml", shown="s/x.arena.toml")
    first, hint = str(caught.value).split("\n")
    assert first == said
    assert hint == "  hint: restore it, or write it anew with `arenatest lock`"


def test_a_lock_that_cannot_be_read_says_so(tmp_path):
    (tmp_path / "x.arena.lock").mkdir()
    with pytest.raises(SuiteError, match=r"x\.arena\.lock: cannot be read: Is a directory"):
        read_lock(tmp_path / "x.arena.toml", shown="x.arena.toml")


def test_a_lock_of_a_newer_version_is_not_to_be_written_over(tmp_path):
    (tmp_path / "x.arena.lock").write_text('{"lock_version": 2}', encoding="utf-8")
    with pytest.raises(SuiteError, match="got 2") as caught:
        read_lock(tmp_path / "x.arena.toml", shown="x.arena.toml")
    assert caught.value.hint == "upgrade arenatest: a newer one wrote it"


def test_an_editor_may_have_marked_a_lock_as_utf_8(tmp_path, made):
    (tmp_path / "x.arena.lock").write_text(lock_text(made), encoding="utf-8-sig")
    assert read_lock(tmp_path / "x.arena.toml", shown="x.arena.toml") == made
