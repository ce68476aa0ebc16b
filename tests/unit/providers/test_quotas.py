import pytest

from arenatest.model.answer import Quota
from arenatest.providers.quotas import quota_of, until


def test_what_is_left_of_requests_and_tokens_is_read_from_the_headers():
    headers = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert quota_of(headers) == Quota(
        remaining_requests=59.0,
        limit_requests=60.0,
        reset_requests=1.0,
        remaining_tokens=149984.0,
        limit_tokens=150000.0,
        reset_tokens=360.0,
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining-requests": "-1", "x-ratelimit-limit-requests": "0"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-limit-tokens": "-1"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-limit-tokens": "0"},
        {"x-ratelimit-remaining-tokens": "many"},
    ],
)
def test_headers_without_a_meaning_say_nothing(headers):
    assert quota_of(headers) is None


def test_what_is_left_may_come_without_limit_and_reset():
    quota = quota_of({"x-ratelimit-remaining-tokens": "7"})
    assert quota == Quota(remaining_tokens=7.0)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1s", 1.0),
        ("20ms", 0.02),
        ("6m0s", 360.0),
        ("2m59.56s", 179.56),
        ("1h2m3s", 3723.0),
        ("1d", 86400.0),
        ("12", 12.0),
        ("1.5", 1.5),
        (None, None),
        ("", None),
        ("soon", None),
        ("1s later", None),
        ("-1", None),
        ("nan", None),
        ("1e400", None),
        ("9" * 400, None),
        ("9" * 400 + "s", None),
        ("\u0663s", None),
    ],
)
def test_a_duration_is_read_in_the_ways_of_servers(said, seconds):
    assert until(said) == (None if seconds is None else pytest.approx(seconds))
