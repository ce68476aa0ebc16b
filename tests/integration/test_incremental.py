"""A changed suite buys what is missing and nothing else: the calls of a real server are counted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import count

import pytest

from arenatest import judges, metrics, providers
from arenatest.arena.run import SuiteRun
from arenatest.gates.referee import Referee
from arenatest.store import open_store
from arenatest.suite.kinds import Kinds, merge_kinds
from arenatest.suite.load import load_suite
from arenatest.suite.prices import PriceList
from fakes.runs import conditions
from servers.openai_server import serve, words

PROMPTS = 6
GAMES = 2 * PROMPTS
SCORER = "def short(prompt, answer):\n    return float(len(answer.text) < 10_000)\n"
METRIC = '[[metrics]]\nname = "short"\nkind = "python"\nfunction = "scorers:short"\n'
POLITE = '[[gates]]\nmetric = "short"\nmin = 0.5\n'
WIN = '[[gates]]\nmetric = "win_rate"\nmin = 0.3\n'


def answering(body):
    """An answer that differs by model, question and temperature; a verdict for a judge."""
    if body["model"].startswith("judge"):
        return "[[A>B]]"
    return f"{words(4)(body)} at {body.get('temperature')}"


class Team:
    """Edits one suite and runs it, again and again, in one store."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.store = open_store(folder / "store")
        self.sessions = count()
        self.kinds = Kinds(
            providers=merge_kinds([providers.pytest_arena_providers()], "provider"),
            judges=merge_kinds([judges.pytest_arena_judges()], "judge"),
            metrics=merge_kinds([metrics.pytest_arena_metrics()], "metric"),
            caches={},
            prices=PriceList(datetime.now(UTC)),
        )
        (folder / "scorers.py").write_text(SCORER, encoding="utf-8")

    def model(self, name, more=""):
        return (
            f'name = "{name}"\nprovider = "openai"\nmodel = "{name}"\n'
            f'base_url = "{self.server.base_url}"\napi_key_env = ""\n{more}'
        )

    def run(
        self,
        *,
        candidates=("new",),
        asked=range(PROMPTS),
        judges=("judge",),
        gates=WIN,
        metric="",
        rubric="",
        old="",
        new="",
    ):
        """Run the suite as it is now; return the calls by model."""
        parts = [
            f'[suite]\nname = "x"\n[run]\nearly_stop = false\n[baseline]\n{self.model("old", old)}',
            *(
                f"[[candidates]]\n{self.model(name, new if name == 'new' else '')}"
                for name in candidates
            ),
            *(f'[[judges]]\nkind = "llm"\n{self.model(name, rubric)}' for name in judges),
            metric,
            gates,
            *(f'[[prompts]]\nid = "q{n}"\nquery = "question {n}"\n' for n in asked),
        ]
        path = self.folder / "x.arena.toml"
        path.write_text("\n".join(parts), encoding="utf-8")
        suite = load_suite(path, root=self.folder, kinds=self.kinds)
        before = len(self.server.requests)
        referee = Referee(suite.plan, suite.plan.rules)
        outside = conditions(f"s-{next(self.sessions)}")
        run = SuiteRun(suite, self.store, referee, outside)
        run.start()
        assert run.join(60)
        run.check()
        assert len(self.store.decisions(run.run.id)) == len(suite.plan.rules)
        return Counter(request.body["model"] for request in self.server.requests[before:])


@pytest.fixture
def team(tmp_path):
    with serve(reply=answering) as server:
        made = Team(tmp_path, server)
        assert made.run() == {"old": PROMPTS, "new": PROMPTS, "judge": GAMES}
        yield made
        made.store.close()


def test_the_same_suite_buys_nothing(team):
    assert team.run() == {}


def test_a_candidate_buys_its_answers_and_judgments(team):
    assert team.run(candidates=["new", "cheap"]) == {"cheap": PROMPTS, "judge": GAMES}
    assert team.run(candidates=["cheap", "new"]) == {}
    assert team.run(candidates=["cheap"]) == {}
    assert team.run() == {}


def test_a_prompt_buys_itself(team):
    assert team.run(asked=range(PROMPTS + 1)) == {"old": 1, "new": 1, "judge": 2}
    assert team.run(asked=reversed(range(PROMPTS + 1))) == {}
    assert team.run(asked=range(1, PROMPTS)) == {}
    assert team.run() == {}


def test_a_judge_buys_its_judgments(team):
    assert team.run(judges=["judge", "judge-2"]) == {"judge-2": GAMES}
    assert team.run(judges=["judge-2", "judge"]) == {}
    assert team.run(judges=["judge-2"]) == {}
    assert team.run() == {}


def test_a_gate_buys_what_its_metric_lacks(team):
    assert team.run(gates=WIN + '[[gates]]\nmetric = "error_rate"\nmax = 0.9\n') == {}
    assert team.run(gates=WIN.replace("0.3", "0.4")) == {}
    clocks = WIN + '[[gates]]\nmetric = "ttft"\nstat = "p50"\nmax = "10 s"\n'
    assert team.run(gates=clocks) == {"new": PROMPTS}  # latency is always measured afresh
    assert team.run(gates='[[gates]]\nmetric = "error_rate"\nmax = 0.9\n') == {}
    assert team.run() == {}


def test_a_metric_calls_no_model(team):
    assert team.run(metric=METRIC, gates=WIN + POLITE) == {}
    assert team.run() == {}


def test_another_rubric_buys_judgments_only(team):
    template = 'system_prompt = "Prefer the shorter answer."\n'
    assert team.run(rubric=template) == {"judge": GAMES}
    assert team.run() == {}


def test_another_parameter_of_a_contestant_buys_its_answers_and_judgments_only(team):
    warm = "params = { temperature = 0.5 }\n"
    assert team.run(candidates=["new", "cheap"]) == {"cheap": PROMPTS, "judge": GAMES}
    assert team.run(candidates=["new", "cheap"], new=warm) == {"new": PROMPTS, "judge": GAMES}
    assert team.run(old=warm) == {"old": PROMPTS, "judge": GAMES}
    assert team.run() == {}
