import pytest

from arenatest.errors import OptionError
from arenatest.history.when import moment_of

NOW = 1_000_000.0
BEYOND = ("9" * 20 + "d", "1000000d", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00")


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("30min", NOW - 1_800),
        ("12h", NOW - 43_200),
        ("7d", NOW - 604_800),
        ("2w", NOW - 1_209_600),
        ("0.5 d", NOW - 43_200),
        ("1970-01-02", 86_400.0),
        ("1970-01-02T01:00", 90_000.0),
        ("1970-01-02 01:00:00Z", 90_000.0),
        ("1970-01-02T01:00+02:00", 82_800.0),
    ],
)
def test_a_moment_is_a_date_a_time_or_an_age(typed, moment):
    assert moment_of(typed, option="--since", now=NOW) == moment


@pytest.mark.parametrize(
    "typed", ["7", "7 days", "yesterday", "2026-13-01", "", "\u0667d", *BEYOND]
)
def test_anything_else_is_refused_with_what_is_expected(typed):
    with pytest.raises(OptionError) as raised:
        moment_of(typed, option="--since", now=NOW)
    assert str(raised.value) == (
        f"--since: got {typed!r}, expected a date such as 2026-11-22, a time such as "
        "2026-11-22T05:30, or an age such as 7d, 12h or 30min"
    )
