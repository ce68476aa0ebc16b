import json

import pytest

from arenatest.providers.refusals import one_line, refusal, wait_asked


@pytest.mark.parametrize(
    ("status", "kind", "again"),
    [
        (400, "request", False),
        (401, "auth", False),
        (403, "auth", False),
        (404, "request", False),
        (408, "request", True),
        (409, "request", True),
        (422, "request", False),
        (429, "rate_limited", True),
        (500, "server", True),
        (503, "server", True),
        (529, "server", True),
        (307, "request", False),
    ],
)
def test_a_status_has_a_kind_and_says_whether_to_ask_again(status, kind, again):
    failure = refusal(status, {}, b"")
    assert (failure.kind, failure.retryable, failure.status) == (kind, again, status)
    assert failure.message == f"HTTP {status}"


@pytest.mark.parametrize(
    "error",
    [
        {"code": "insufficient_quota"},
        {"type": "insufficient_quota", "code": None},
        {"error_code": "enforced_spend_limit_reached"},
        {"code": "billing_hard_limit_reached"},
        {"code": "Arrearage", "message": "Access denied, please make sure your account is good."},
        {"code": "AccountOverdueError"},
        {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}},
        {"message": "This would exceed your account's monthly spend limit."},
        {"message": "Your credit balance is too low to access the API."},
        {"message": "Your prepayment credits are depleted.", "status": "RESOURCE_EXHAUSTED"},
        {"code": 429, "details": [{"violations": [{"quotaId": "RequestsPerDayPerProject"}]}]},
    ],
)
def test_a_429_for_money_spent_is_not_asked_again(error):
    failure = refusal(429, {"retry-after": "5"}, json.dumps({"error": error}).encode())
    assert (failure.kind, failure.retryable, failure.retry_after) == ("spent", False, None)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (402, "Payment required", "spent"),
        (400, "You have reached your specified API usage limits.", "spent"),
        (429, "You exceeded your current quota, please check your plan and billing.", None),
    ],
)
def test_money_may_be_spent_under_other_words_and_a_quota_of_minutes_is_none(status, message, kind):
    failure = refusal(status, {}, json.dumps({"error": {"message": message}}).encode())
    assert failure.kind == (kind or "rate_limited")
    assert failure.retryable is (kind is None)


@pytest.mark.parametrize(
    ("headers", "details", "seconds"),
    [
        ({}, [{"@type": "RetryInfo", "retryDelay": "34.07s"}], 34.07),
        ({}, [{"violations": []}, {"retryDelay": "3s"}], 3.0),
        ({"retry-after": "7"}, [{"retryDelay": "3s"}], 7.0),
        ({}, [{"retryDelay": "soon"}], None),
        ({}, [{"retryDelay": {}}, 7, None], None),
        ({}, "none", None),
    ],
)
def test_an_error_may_say_how_long_to_wait(headers, details, seconds):
    body = json.dumps({"error": {"code": 429, "message": "no", "details": details}}).encode()
    assert refusal(429, headers, body).retry_after == seconds


def test_an_error_in_a_list_is_an_error():
    body = b'[{"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}]'
    assert refusal(503, {}, body).message == "HTTP 503: busy (UNAVAILABLE)"


def test_a_body_that_is_nested_without_end_is_shown_as_text():
    assert refusal(400, {}, b"[" * 60_000).message.startswith("HTTP 400: [[[")


def test_the_server_may_forbid_asking_again_but_not_demand_it():
    assert not refusal(503, {"x-should-retry": "false"}, b"").retryable
    assert not refusal(400, {"x-should-retry": "true"}, b"").retryable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "Bad\\n key", "code": "invalid"}}', "HTTP 401: Bad key (invalid)"),
        (b'{"error": "no"}', "HTTP 401: no"),
        (b'{"object": "error", "message": "no", "code": 40}', "HTTP 401: no (40)"),
        (b'{"error": {"reason": "x"}}', 'HTTP 401: {"reason": "x"}'),
        (b"upstream down\n", "HTTP 401: upstream down"),
        (b'{"detail": "no"}', 'HTTP 401: {"detail": "no"}'),
        (b"\xff\x00", "HTTP 401: \ufffd\x00"),
        (b"  ", "HTTP 401"),
    ],
)
def test_the_message_is_what_the_server_says_in_one_line(body, message):
    assert refusal(401, {}, body).message == message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        (
            {
                "date": "Sat, 21 Nov 2026 16:54:38 GMT",
                "retry-after": "Sat, 21 Nov 2026 16:55:08 GMT",
            },
            30.0,
        ),
        (
            {
                "date": "Sat, 21 Nov 2026 16:54:38 GMT",
                "retry-after": "Sat, 21 Nov 2026 16:54:08 GMT",
            },
            0.0,
        ),
        ({"retry-after": "Sat, 21 Nov 2026 16:55:08 GMT"}, None),
        (
            {"date": "Sat, 21 Nov 2026 16:54:38", "retry-after": "Sat, 21 Nov 2026 16:55:08 GMT"},
            None,
        ),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({}, None),
    ],
)
def test_the_wait_asked_for_is_in_seconds_whatever_its_form(headers, seconds):
    assert wait_asked(headers) == seconds


def test_a_long_message_is_cut_and_says_so():
    assert one_line("a" * 400) == "a" * 297 + "..."
    assert one_line("a" * 300) == "a" * 300


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"message": "no key\\u002d\\/1", "code": 7}', "HTTP 400: no key-/1 (7)"),
        ('{"detail": "Not Found"}', 'HTTP 400: {"detail": "Not Found"}'),
        ('["no"]', 'HTTP 400: ["no"]'),
        ("no", "HTTP 400: no"),
    ],
)
def test_an_error_is_told_whatever_table_it_stands_in(body, message):
    assert refusal(400, {}, body.encode()).message == message


def test_money_is_spent_where_the_error_stands_alone_too():
    assert refusal(400, {}, b'{"code": "Arrearage", "message": "Access denied."}').kind == "spent"


@pytest.mark.parametrize("zone", ["+99999999999", "-99999999999999999999"])
def test_a_date_that_no_calendar_has_says_nothing(zone):
    headers = {"retry-after": f"Mon, 01 Jan 2024 00:00:00 {zone}", "date": "Mon, 01 Jan 2024"}
    assert wait_asked(headers) is None
