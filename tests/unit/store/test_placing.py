"""Answers of one run put into the places of another, and the replies behind judgments."""

from dataclasses import replace

from arenatest.keeping.findings import Findings
from arenatest.keeping.rows import check_seals
from arenatest.model.judgment import Reply
from arenatest.model.record import AnswerSlot
from unit.store import records


def test_answers_and_clocks_come_into_the_same_places_of_another_run(store):
    store.begin(records.plan(), records.run(), fresh=True, expire=0.0)
    store.write(records.one_of_each())
    store.begin(records.plan(), records.run("run-2", started=2000.0), fresh=True, expire=0.0)
    store.place_answers("run-1", "run-2")
    first, second = store.load("run-1"), store.load("run-2")
    assert list(second.answers) == list(first.answers)
    assert [a.answer for a in second.answers.values()] == [a.answer for a in first.answers.values()]
    assert {a.reused for a in second.answers.values()} == {True}
    assert second.timings == first.timings  # a reused clock would not count
    assert second.judgments == {}
    assert second.measurements == {}
    assert (second.calls, second.cost) == ({}, 0.0)


def test_an_answer_for_both_is_reused_as_a_text_and_counts_as_a_clock_as_it_did(store):
    store.begin(records.plan(), records.run(), fresh=True, expire=0.0)
    reused = records.placed("c-2", slot=AnswerSlot("old", "p0"), purpose="both", reused=True)
    store.write([records.generation("c-1"), records.generation("c-2", owner="old")])
    store.write([records.placed("c-1", purpose="both"), reused])
    store.begin(records.plan(), records.run("run-2", started=2000.0), fresh=True, expire=0.0)
    store.place_answers("run-1", "run-2")
    first, second = store.load("run-1"), store.load("run-2")
    assert {a.chat_id for a in second.answers.values()} == {"c-1", "c-2"}
    assert {a.reused for a in second.answers.values()} == {True}
    assert second.timings == first.timings
    findings = Findings()
    check_seals(store, findings)
    assert (findings.told, findings.notes) == ([], [])


def test_the_replies_behind_judgments_are_found_also_where_an_earlier_run_paid(store):
    store.begin(records.plan(), records.run(), fresh=True, expire=0.0)
    store.write(records.one_of_each())
    store.begin(records.plan(), records.run("run-2", started=2000.0), fresh=True, expire=0.0)
    store.write([replace(records.judged(), run="run-2", reused=True)])
    said = {"j-1": Reply(text="[[A>B]]", finish="stop")}
    assert store.judges_replies("run-1") == store.judges_replies("run-2") == said


def test_a_judges_call_that_failed_has_no_reply(store):
    store.begin(records.plan(), records.run(), fresh=True, expire=0.0)
    call = records.generation("j-1", role="judge", owner="jury", answer=records.failed())
    store.write([call, records.judged()])
    assert store.judges_replies("run-1") == {}


def test_what_is_placed_bears_a_seal_of_its_own(store):
    store.begin(records.plan(), records.run(), fresh=True, expire=0.0)
    store.write(records.one_of_each())
    store.begin(records.plan(), records.run("run-2", started=2000.0), fresh=True, expire=0.0)
    store.place_answers("run-1", "run-2")
    findings = Findings()
    check_seals(store, findings)
    assert (findings.told, findings.notes) == ([], [])


def test_a_run_on_the_clocks_of_an_earlier_one_is_not_continued_as_if_they_were_fresh(store):
    store.begin(records.plan(), records.run(), fresh=True, expire=0.0)
    store.write(records.one_of_each())
    store.finish("run-1", 1500.0)
    store.begin(records.plan(), records.run("run-2", started=2000.0), fresh=True, expire=0.0)
    store.place_answers("run-1", "run-2")
    store.finish("run-2", None, ("plan", "the session was interrupted"), at=2001.0)
    next_one = records.run("run-3", started=2002.0)
    run, continued = store.begin(records.plan(), next_one, fresh=False, expire=0.0)
    assert (run.id, continued) == ("run-3", False)
