import sqlite3

import pytest

from arenatest.errors import OptionError, StoreError
from arenatest.exchange.export import export
from arenatest.imports.heap import Heap
from arenatest.imports.losses import Losses
from arenatest.store import open_store
from arenatest.store.arrivals import ARRIVING
from unit.imports.shapes import (
    answer_v2,
    arena_hard,
    conversation,
    generation,
    imported,
    judged_v2,
    lines,
    vote,
)


@pytest.fixture
def store(database):
    with open_store(database) as opened:
        yield opened


def evidence(store, run_id):
    ledger = store.load(run_id)
    return ledger.answers, ledger.judgments, ledger.measurements, ledger.timings


def test_the_same_files_again_add_nothing(store, tmp_path):
    folder = arena_hard(tmp_path / "bench")
    (first,), _ = imported(store, "arena-hard", folder)
    before = evidence(store, first.run.id), store.decisions(first.run.id)
    (again,), _ = imported(store, "arena-hard", folder)
    assert (first.new, again.new, again.run.id) == (True, False, first.run.id)
    assert [run.id for run in store.runs()] == [first.run.id]
    assert (evidence(store, first.run.id), store.decisions(first.run.id)) == before
    assert [event.kind for event in store.events(first.run.id)] == ["imported"]


def test_a_run_has_the_id_that_an_earlier_arenatest_gave_it(store, tmp_path):
    file = lines(tmp_path / "o.jsonl", [generation(f"o{n}") for n in range(3)])
    (taken,), _ = imported(store, "langfuse", file)
    assert taken.run.id == "7674757f0d686bb9a1d7e1eb9cf84850"


def test_the_order_of_files_and_of_lines_does_not_matter(store, tmp_path):
    one = arena_hard(tmp_path / "one", 5)
    two = arena_hard(tmp_path / "two", 5)
    for file in two.rglob("*.jsonl"):
        file.write_text("".join(reversed(file.read_text().splitlines(keepends=True))))
    (first,), _ = imported(store, "arena-hard", one)
    (again,), _ = imported(store, "arena-hard", *sorted(two.rglob("*.jsonl"), reverse=True))
    assert (again.run.id, again.new) == (first.run.id, False)


def test_other_verdicts_on_the_same_plan_are_another_run_of_it(store, tmp_path):
    (first,), _ = imported(store, "arena-hard", arena_hard(tmp_path / "one", 3, "B>A", "A>B"))
    (other,), _ = imported(store, "arena-hard", arena_hard(tmp_path / "two", 3, "A>B", "A>B"))
    assert first.run.plan_hash == other.run.plan_hash
    assert (first.run.attempt, other.run.attempt) == (1, 2)
    assert first.run.id != other.run.id


def test_an_import_that_is_killed_leaves_no_run_that_looks_whole(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 200)
    written = []

    class Dying:
        """The store, until its second transaction of records."""

        def __getattr__(self, name):
            return getattr(store, name)

        def write(self, records):
            if written:
                raise StoreError("killed")
            written.extend(records)
            store.write(records)

    with pytest.raises(StoreError, match="killed"):
        imported(Dying(), "arena-hard", folder)
    (run,) = store.runs()
    assert written, "some records are there"
    assert (run.finished, run.stopped) == (None, ARRIVING)
    (taken,), _ = imported(store, "arena-hard", folder)
    (run,) = store.runs()
    assert (run.id, run.finished is not None, run.stopped) == (taken.run.id, True, None)
    assert len(store.load(run.id).judgments) == 400
    assert taken.decisions[0].decision == "pass"


def test_times_are_those_of_the_files_and_else_of_the_import(store, tmp_path):
    (known,), _ = imported(store, "arena-hard", arena_hard(tmp_path / "bench"))
    assert (known.run.started, known.run.finished) == (1744155079.5, 1744155079.5)
    voted = lines(tmp_path / "votes.jsonl", [vote("q", "a", "b", "tie", tstamp=None)])
    (unknown,), _ = imported(store, "lmsys", voted)
    assert unknown.run.started == unknown.run.finished == 1_800_000_000.0
    (again,), _ = imported(store, "lmsys", voted)
    assert not again.new, "when it was imported is no content"


def test_names_texts_and_ids_that_no_database_holds_come_through(store, tmp_path):
    odd = "nul \0, half \ud800, \u202ebidi, ../../etc/passwd"
    folder = tmp_path / "bench"
    lines(folder / "question.jsonl", [{"uid": odd, "category": odd, "prompt": odd}])
    for model in (odd, "old"):
        lines(folder / f"model_answer/{len(model)}.jsonl", [answer_v2(odd, model, f"{model}{odd}")])
    answers = list((folder / "model_answer").iterdir())
    for file in answers:  # the prompt as the question has it
        file.write_text(file.read_text().replace("ask nul", "nul"))
    lines(folder / "judged.jsonl", [judged_v2(odd, odd, "A>B", "B>A")])
    (taken,), losses = imported(store, "arena-hard", folder, name=odd)
    ledger = store.load(taken.run.id)
    assert {slot.contestant for slot in ledger.answers} == {odd, "old"}
    assert ledger.plan.suite == odd
    assert ledger.plan.prompts[0].text == odd
    assert len(ledger.judgments) == 2
    assert not losses.counts


