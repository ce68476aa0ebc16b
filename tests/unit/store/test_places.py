import pytest

from arenatest.model.record import AnswerSlot
from arenatest.store.places import Grid, Places

NAMES, PROMPTS = ["new", "old"], ["p2", "p1"]
VALUES = [f"row {row}" for row in range(10)]


@pytest.fixture
def places():
    grid = Grid(AnswerSlot, (NAMES, PROMPTS, range(2)), taken=8)
    made = Places(grid, VALUES.__getitem__)
    made.put(AnswerSlot("old", "p2", 1), 0)
    made.put(AnswerSlot("new", "p2", 0), 1)
    made.put(AnswerSlot("new", "p1", 0), 2)
    made.put(AnswerSlot("other", "p9", 7), 3)
    return made


def test_rows_are_found_by_their_slots(places):
    assert places[AnswerSlot("new", "p2", 0)] == "row 1"
    assert places.get(AnswerSlot("new", "p2", 1)) is None
    assert AnswerSlot("old", "p2", 1) in places
    assert AnswerSlot("old", "p2", 0) not in places


def test_a_slot_that_the_plan_does_not_have_is_held_too(places):
    assert places[AnswerSlot("other", "p9", 7)] == "row 3"
    with pytest.raises(KeyError):
        places[AnswerSlot("other", "p9", 0)]


def test_they_come_in_the_order_of_the_plan_and_strangers_last(places):
    assert list(places.items()) == [
        (AnswerSlot("new", "p2", 0), "row 1"),
        (AnswerSlot("new", "p1", 0), "row 2"),
        (AnswerSlot("old", "p2", 1), "row 0"),
        (AnswerSlot("other", "p9", 7), "row 3"),
    ]
    assert list(places) == [slot for slot, _ in places.items()]
    assert list(places.values()) == [value for _, value in places.items()]
    assert len(places) == len(list(places))


def test_what_is_put_afterwards_takes_the_place_of_a_row(places):
    slot = AnswerSlot("new", "p2", 0)
    places[slot] = "changed"

    assert places[slot] == "changed"
    assert next(iter(places.items())) == (slot, "changed")
    assert len(places) == 4


def test_what_is_taken_away_is_gone(places):
    for slot in list(places):
        del places[slot]

    assert len(places) == 0
    assert list(places) == []


def test_it_equals_a_dictionary_of_the_same():
    slots = [AnswerSlot("new", "p1", 0), AnswerSlot("old", "p1", 1)]
    places = Places(Grid(AnswerSlot, (NAMES, PROMPTS, range(2)), taken=2), VALUES.__getitem__)
    for row, slot in enumerate(slots):
        places.put(slot, row)

    assert places == {slots[0]: "row 0", slots[1]: "row 1"}


@pytest.mark.parametrize("repeats", [10**9, 0])
def test_where_few_of_many_places_are_taken_none_is_numbered(repeats):
    places = Places(Grid(AnswerSlot, (NAMES, PROMPTS, range(repeats)), taken=2), VALUES.__getitem__)
    places.put(AnswerSlot("new", "p1", 5), 0)

    assert dict(places) == {AnswerSlot("new", "p1", 5): "row 0"}


def test_rows_that_stand_side_by_side_in_the_plan_are_read_together(places):
    number, rows = places.near(1, 4)

    assert rows == [1, 2]
    assert places.near(2, 4) == (number, rows)
    assert places.near(3, 4)[1] == [3]
