import pytest

from arenatest.store.columns import Counts, Ids, Kinds, Numbers
from arenatest.store.ids import id_to_bytes


@pytest.mark.parametrize(
    ("kind", "pages"),
    [
        (Numbers, [[None, None], [0.5, None]]),
        (Numbers, [[0.5], [None]]),
        (Numbers, [[None]]),
        (Counts, [[None], [2**62, None, 0]]),
        (Counts, [[-1, None]]),
        (Counts, [[None, None]]),
    ],
)
def test_numbers_and_counts_come_back_and_unknown_ones_stay_unknown(kind, pages):
    column = kind()
    for page in pages:
        column.extend(page)

    whole = [value for page in pages for value in page]
    assert [column[row] for row in range(len(whole))] == whole


def test_the_largest_number_is_known_though_some_are_not():
    column = Numbers()
    column.extend([0.1, None, 0.4, 0.2])

    assert column.largest == 0.4
    assert Numbers().largest == 0.0


def test_kinds_may_be_more_than_two_bytes_can_tell():
    column = Kinds()
    column.extend(["a", "b", "a"])
    column.extend(range(70_000))

    assert [column[0], column[1], column[2], column[3], column[70_002]] == [
        "a",
        "b",
        "a",
        0,
        69_999,
    ]
    assert column.known[:3] == ["a", "b", 0]


def test_ids_of_any_kind_come_back():
    ids = ["chat 1", None, "01234567" * 3, "AB" * 12, "é\ud800", "00 " * 7 + "00", "0" * 32]
    ids += ["1" * 24]
    column = Ids()
    for page in (ids[:2], ids[2:4], ids[4:]):
        column.extend([None if one is None else id_to_bytes(one) for one in page])

    assert [column[row] for row in range(len(ids))] == ids
