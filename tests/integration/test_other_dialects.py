"""Suites whose contestants and judges speak the APIs of Anthropic and Google, for real."""

import pytest

from servers import llmock

pytestmark = llmock.required

PROMPTS = 10
BASES = {"anthropic": "/anthropic", "gemini": "/gemini/v1beta"}
SECRET = "cAnArY-7/x+Yz=09q8w7e6r5t4"


@pytest.fixture(scope="module")
def mock():
    """One llmock for all dialects."""
    with llmock.serve() as server:
        yield server


def write_suite(project, kind, url):
    def model(name):
        return (
            f'provider = "{kind}"\nmodel = "{name}"\nbase_url = "{url}{BASES[kind]}"\n'
            'api_key_env = "MY_KEY"\nparams = { temperature = 0, max_tokens = 64 }\n'
        )

    asked = "".join(f'[[prompts]]\nid = "q{n}"\nquery = "say {n}"\n' for n in range(PROMPTS))
    project.write(
        "x.arena.toml",
        '[suite]\nname = "x"\n[run]\nearly_stop = false\ncall_timeout = "5 s"\n'
        f'[baseline]\nname = "old"\n{model("old")}system = "Be brief."\n'
        f'[[candidates]]\nname = "new"\n{model("new")}price = {{ input = 1, output = 1000 }}\n'
        f'[[judges]]\nkind = "llm"\nname = "judge"\n{model("judge")}'
        '[[gates]]\nmetric = "error_rate"\nmax = 0.9\n'
        '[[gates]]\nmetric = "output_tokens"\nstat = "p50"\nmax = 500\n'
        f'[[gates]]\nmetric = "win_rate"\nmin = 0.1\n{asked}',
    )


@pytest.mark.parametrize("kind", BASES)
def test_a_suite_is_gated_on_a_vendors_own_api(project, monkeypatch, mock, kind):
    monkeypatch.setenv("MY_KEY", SECRET)
    busy = {"type": "fail", "status": 529 if kind == "anthropic" else 503, "times": 2}
    play(mock, {**busy, "match": {"model": "old"}})
    write_suite(project, kind, mock.url)
    result = project.run("-vv")
    result.assert_outcomes(passed=3)
    calls = project.sql("select count(*), sum(failure is not null and final) from call")
    assert calls == [(4 * PROMPTS + 2, 0)]
    assert len(mock.requests) == calls[0][0]
    assert mock.findings == []
    finishes = "select distinct finish, output_tokens > 0, ttft > 0, model from call"
    assert set(project.sql(f"{finishes} where failure is null")) == {
        ("stop", 1, 1, name) for name in ("old", "new", "judge")
    }
    assert project.sql("select verdict, count(*) from game") == [("A=B", 2 * PROMPTS)]
    assert SECRET not in result.stdout.str()
    assert SECRET.encode() not in (project.path / ".arenatest/arena.sqlite").read_bytes()


@pytest.mark.parametrize("kind", BASES)
def test_an_answer_that_breaks_inside_its_text_is_no_answer(project, monkeypatch, mock, kind):
    monkeypatch.setenv("MY_KEY", SECRET)
    faults = ("truncate", "malformed", "disconnect")
    first = {"anthropic": 4, "gemini": 1}[kind]  # the chunk with the first piece of text
    only = {"after_chunks": first, "match": {"model": "old", "stream": True}}
    play(mock, *({"type": "stream_fault", "kind": fault, **only} for fault in faults))
    write_suite(project, kind, mock.url)
    project.run()
    failed = "select failure, text, final, owner from call where failure is not null"
    assert sorted(project.sql(failed)) == [
        ("cut", None, 0, "old"),
        ("cut", None, 0, "old"),
        ("malformed", None, 1, "old"),
    ]


def play(mock, *behaviors):
    """Script llmock, whose judge calls every pair a tie."""
    tie = {"type": "reply", "text": "[[A=B]]", "times": None, "match": {"model": "judge"}}
    mock.ask("/_llmock/reset", {})
    mock.ask("/_llmock/scenario", {"behaviors": [tie, *behaviors]})
