"""A session that may buy so much buys no more, says why, and can go on later."""

import pytest

from integration.conftest import WIN
from servers.openai_server import serve

SHORTER = """
[[gates]]
metric = "answer_length"
max_ratio = 0.9
"""


def suites(project, run=""):
    """Two suites of 60 calls each, with nothing to share."""
    project.suite("x", gates=SHORTER, run=run)
    path = project.suite("y", gates=SHORTER, run=run)
    path.write_text(path.read_text(encoding="utf-8").replace("question", "ask"), encoding="utf-8")


def decided(project):
    return sorted((gate["decision"], gate["cause"]) for gate in project.results["gates"])


def test_a_limit_of_calls_holds_for_all_suites_and_the_next_session_goes_on(project):
    suites(project, "max_calls = 1")  # the command line stands above it
    done = project.run("--arena-max-calls", "80")
    assert done.ret == 1
    assert len(project.calls()) == 80
    assert decided(project) == [("inconclusive", "budget"), ("pass", None)]
    done.stdout.fnmatch_lines(["*the 80 calls allowed for the session are used up*"])
    again = project.run("--arena-max-calls", "40")
    assert again.ret == 0
    assert len(project.calls()) == 40
    done = project.run("--arena-max-calls", "0")
    assert done.ret == 0  # all is recorded: nothing has to be bought
    assert project.calls() == []


def test_workers_share_the_limit_and_a_wrong_one_is_refused_before_any_call(project):
    suites(project)
    done = project.run("-n", "2", "--arena-max-calls", "50")
    assert done.ret == 1
    assert len(project.calls()) == 50
    assert ("inconclusive", "budget") in decided(project)
    assert not list((project.path / ".arenatest/locks").glob("*.spent*"))
    done = project.run("--arena-max-cost", "$5")
    assert done.ret == 4
    done.stderr.fnmatch_lines(
        ["ERROR: --arena-max-cost: got '$5', expected US dollars, such as 2.50"]
    )
    assert project.calls() == []


LATENCY = """
[[gates]]
metric = "e2e"
stat = "p50"
max = "10 s"
"""


@pytest.mark.parametrize("early", ["", "early_stop = false"])
def test_what_is_on_record_decides_though_no_clock_may_be_taken(project, early):
    project.suite(run=early, gates=WIN + LATENCY)
    project.run()
    before = project.gates["new", "win_rate"]
    project.suite(run=early, gates=WIN + LATENCY, candidates={"new": "new", "newer": "bad"})
    project.calls()
    done = project.run("--arena-max-calls", "0")
    assert (done.ret, project.calls()) == (1, [])
    assert project.gates["new", "win_rate"]["value"] == before["value"]
    assert {place: gate["decision"] for place, gate in project.gates.items()} == {
        ("new", "win_rate"): "pass",
        ("new", "e2e-p50"): "inconclusive",
        ("newer", "win_rate"): "inconclusive",
        ("newer", "e2e-p50"): "inconclusive",
    }


def test_nobody_waits_for_a_limit_to_hear_that_nothing_may_be_bought(project):
    with serve(reply=lambda body: f"[[A>B]] {len(body['messages'])}") as server:
        billed(project, server.base_url, "")
        suite = project.path / "x.arena.toml"
        length = '[[gates]]\nmetric = "answer_length"\nmax_ratio = 2\n'
        text = suite.read_text(encoding="utf-8").replace("[[gates]]", f"{length}[[gates]]")
        slow = 'name = "sonnet"\nrequests_per_minute = 10\n'
        suite.write_text(text.replace('name = "sonnet"\n', slow), encoding="utf-8")
        project.run("-k", "length")
        answers = server.count
        done = project.run("--arena-max-calls", "0")
    assert (done.ret, server.count) == (1, answers)


MODEL = 'provider = "openai"\nmodel = "m"\nbase_url = "{url}"\napi_key_env = ""\n{price}\n'


def billed(project, url, price):
    model = MODEL.format(url=url, price=price)
    asked = "".join(f'[[prompts]]\nquery = "question {n}"\n' for n in range(40))
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[baseline]\nname = "old"\n{model}'
        f'[[candidates]]\nname = "new"\nsystem = "Be brief."\n{model}'
        f'[[judges]]\nkind = "llm"\nname = "sonnet"\n{model}'
        f'[[gates]]\nmetric = "win_rate"\nmin = 0.4\n{asked}',
    )


def test_a_limit_of_cost_counts_judges_too_and_needs_all_prices(project):
    with serve(reply=lambda body: f"[[A>B]] {len(body['messages'])}") as server:
        billed(project, server.base_url, "")
        done = project.run("--arena-max-cost", "1")
        assert (done.ret, server.count) == (1, 0)
        assert decided(project) == [("inconclusive", "budget")]
        done.stdout.fnmatch_lines(["*the price of old and new and sonnet is unknown: write price*"])
        billed(project, server.base_url, "price = { input = 100, output = 100 }")
        project.run("--arena-max-cost", "0.9")
        run, (judge,) = project.results["run"], project.results["judges"]
        assert 0.0 < run["cost"] <= 0.9
        assert judge["calls"] > 0
        tokens = judge["input_tokens"] + judge["output_tokens"]
        assert judge["cost"] == pytest.approx(tokens / 1e4)
        assert judge["price"]["source"] == "suite"
