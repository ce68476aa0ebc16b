import pytest

from arenatest.model.record import AnswerSlot
from arenatest.store.places import Grid, Places

NAMES, PROMPTS = ["new", "old"], ["p2", "p1"]
SLOTS = [
    AnswerSlot("old", "p2", 1),
    AnswerSlot("new", "p2", 0),
    AnswerSlot("new", "p1", 0),
]
STRANGER = AnswerSlot("other", "p9", 7)


def value(slot, number):
    return f"number {number} of {slot.contestant}"


def filled(grid, *slots):
    places = Places(grid, value)
    at = {number: grid.place(slot) for number, slot in enumerate(slots)}
    strays = [number for number, place in at.items() if place is None]
    for number in strays:
        places.hold(slots[number], number)
        del at[number]
    places.fill([*at.values()], [*at])
    return places


@pytest.fixture
def places():
    grid = Grid(AnswerSlot, (NAMES, PROMPTS, range(2)), taken=8)
    return filled(grid, *SLOTS, STRANGER)


def test_numbers_are_found_by_their_slots(places):
    assert places[AnswerSlot("new", "p2", 0)] == "number 1 of new"
    assert places.get(AnswerSlot("new", "p2", 1)) is None
    assert AnswerSlot("old", "p2", 1) in places
    assert AnswerSlot("old", "p2", 0) not in places


def test_a_slot_that_the_plan_does_not_have_is_held_too(places):
    assert places[STRANGER] == "number 3 of other"
    with pytest.raises(KeyError):
        places[AnswerSlot("other", "p9", 0)]


def test_they_come_in_the_order_of_the_plan_and_strangers_last(places):
    assert list(places.items()) == [
        (AnswerSlot("new", "p2", 0), "number 1 of new"),
        (AnswerSlot("new", "p1", 0), "number 2 of new"),
        (AnswerSlot("old", "p2", 1), "number 0 of old"),
        (STRANGER, "number 3 of other"),
    ]
    assert list(places) == [slot for slot, _ in places.items()]
    assert list(places.values()) == [value for _, value in places.items()]
    assert len(places) == len(list(places))


def test_what_is_put_afterwards_takes_the_place_of_a_number(places):
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
    grid = Grid(AnswerSlot, (NAMES, PROMPTS, range(2)), taken=3)

    assert filled(grid, *SLOTS) == {
        SLOTS[0]: "number 0 of old",
        SLOTS[1]: "number 1 of new",
        SLOTS[2]: "number 2 of new",
    }


@pytest.mark.parametrize("repeats", [10**9, 0])
def test_where_few_of_many_places_are_taken_none_is_numbered(repeats):
    slot = AnswerSlot("new", "p1", 5)
    grid = Grid(AnswerSlot, (NAMES, PROMPTS, range(repeats)), taken=2)

    assert dict(filled(grid, slot)) == {slot: "number 0 of new"}


def test_what_parts_of_a_slot_add_makes_up_its_place():
    grid = Grid(AnswerSlot, (NAMES, PROMPTS, range(2)), taken=8)

    for slot in grid.slots():
        assert grid.steps(0, slot[:2]) + grid.steps(2, slot[2:]) == grid.place(slot)
    with pytest.raises(KeyError):
        grid.steps(1, ["p9"])


def test_prompts_that_stand_side_by_side_in_the_plan_are_told():
    grid = Grid(AnswerSlot, (NAMES, [f"p{i}" for i in range(7)], range(2)), taken=28)

    assert grid.near(AnswerSlot("old", "p4", 1), 6) == ["p3", "p4", "p5"]
    assert grid.near(AnswerSlot("new", "p6", 0), 6) == ["p6"]
    assert grid.near(AnswerSlot("new", "p6", 0), 1) == ["p6"]
    assert grid.near(STRANGER, 6) == ("p9",)
