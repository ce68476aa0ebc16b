"""What keys allow in a minute, and endpoints that are down, as a user meets them."""

import pytest

from servers.openai_server import serve
from servers.script import Script

MODEL = 'provider = "openai"\nmodel = "{model}"\nbase_url = "{url}"\napi_key_env = ""\n{more}\n'
LENGTH = '[[gates]]\nmetric = "answer_length"\nmax_ratio = 2.0\n'
SPENT = {"message": "You exceeded your quota", "code": "insufficient_quota"}
DENIED = {"message": "Incorrect API key"}


def suite(project, name, url, *, others=(), more="", prompts=15):
    """Write a suite whose baseline and first candidate are asked at one server."""
    asked = "".join(f'[[prompts]]\nquery = "{name} {n}"\n' for n in range(prompts))
    model = MODEL.format(model="m", url=url, more=more)
    candidates = f'[[candidates]]\nname = "new"\nsystem = "Be brief."\n{model}'
    for number, other in enumerate(others):
        other_model = MODEL.format(model="m", url=other, more="")
        candidates += f'[[candidates]]\nname = "other-{number}"\n{other_model}'
    project.write(
        f"{name}.arena.toml",
        f'[suite]\nname = "{name}"\n[baseline]\nname = "old"\n{model}{candidates}{LENGTH}{asked}',
    )


def decided(project):
    return {key: (gate["decision"], gate["cause"]) for key, gate in project.gates.items()}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_suites_share_what_their_key_allows_and_the_wait_is_told(project, workers):
    """300 a minute are 50 at once and 5 a second after that: each suite alone would not wait."""
    with serve() as server:
        suite(project, "x", server.base_url, more="requests_per_minute = 300")
        suite(project, "y", server.base_url)
        done = project.run(*workers)
        assert (done.ret, server.count) == (0, 60)
    held = project.sql("select held from call where held > 0")
    assert held
    assert project.sql("select count(*) from call where held > queue_wait + 0.001") == [(0,)]
    assert not list((project.path / ".arenatest/locks").glob("*.minute*"))


def test_a_candidate_that_is_down_fails_alone_and_is_asked_again_when_it_is_back(project):
    up = {"now": False}

    def moody(_request):
        return Script() if up["now"] else Script(status=503, error={"message": "starting"})

    with serve() as server, serve(script=moody) as other:
        suite(project, "x", server.base_url, others=[other.base_url])
        done = project.run()
        assert done.ret == 1
        assert decided(project) == {
            ("new", "answer_length-ratio"): ("pass", None),
            ("other-0", "answer_length-ratio"): ("inconclusive", "plan"),
        }
        bought, tried = server.count, other.count
        assert bought == 2 * 15
        assert tried <= 8 + 2 + 2  # under way, begun before the third had failed, and tries
        done.stdout.fnmatch_lines(
            [f"*{other.base_url} is down: {tried} calls in a row failed*503*"]
        )
        up["now"] = True
        assert project.run().ret == 0
        assert (server.count, other.count) == (bought, tried + 15)


@pytest.mark.parametrize(
    ("status", "error", "cause", "reason"),
    [
        (401, DENIED, "plan", "refuses the key: HTTP 401: Incorrect API key"),
        (429, SPENT, "budget", "is used up: HTTP 429: You exceeded your quota"),
    ],
)
def test_a_key_that_cannot_be_used_costs_no_more_calls_than_were_under_way(
    project, status, error, cause, reason
):
    with serve(script=Script(status=status, error=error)) as server:
        suite(project, "x", server.base_url, prompts=40)
        done = project.run()
        assert done.ret == 1
        assert server.count <= 8
    (gate,) = project.results["gates"]
    assert (gate["decision"], gate["cause"]) == ("inconclusive", cause)
    assert reason in gate["reason"]
