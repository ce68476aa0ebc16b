import pytest

from arenatest.suite.mistakes import shown
from arenatest.suite.secrets import find_secrets, looks_secret
from fakes.suites import changed, line_of, message

JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0In0", "SflKxwRJSMeKKF2QT4"))


@pytest.mark.parametrize(
    "text",
    [
        "sk-" + "proj-abc123def456",
        "sk-" + "ant-api03-zzzzzzzzz",
        "sk-" + "abcdefghijklmnopqrst",
        "key=sk-" + "abc12345678",
        "Bearer abcdef123456",
        "Basic dXNlcjpwYXNzd29yZA==",
        "AKIA" + "IOSFODNN7EXAMPLE",
        JWT,
        "https://user:secret@example.org/v1",
        "https://example.org/v1?api_key=abcd1234",
        "https://example.org/v1?alt=sse&key=abcdefghijklmnopqrst#top",
        "postgresql+asyncpg://me:pw@db/arena",
        "ghp_" + "a1" * 18,
        "-----BEGIN RSA " + "PRIVATE KEY-----",
    ],
)
def test_well_known_forms_of_secrets_are_seen(text):
    assert looks_secret(text)
    assert shown(text) == "what looks like a secret"


@pytest.mark.parametrize(
    "text",
    [
        "task-something-long-enough-1",
        "sk-learn",
        "risk-assessment-of-2024",
        "Bearer of bad news",
        "https://example.org:8080/v1",
        "https://example.org/@user",
        "https://example.org/v1?api-version=2024-10-21",
        "https://example.org/search?key=documents",
        "mailto:someone@example.org",
        "eyJ is how a token starts",
        "Where is the AKIA region?",
    ],
)
def test_ordinary_text_is_no_secret(text):
    assert not looks_secret(text)


def test_a_value_may_be_secret_by_the_name_of_its_key():
    document = {
        "api_key": "x",
        "headers": {"X-Api-Key": "y", "Authorization": "z", "Accept": "text/plain"},
        "body": {"access_token": "abcdefgh", "list": [{"password": "p"}]},
        "secrets": ["a", "b"],
    }
    assert sorted(find_secrets(document), key=str) == sorted(
        [
            ("api_key",),
            ("headers", "X-Api-Key"),
            ("headers", "Authorization"),
            ("body", "access_token"),
            ("body", "list", 0, "password"),
            ("secrets", 0),
            ("secrets", 1),
        ],
        key=str,
    )


def test_keys_that_only_sound_secret_are_let_through():
    document = {
        "api_key_env": "OPENAI_API_KEY",
        "params": {"max_tokens": 5, "stop_token": "</s>", "tokenizer": "abcdefghij"},
        "response_format": {"properties": {"password": {"type": "string"}}},
        "api_key": "",
    }
    assert list(find_secrets(document)) == []


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "hunter2-hunter2"',
        'headers = { Authorization = "zzyzx-zzyzx" }',
        'headers = { "X-Auth-Token" = "zzyzx-zzyzx" }',
        'api_key_env = "sk-' + 'zzyzx1234567890abcd"',
        'params = { user = "Bearer zzyzx1234567" }',
        'api_key_env = "gsk_' + 'zzyzx1234567890abcdef"',
        'api_key_env = "xai-' + 'zzyzx1234567890abcdef"',
        'api_key_env = "ABSK' + 'zzyzx1234567890abcdef="',
        'params = { stop = ["AK' + 'IAZZYZXZZYZXZZYZXZ"] }',
        'params = { url = "https://me:zzyzx@example.org/" }',
    ],
)
def test_a_secret_is_refused_and_never_shown(tmp_path, line):
    text = changed(('model = "m2"', f'model = "m2"\n{line}'))
    found = message(tmp_path, text)
    number = line_of(text, line)
    assert found.startswith(f"suites/x.arena.toml:{number}: candidates[0].{line.split(' ')[0]}")
    assert ": looks like a secret\n  hint: put it into an environment variable" in found
    assert "api_key_env" in found
    assert not {"zzyzx", "hunter2"} & set(found.lower().replace("-", " ").split())
    assert "zzyzx" not in found.lower()
    assert "hunter2" not in found


def test_where_a_secret_is_found_nothing_else_is_said(tmp_path):
    key = "sk-" + "zzyzx12345678"
    text = changed(('model = "m2"', f'model = "{key}"\ntop_k = "{key}"'))
    found = message(tmp_path, text + f'[[gates]]\nmetric = "{key}"\nmin = "x"\n')
    assert "zzyzx" not in found
    assert found.count(": looks like a secret\n") == found.count("x.arena.toml:") == 3
