"""What is exported as JSON Lines comes back in another store as it was."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from sqlalchemy import select

from arenatest.errors import OptionError
from arenatest.exchange.export import export
from arenatest.exchange.manifest import MANIFEST, file_part
from arenatest.exchange.plan_rows import EventRow, PromptRow, RunRow
from arenatest.exchange.restore import restore
from arenatest.exchange.rows import (
    AnswerRow,
    CallRow,
    DecisionRow,
    JudgmentRow,
    LoadRow,
    MeasurementRow,
)
from arenatest.model.answer import Answer, Timing, Usage
from arenatest.model.decision import Decision
from arenatest.model.health import JudgeLimits
from arenatest.model.judgment import Judgment, Order
from arenatest.model.prompt import Prompt
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    Event,
    GameSlot,
    Generation,
    JudgmentPlaced,
    LoadPlaced,
    MeasurementPlaced,
    Run,
)
from arenatest.store import open_store, schema
from arenatest.store.reopening import ask_again
from unit.exchange.evidence import HOSTILE, evidence, whole_plan, whole_run
from unit.store.records import decided, generation, judged, placed, run


def test_another_store_of_either_kind_has_the_same_run_as_before(store, exported, database):
    folder, _ = exported("jsonl")
    with open_store(database) as other:
        (run,) = restore(other, folder)
        assert other.runs() == store.runs() == [run]
        assert other.plan(run.plan_hash) == store.plan(run.plan_hash)
        assert other.load(run.id) == store.load(run.id)
        assert other.decisions(run.id) == store.decisions(run.id)
        assert other.events(run.id) == store.events(run.id)
        for chat_id in ("c-1", "j-p0-baseline-first", "elsewhere", "l-0"):
            assert other.find_call(chat_id) == store.find_call(chat_id)
        assert other.find_call("c-1")[0].answer.text == HOSTILE


def test_an_export_of_the_restored_run_is_the_same_byte_for_byte(exported, database, tmp_path):
    folder, manifest = exported("jsonl")
    with open_store(database) as other:
        restore(other, folder)
        again = export(other, other.runs(), tmp_path / "again", form="jsonl", now=2000.0)
    assert again == manifest
    for name in manifest.files:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_restoring_twice_changes_nothing(exported, tmp_path):
    folder, _ = exported("jsonl")
    with open_store(tmp_path / "other") as other:
        restore(other, folder)
        before = other.load("run-1")
        restore(other, folder)
        assert other.load("run-1") == before


def test_restoring_where_it_came_from_leaves_an_answer_for_both_purposes_in_one_row(
    database, tmp_path
):
    with open_store(database) as store:
        store.begin(whole_plan(), whole_run(), fresh=True, expire=0.0)
        store.write([generation(), placed(purpose="both")])
        store.finish("run-1", 1010.0)
        export(store, store.runs(), tmp_path / "export", form="jsonl", now=2000.0)

        restore(store, tmp_path / "export")

        with store.reading() as connection:
            found = connection.execute(select(schema.placed_answer.c.purpose)).scalars().all()
        assert found == ["both"]


def test_a_run_that_went_on_since_is_not_mixed_with_what_it_was(store, exported):
    store.finish("run-1", None, ("budget", "max_calls reached"))
    folder, _ = exported("jsonl")
    store.finish("run-1", 1020.0)
    before = store.load("run-1")
    with pytest.raises(OptionError, match="holds run run-1 already, and it went on since"):
        restore(store, folder)
    assert store.load("run-1") == before


def test_a_changed_file_is_refused_and_nothing_is_written(exported, tmp_path):
    folder, _ = exported("jsonl")
    judgments = folder / "judgments.jsonl"
    judgments.write_text(judgments.read_text().replace("A>>B", "B>>A"))
    (folder / "calls.jsonl").unlink()
    with open_store(tmp_path / "other") as other:
        with pytest.raises(OptionError) as caught:
            restore(other, folder)
        assert other.runs() == []
    assert str(caught.value) == (
        f"{folder / 'calls.jsonl'}: is missing\n{judgments}: is not as it was exported"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema_version": 2, "more": 1}, "has schema version 2, expected at most 1"),
        ({"files": {}}, "runs.jsonl: is missing"),
        ({"format": "csv"}, "is an export as csv, expected jsonl"),
        ({"runs": None}, "runs: Input should be a valid array"),
        ({"more": 1}, "more: Extra inputs are not permitted"),
    ],
)
def test_a_folder_of_another_kind_is_refused_with_the_reason(exported, tmp_path, change, problem):
    folder, manifest = exported("jsonl")
    (folder / MANIFEST).write_text(json.dumps(manifest.model_dump() | change))
    with open_store(tmp_path / "other") as other, pytest.raises(OptionError, match=problem):
        restore(other, folder)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("runs", {"plan": "gone"}, "the plan of run run-1 is missing"),
        ("runs", {"session": "\ud800"}, "'run-1' is no id of a run"),
        ("plans", {"body": {"baseline": []}}, "a plan cannot be read: "),
    ],
)
def test_a_run_that_no_command_could_read_is_refused(exported, tmp_path, name, change, problem):
    folder, manifest = exported("jsonl")
    path, changed = folder / f"{name}.jsonl", manifest.model_dump()
    rows = [json.loads(line) | change for line in path.read_text().splitlines()]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    changed["files"][path.name] = file_part(path, len(rows)).model_dump()
    (folder / MANIFEST).write_text(json.dumps(changed))
    with open_store(tmp_path / "other") as other:
        with pytest.raises(OptionError, match=problem):
            restore(other, folder)
        assert other.runs() == []


def test_the_aa_run_that_gates_rest_on_comes_along(store, tmp_path):
    trial = replace(
        whole_plan(), aa=True, candidates=whole_plan().candidates[:1], golden=(), hash="trial"
    )
    asking = replace(whole_plan(), limits=JudgeLimits(aa_within=1000.0), golden=(), hash="asking")
    store.begin(trial, replace(whole_run(), id="aa", started=1500.0), fresh=True, expire=0.0)
    store.write([replace(decided(decision="inconclusive", cause="evidence"), run="aa")])
    store.finish("aa", 1600.0)
    store.begin(asking, replace(whole_run(), id="now", started=1700.0), fresh=True, expire=0.0)
    assert store.load("now").unfit == ""

    manifest = export(store, [store.run("now")], tmp_path / "out", form="jsonl", now=2000.0)

    assert manifest.runs == ["aa", "now"]
    with open_store(tmp_path / "other") as other:
        restore(other, tmp_path / "out")
        assert other.load("now").unfit == ""


def test_an_unfinished_run_can_be_taken_elsewhere(store, tmp_path):
    store.finish("run-1", None, ("budget", "max_calls reached"))
    export(store, store.runs(), tmp_path / "out", form="jsonl", now=2000.0)
    with open_store(tmp_path / "other") as other:
        (run,) = restore(other, tmp_path / "out")
        assert run == replace(store.run("run-1"), finished=None)
        assert run.stopped == ("budget", "max_calls reached")


def test_what_stood_in_places_that_were_asked_again_comes_along(tmp_path, database):
    unread = Judgment(void="unparsed", explanation=HOSTILE, chat_id="j-p0-baseline-first")
    slot = GameSlot("cheap", "p0", 0, "jury", 0, Order.BASELINE_FIRST)
    with open_store(tmp_path / "store") as store:
        store.begin(whole_plan(), run(), fresh=True, expire=0.0)
        store.write([*evidence(), judged(slot=slot, judgment=unread)])
        store.finish("run-1", 1010.0)
        with store.writing() as connection:
            ask_again(connection, whole_plan(), what="void", session="s-2", at=3e3, expire=0.0)
        store.write([placed("c-1", slot=AnswerSlot("cheap", "p1"))])
        ledger = store.load("run-1")
        export(store, store.runs(), tmp_path / "out", form="jsonl", now=2000.0)
    assert ledger.before.answers
    assert ledger.before.judgments
    assert ledger.asked_again
    with open_store(database) as other:
        restore(other, tmp_path / "out")
        assert other.load("run-1") == ledger
        restore(other, tmp_path / "out")
        assert other.load("run-1") == ledger


@pytest.mark.parametrize(
    ("record", "row", "otherwise"),
    [
        (Run, RunRow, {"plan_hash": "plan", "stopped": "stopped_cause"}),
        (Generation, CallRow, {"answer": "text"}),
        (Answer, CallRow, {"usage": "has_usage"}),
        (Usage, CallRow, {}),
        (Timing, CallRow, {"source": "timing"}),
        (AnswerPlaced, AnswerRow, {"slot": "contestant"}),
        (LoadPlaced, LoadRow, {"slot": "contestant"}),
        (JudgmentPlaced, JudgmentRow, {"slot": "candidate", "judgment": "verdict"}),
        (Judgment, JudgmentRow, {}),
        (MeasurementPlaced, MeasurementRow, {"slot": "metric", "measured": "value"}),
        (Decision, DecisionRow, {}),
        (Event, EventRow, {}),
        (Prompt, PromptRow, {}),
    ],
)
def test_no_field_of_a_record_is_forgotten(record, row, otherwise):
    named = {otherwise.get(field.name, field.name) for field in fields(record)}
    assert named <= {field.name for field in fields(row)}


def test_no_table_of_the_store_is_forgotten():
    by_hand = {
        "meta",
        "plan",
        "prompt",
        "run",
        "text",
        "generation",
        "placed_answer",
        "placed_load",
    }
    by_hand |= {"judgment", "measurement", "decision", "event", "replaced"}
    made_anew = {"fingerprint", "contestant", "name"}
    assert set(schema.metadata.tables) == by_hand | made_anew
