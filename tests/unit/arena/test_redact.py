"""No key that the environment holds stays in what models and servers say."""

import base64
import re
from urllib.parse import quote

import pytest

from arenatest.arena.redact import Redactor
from arenatest.model.answer import Answer, Failure

KEY = "sk-cAnArY7/x+Yz=09q8w7e6r5t4"


def redactor(**environ):
    return Redactor(["MY_KEY"], {"MY_KEY": KEY, **environ})


@pytest.mark.parametrize(
    "said",
    [
        KEY,
        KEY.replace("/", r"\/"),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        quote(KEY, safe=""),
        quote(KEY),
        re.sub("%..", lambda found: found[0].lower(), quote(KEY, safe="")),
    ],
)
@pytest.mark.parametrize(
    "field", ["text", "reasoning", "finish", "model", "request_id", "response_id"]
)
def test_a_key_is_taken_out_of_every_field(field, said):
    answer = redactor().answer(Answer(**{field: f"Bearer {said}."}))
    assert said.rstrip("=") not in getattr(answer, field)
    assert "[MY_KEY]" in getattr(answer, field)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("after", range(3))
@pytest.mark.parametrize("before", range(3))
def test_a_key_is_found_in_base64_of_more_than_itself(encode, before, after):
    said = encode(b"u" * before + KEY.encode() + b":" * after).decode()
    kept = redactor().text(said)
    assert "[MY_KEY]" in kept
    assert len(kept) <= len("[MY_KEY]") + 4 + 4  # the characters in which its neighbours stand


@pytest.mark.parametrize("kept", range(8, len(KEY)))
def test_a_key_that_a_cut_message_ends_in_goes_too(kept):
    failure = Failure(kind="auth", message=f"HTTP 401: wrong key {KEY[:kept]}...")
    answer = redactor().answer(Answer(failure=failure))
    assert answer.failure.message == "HTTP 401: wrong key [MY_KEY]"


def test_a_message_that_was_cut_elsewhere_stays():
    failure = Failure(kind="server", message="HTTP 500: overloaded, try again in a...")
    assert redactor().answer(Answer(failure=failure)).failure is failure


@pytest.mark.parametrize(
    "name", ["OTHER_API_KEY", "HF_TOKEN", "db_password", "AWS_ACCESS_KEY_ID", "SECRET", "GH_PAT"]
)
def test_a_variable_that_no_provider_names_counts_where_it_looks_like_a_secret(name):
    answer = redactor(**{name: "hunter2-hunter2"}).answer(Answer(text="it is hunter2-hunter2"))
    assert answer.text == f"it is [{name}]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PWD", "/work/project-2026"),
        ("API_TOKEN", "assistant only"),
        ("MAX_TOKENS", "123456789012"),
        ("API_KEY", "short1"),
        ("TOKENIZERS_PARALLELISM", "false1false1false1"),
    ],
)
def test_what_is_no_secret_stays_in_answers(name, value):
    answer = Answer(text=f"it is {value}")
    assert redactor(**{name: value}).answer(answer) is answer


def test_the_longer_of_two_values_is_taken_out_first():
    redact = Redactor(["A", "B"], {"A": "abcdefgh1", "B": "abcdefgh1234"})
    assert redact.text("abcdefgh1234 abcdefgh1") == "[B] [A]"


def test_its_repr_says_nothing():
    assert KEY not in repr(redactor())
