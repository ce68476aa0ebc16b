from urllib.parse import quote

import pytest

from arenatest.model.answer import Answer, Failure
from arenatest.providers.access import key_in
from arenatest.providers.redaction import Redactor

KEY = "sk-canary/0123456789abcdef"
TOKEN = "session+token/0123456789"
SHORT = "hunter2"


def test_no_secret_is_left_in_a_text_in_any_form():
    redactor = Redactor(KEY, TOKEN, "")
    for secret in (KEY, TOKEN):
        for form in (secret, quote(secret, "")):
            assert redactor.text(f"a {form} b") == "a [redacted] b"


def test_a_secret_that_begins_with_another_is_taken_out_whole():
    assert Redactor(KEY, f"{KEY}-and-more").text(f"{KEY}-and-more") == "[redacted]"


@pytest.mark.parametrize("name", ["text", "reasoning", "model", "request_id", "response_id"])
def test_an_answer_holds_no_long_secret_and_keeps_short_ones_which_may_be_words(name):
    redactor = Redactor(KEY, SHORT)
    for said, kept in ((f"a {KEY}", "a [redacted]"), (f"a {SHORT}", f"a {SHORT}")):
        answer = redactor.answer(Answer(finish="stop", **{name: said}))
        assert getattr(answer, name) == kept


def test_a_message_of_failure_holds_no_secret_however_short():
    failure = Failure(kind="auth", message=f"{KEY} {SHORT}")
    kept = Redactor(KEY, SHORT).answer(Answer(failure=failure)).failure
    assert kept.message == "[redacted] [redacted]"


def test_neither_a_redactor_nor_what_opens_a_door_shows_the_key():
    access = key_in("MY_KEY", "there", header="api-key", prefix="")({"MY_KEY": KEY})
    assert access.headers == {"api-key": KEY}
    assert access.secrets == (KEY,)
    for shown in (repr(access), repr(Redactor(KEY))):
        assert KEY not in shown