def test_clocks_of_others_decide_no_gate(store, tmp_path):
    file = lines(tmp_path / "o.jsonl", [generation(f"o{n}") for n in range(3)])
    (taken,), _ = imported(store, "langfuse", file)
    calls = store.load(taken.run.id).timings.values()
    assert {call.answer.timing.source for call in calls} == {"unfit"}


def test_a_prompt_with_the_id_of_another_one_is_not_mixed_up_with_it(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2)
    other = {"uid": "q0", "category": "hard_prompt", "prompt": "something else"}
    lines(folder / "zz.jsonl", [other])
    lines(folder / "zy.jsonl", [answer_v2("q1", "new", "changed my mind")])
    (taken,), losses = imported(store, "arena-hard", folder)
    assert {prompt.text for prompt in taken.draft.plan.prompts} == {"ask q0", "ask q1"}
    assert losses.counts == {
        "answers to a prompt that the same model answers elsewhere with another text": 1,
        "prompts with the id of another one, and another text": 1,
    }
    assert "  q0" in losses.lines()


def test_games_that_contradict_each_other_are_counted(store, tmp_path):
    folder = arena_hard(tmp_path / "bench", 2)
    lines(folder / "zz.jsonl", [judged_v2("q0", "new", "A=B", "A>>B")])
    _, losses = imported(store, "arena-hard", folder)
    assert losses.counts == {"games that the same judge judged before, and otherwise": 1}


def test_a_path_that_is_not_there_or_holds_nothing_is_named(store, tmp_path):
    with pytest.raises(OptionError, match=r"no such file or folder: .*nowhere"):
        imported(store, "lmsys", tmp_path / "nowhere")
    with pytest.raises(OptionError, match=r"the folder holds no \.jsonl, \.json or \.csv file"):
        imported(store, "lmsys", tmp_path)
    (tmp_path / "votes.parquet").write_bytes(b"PAR1")
    with pytest.raises(OptionError, match=r"got '\.parquet', expected \.jsonl, \.json or \.csv"):
        imported(store, "lmsys", tmp_path / "votes.parquet")


def test_what_is_exported_in_the_shape_of_arena_hard_comes_in_as_the_same_run(store, tmp_path):
    (taken,), _ = imported(store, "arena-hard", arena_hard(tmp_path / "bench", 4))
    export(store, [taken.run], tmp_path / "out", form="arena-hard", now=0.0)
    (again,), losses = imported(store, "arena-hard", tmp_path / "out")
    assert (again.run.id, again.new) == (taken.run.id, False)
    assert not losses.counts


def test_what_is_exported_in_the_shape_of_evalscope_comes_in_with_the_same_win_rate(
    store, tmp_path
):
    (taken,), _ = imported(store, "arena-hard", arena_hard(tmp_path / "two", 4, "A>B", "A=B"))
    export(store, [taken.run], tmp_path / "out", form="evalscope", now=0.0)
    (again,), _ = imported(store, "evalscope", tmp_path / "out")
    assert again.figures[0].value == taken.figures[0].value == 0.25


def test_losses_name_the_first_few_and_count_all():
    losses = Losses()
    for number in range(7):
        losses.miss("things", f"file:{number}")
    losses.miss("others", number=3)
    assert list(losses.lines()) == [
        "7 things",
        *(f"  file:{number}" for number in range(5)),
        "  and 2 more",
        "3 others",
    ]


def test_times_beyond_the_calendar_and_content_nested_too_deeply_are_no_trouble(store, tmp_path):
    deep = "Hello"
    for _ in range(900):
        deep = [deep]
    rows = [
        vote("q1", "a", "b", "tie", tstamp=1e300),
        vote("q2", "a", "b", "tie", conversation_a=conversation("Hi", deep), conversation_b=[1]),
    ]
    (taken,), losses = imported(store, "lmsys", lines(tmp_path / "votes.jsonl", rows))
    assert taken.run.started == 1_800_000_000.0
    assert losses.counts == {"records that cannot be read": 1}


def test_a_heap_without_disk_is_an_error_with_a_way_out(store, tmp_path, monkeypatch):
    def full(*_arguments):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Heap, "take", full)
    with pytest.raises(StoreError, match="temporary database: database or disk is full"):
        imported(store, "arena-hard", arena_hard(tmp_path / "bench"))
