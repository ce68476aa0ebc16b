"""The command line in the report can be typed again, and holds no secret."""

import pytest

from arenatest.collection.command import shown_command

PASSWORD = "hunter2hunter2"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--arena", "a b.arena.toml"], "pytest --arena 'a b.arena.toml'"),
        (["-k", "win_rate and not new"], "pytest -k 'win_rate and not new'"),
        (["--arena", "x::y::ttft[de]"], "pytest --arena 'x::y::ttft[de]'"),
        (["-o", "arena_fresh=true"], "pytest -o arena_fresh=true"),
        (["-k", "token"], "pytest -k token"),
    ],
)
def test_arguments_are_quoted_for_a_shell(arguments, shown):
    assert shown_command(arguments, str) == shown


@pytest.mark.parametrize(
    "arguments",
    [
        [f"--arena-store=postgresql://user:{PASSWORD}@host/db"],
        ["--arena-store", f"postgresql://user:{PASSWORD}@host/db"],
        [f"--base-url=https://{PASSWORD}@host/"],
        [f"--jira-token={PASSWORD}"],
        ["--rp-api-key", PASSWORD],
        ["-o", f"rp_api_key={PASSWORD}"],
        [f"--note=sk-{PASSWORD}"],
        [f"sk-{PASSWORD}"],
        [f"--basetemp=/x/{PASSWORD}"],
    ],
)
def test_a_secret_is_hidden(arguments):
    shown = shown_command(arguments, lambda text: text.replace(f"/x/{PASSWORD}", "[TOKEN]"))
    assert PASSWORD not in shown
    assert "[" in shown


def test_what_follows_a_hidden_value_is_shown():
    assert shown_command(["--token", "x", "suites/"], str) == "pytest --token [hidden] suites/"
    assert shown_command(["--use-auth", "-q"], str) == "pytest --use-auth -q"
