from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.model.decision import Decision
from arenatest.model.microseconds import whole_failure, whole_timing
from arenatest.model.plan import Plan
from arenatest.model.record import (
    JUDGED,
    TIMED,
    AnswerPlaced,
    DecisionMade,
    Generation,
    JudgmentPlaced,
    Measured,
    MeasurementPlaced,
    Run,
)
from arenatest.store import open_store
from arenatest.store.codec import (
    cell_from_text,
    decision_from_json,
    decision_to_json,
    pack_text,
    text_from_cell,
    unpack_text,
)
from arenatest.store.gaps import gaps_from_bytes, gaps_to_bytes
from arenatest.store.ids import (
    BEGINNINGS,
    LONGEST,
    id_from_bytes,
    id_to_bytes,
    range_of_length,
    ranges_of,
    server_id_to_bytes,
)
from arenatest.store.rows import rows_of, run_from_row, run_row
from fakes.databases import new_schema
from properties.store.strategies import odd_text, values_of
from unit.store.records import as_stored

ids = (
    odd_text
    | st.from_regex(r"[a-f0-9]{0,9}", fullmatch=True)
    | st.from_regex(r"[ab-]{0,3}[0-9a-fA-F]{0,7}|[é]{60,70}[0-9a-f]{0,3}", fullmatch=True)
)
server_ids = st.tuples(st.sampled_from([*BEGINNINGS.values()]), ids).map("".join)
quick = settings(deadline=None, max_examples=60)
new_ids = map(str, itertools.count())  # what is written twice stays as it was first


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request, tmp_path_factory):
    with contextlib.ExitStack() as while_open:
        place = tmp_path_factory.mktemp("properties") / "store"
        if request.param == "postgresql":
            url = request.getfixturevalue("postgres_url")
            place = while_open.enter_context(new_schema(url))
        yield while_open.enter_context(open_store(place))


def begun(store, plan):
    run_id = next(new_ids)
    plan = replace(plan, hash=run_id)
    run = Run(id=run_id, session="s", plan_hash=plan.hash, started=0.0)
    store.begin(plan, run, fresh=True, expire=0.0)
    return run_id, plan


def in_microseconds(answer):
    """Return an answer as the engine takes it, and the store gives it back."""
    timing = answer.timing and whole_timing(answer.timing)
    return replace(answer, timing=timing, failure=whole_failure(answer.failure))


plans = values_of(Plan)


@quick
@given(plans)
def test_a_plan_comes_back_as_it_was(plan):
    assert as_stored(plan) == plan


@given(values_of(Decision))
def test_a_decision_comes_back_as_it_was(decision):
    assert decision_from_json(decision_to_json(decision)) == decision


@given(values_of(Run))
def test_a_run_comes_back_as_it_was(run):
    assert run_from_row(run_row(run)) == run


@given(odd_text, st.sampled_from([1, 1000]))
def test_a_text_comes_back_as_it_was(text, times):
    packed = pack_text(text * times)

    assert unpack_text(packed.body, compressed=packed.compressed) == text * times


@given(odd_text | st.text("\0\x01ab\ud800", max_size=4))
def test_a_cell_gives_back_its_text_and_suits_every_database(text):
    cell = cell_from_text(text)

    assert text_from_cell(cell) == text
    assert "\0" not in cell
    cell.encode()


@given(odd_text, odd_text)
def test_different_texts_have_different_cells(one, other):
    assert (cell_from_text(one) == cell_from_text(other)) == (one == other)


@pytest.mark.parametrize("to_bytes", [id_to_bytes, server_id_to_bytes])
@given(ids | server_ids, ids | server_ids)
def test_an_id_comes_back_as_it_was_and_no_other_has_its_bytes(to_bytes, one, other):
    assert id_from_bytes(to_bytes(one)) == one
    assert (to_bytes(one) == to_bytes(other)) == (one == other)


@given(st.lists(ids, max_size=5), st.data())
def test_ids_are_found_by_their_beginnings_in_the_order_of_bytes(others, data):
    one = data.draw(ids.filter(str.isprintable))
    beginning = one[: data.draw(st.integers(0, len(one)))]
    ranges = [*ranges_of(beginning)]
    ranges += [range_of_length(beginning, n) for n in range(len(beginning.encode()), LONGEST + 1)]

    for each in filter(str.isprintable, (one, *others)):
        body = id_to_bytes(each)
        within = any(first <= body and (end is None or body < end) for first, end in ranges)
        assert within == each.startswith(beginning)


@quick
@given(values_of(Generation))
def test_a_call_comes_back_as_it_was(store, call):
    chat_id = next(new_ids)
    call = replace(call, chat_id=chat_id, run="r", key="k")
    store.write([call])

    answer = in_microseconds(call.answer)
    if answer.timing is not None:
        gaps = gaps_from_bytes(gaps_to_bytes(answer.timing.gaps))
        answer = replace(answer, timing=replace(answer.timing, gaps=gaps))
    assert store.find_call(chat_id)[0] == replace(call, answer=answer)


@quick
@given(plans, values_of(Generation), values_of(AnswerPlaced))
def test_an_answer_comes_back_in_its_place(store, plan, call, place):
    run_id, plan = begun(store, plan)
    call = replace(call, chat_id=run_id, run=run_id, key="k")
    place = replace(place, run=run_id, chat_id=run_id)
    store.write([place, call])

    ledger = store.load(run_id)

    slots = {**ledger.answers, **ledger.timings}
    ((slot, answered),) = slots.items()
    assert (slot in ledger.answers, slot in ledger.timings) == (
        place.purpose in JUDGED,
        place.purpose in TIMED,
    )
    answer = in_microseconds(call.answer)
    timing = answer.timing and replace(answer.timing, gaps=(), ttfb=None)
    assert slot == place.slot
    assert answered.answer == replace(answer, timing=timing, response_id=None)
    assert (answered.attempts, answered.reused) == (place.attempts, place.reused)
    assert answered.cost == call.cost
    assert ledger.calls == ({call.owner: 1} if call.attempt > 0 else {})


@quick
@given(
    plans,
    st.tuples(values_of(JudgmentPlaced), values_of(MeasurementPlaced), values_of(DecisionMade)),
)
def test_what_was_said_of_answers_comes_back(store, plan, said):
    run_id, plan = begun(store, plan)
    judged, measured, decided = said
    judged, measured = (replace(it, run=run_id, key=run_id) for it in (judged, measured))
    store.write([judged, measured, replace(decided, run=run_id)])

    ledger = store.load(run_id)

    assert ledger.plan == plan
    assert ledger.judgments == {judged.slot: judged.judgment}
    assert ledger.measurements == {measured.slot: measured.measured}
    decision = decided.decision
    assert store.decisions(run_id) == {(decision.candidate, decision.gate): decision}
    good = {} if measured.measured.error else {run_id: Measured(value=measured.measured.value)}
    assert store.reusable_measurements([run_id]) == good


@given(values_of(Generation))
def test_a_row_is_as_long_as_its_table_is_wide(call):
    for table, rows in rows_of([call]):
        counted = table.autoincrement_column is not None
        assert all(len(row) == len(table.c) - counted for row in rows)
