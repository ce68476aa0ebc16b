import pytest

from arenatest.suite.names import slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt-4o", "gpt-4o"),
        ("gpt 5 (mini)", "gpt-5-mini"),
        ("a::b", "a-b"),
        ("org/model@v1", "org-model-v1"),
        ("x[1]", "x-1"),
        ("p99.9+_-", "p99.9+_-"),
        ("通义千问 2.5", "通义千问-2.5"),
        ("cafe\u0301", "caf\u00e9"),
        ("@@", "_"),
        ("-a-", "-a-"),
    ],
)
def test_a_slug_has_only_what_node_ids_need(text, expected):
    assert slug(text) == expected
