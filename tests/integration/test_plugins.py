PLUGIN = '''
import sys

import pytest
from collections.abc import Mapping
from pydantic import BaseModel, ConfigDict

from arenatest.hookspec import Kind
from arenatest.model.answer import Answer
from arenatest.model.judgment import Judgment, Verdict
from arenatest.model.metric import MetricSpec


def say(*words):
    # in one piece, for the loop's thread and the session's speak at once
    sys.stdout.write(" ".join(map(str, words)) + "\\n")


class Options(BaseModel):
    """Says one thing."""
    model_config = ConfigDict(extra="forbid")
    text: str


class Parrot:
    endpoint = "parrot"
    timing = "unfit"
    max_concurrency = None

    def __init__(self, options, context):
        self.text = options.text

    async def open(self):
        pass

    async def answer(self, call):
        return Answer(text=self.text, finish="stop")

    async def close(self):
        say("CLOSED", self.text)


class NoOptions(BaseModel):
    """Prefers the longer text."""
    model_config = ConfigDict(extra="forbid")


class Longer:
    async def judge(self, game, ask):
        a, b = len(game.text_a), len(game.text_b)
        return Judgment(verdict=Verdict.A_BETTER if a > b else Verdict.B_BETTER)


class Gain:
    async def measure(self, sample):
        return float(len(sample.answer.text) - len(sample.baseline.text))


def pytest_arena_providers():
    return {"parrot": Kind(options=Options, build=Parrot)}


def pytest_arena_judges():
    return {"longer": Kind(options=NoOptions, build=lambda options, context: Longer())}


def pytest_arena_metrics():
    spec = MetricSpec(name="gain", unit="characters", direction="higher", of="battle")
    return {"gain": Kind(options=NoOptions, build=lambda o, c: Gain(), spec=lambda o: spec)}


def pytest_arena_gate_decided(decision):
    say("DECIDED", decision.gate, decision.decision)


def pytest_arena_run_finished(ledger, decisions):
    say("FINISHED", ledger.plan.suite, len(ledger.answers), len(decisions))
'''

SUITE = """
[suite]
name = "parrots"
[run]
early_stop = false
[baseline]
name = "old"
provider = "parrot"
text = "short"
[[candidates]]
name = "new"
provider = "parrot"
text = "a good deal longer"
[[judges]]
kind = "longer"
[[gates]]
metric = "win_rate"
min = 0.4
[[gates]]
metric = "gain"
stat = "p50"
min = 1
"""


def test_a_conftest_may_offer_providers_judges_metrics_and_watch(project):
    project.write("conftest.py", PLUGIN)
    prompts = "".join(f'[[prompts]]\nquery = "q{n}"\n' for n in range(12))
    project.write("parrots.arena.toml", SUITE + prompts)
    result = project.run("-s")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(
        ["*DECIDED win_rate pass*", "*DECIDED gain-p50 pass*", "*FINISHED parrots 24 2*"]
    )
    assert project.gates["new", "gain-p50"]["value"] == len("a good deal longer") - len("short")


def test_a_value_outside_its_range_is_told_wherever_one_may_look(project):
    bounded = 'direction="higher", range=(0.0, 12.5), of="battle"'
    project.write("conftest.py", PLUGIN.replace('direction="higher", of="battle"', bounded))
    gate = 'metric = "gain"\nmin = 0.1\n'
    prompts = "".join(f'[[prompts]]\nquery = "q{n}"\n' for n in range(12))
    text = SUITE.replace('metric = "gain"\nstat = "p50"\nmin = 1\n', gate) + prompts
    project.write("parrots.arena.toml", text)
    result = project.run()
    said = "returned 13.0, outside the range [0, 12.5]"
    result.stdout.fnmatch_lines([f"  gain: 12 values missing: {said.replace('[', '[[]')}"])
    assert project.gates["new", "gain"]["cause"] == "void"
    (error,) = project.results["errors"]
    assert (error["kind"], error["contestant"], error["count"]) == ("metric", "gain", 12)
    assert f'<td class="long">{said}</td>' in project.page
    project.sql("update measurement set value = 13.0, error = ''")  # as earlier versions kept it
    project.run().stdout.fnmatch_lines(["  gain: 12 values missing: returned 13.0, outside *"])


def test_a_conftest_in_a_folder_counts_for_its_suites_only(project):
    project.write("inner/conftest.py", PLUGIN)
    prompts = "".join(f'[[prompts]]\nquery = "q{n}"\n' for n in range(12))
    project.write("inner/parrots.arena.toml", SUITE + prompts)
    assert project.run("inner").ret == 0
    project.write("outer/parrots.arena.toml", SUITE + prompts)
    result = project.run("outer")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["outer/parrots.arena.toml:*baseline.provider*'parrot'*"])


def test_a_kind_that_two_plugins_offer_is_an_error(project):
    project.write("conftest.py", PLUGIN.replace('"parrot": Kind', '"openai": Kind'))
    project.suite()
    result = project.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*provider kind 'openai' is offered by two plugins*"])


def test_a_misspelt_hook_is_an_error(project):
    project.write("conftest.py", "def pytest_arena_provider():\n    return {}\n")
    project.suite()
    result = project.run()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*unknown hook 'pytest_arena_provider'*"])


def test_a_factory_that_raises_is_an_error_that_names_the_kind(project):
    broken = PLUGIN.replace("self.text = options.text", "raise LookupError('no parrot')")
    project.write("conftest.py", broken)
    project.write("parrots.arena.toml", SUITE + '[[prompts]]\nquery = "q"\n')
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*kind 'parrot' could not build 'old': LookupError: no parrot*"])


def test_the_commands_know_the_plugins(project):
    project.write("conftest.py", PLUGIN)
    listed = project.arenatest("plugins")
    listed.stdout.fnmatch_lines(["providers:", "*parrot*Says one thing*", "*longer*", "*gain*"])
    schema = project.arenatest("schema")
    assert '"parrot"' in schema.stdout.str()
    assert schema.ret == 0
