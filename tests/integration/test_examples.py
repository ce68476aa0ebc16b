"""The suites that people copy: they load, and decide what their first lines promise."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from arenatest.errors import OptionError
from arenatest.providers.local_models import cached_model, models_folder
from arenatest.providers.local_server import check_machine

SUITES = Path(__file__).parents[2] / "suites"
MODEL = "smollm2-135m"


@pytest.fixture
def examples(pytester):
    shutil.copytree(SUITES, pytester.path / "suites")
    return pytester


def run(examples, suite, *arguments):
    pytest_command = (sys.executable, "-m", "pytest", "-p", "no:asyncio", "--arena")
    return examples.run(*pytest_command, f"suites/{suite}", *arguments)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_quickstart_asks_72_questions_with_references_in_four_categories():
    rows = lines(SUITES / "quickstart.jsonl")
    categories = [row["category"] for row in rows]
    assert (
        len(rows) == len({row["id"] for row in rows}) == len({row["query"] for row in rows}) == 72
    )
    assert {categories.count(name) for name in categories} == {18}
    assert all(row["response"] for row in rows)


@pytest.mark.parametrize("path", sorted(SUITES.glob("recorded/*.jsonl")), ids=lambda p: p.stem)
def test_every_question_has_a_recorded_answer_with_measured_times(path):
    asked = {row["id"] for row in lines(SUITES / "quickstart.jsonl")}
    answers = lines(path)
    assert {answer["prompt_id"] for answer in answers} == asked
    assert all(0 < answer["timing"]["ttft"] < 5 for answer in answers)
    assert all(answer["usage"]["cached_tokens"] == 0 for answer in answers)


def test_the_recorded_suite_lets_the_better_prompt_out(examples):
    result = run(examples, "recorded.arena.toml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*PASS  win_rate*", "*PASS  ttft-p90*"])


def test_the_recorded_nonsense_is_stopped(examples):
    suite = examples.path / "suites/recorded.arena.toml"
    text = suite.read_text(encoding="utf-8")
    suite.write_text(text.replace("recorded/smollm2-brief", "recorded/smollm2-hot"), "utf-8")
    result = run(examples, "recorded.arena.toml")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*FAIL  win_rate*", "*PASS  ttft-p90*"])


def test_a_model_that_was_not_fetched_is_one_line_that_names_the_command(examples, monkeypatch):
    pytest.importorskip("xllamacpp")
    monkeypatch.setenv("ARENATEST_MODELS", str(examples.path / "empty"))
    result = run(examples, "quickstart.arena.toml")
    assert result.ret != 0
    shown = result.stdout.str() + result.stderr.str()
    assert "arenatest local fetch smollm2-135m" in shown
    assert "Traceback" not in shown


@pytest.fixture
def cache():
    """Where the fetched model is; asked for before ``examples``, which moves the home folder."""
    folder = models_folder(os.environ)
    try:
        check_machine()
        cached_model(MODEL, folder)
    except OptionError as problem:
        pytest.skip(str(problem))
    return str(folder)


@pytest.mark.local_model
def test_real_models_meet_and_the_gates_decide(cache, examples, monkeypatch):
    """The second suite has its baseline's answers from the first."""
    monkeypatch.setenv("ARENATEST_MODELS", cache)
    quickstart = run(examples, "quickstart.arena.toml")
    assert quickstart.ret == 0
    quickstart.stdout.fnmatch_lines(["*PASS  win_rate*"])
    regression = run(examples, "regression.arena.toml")
    assert regression.ret == 1
    regression.stdout.fnmatch_lines(["*FAIL  win_rate*"])


def test_the_metric_of_the_example_plugin_is_gated(examples, monkeypatch):
    plugin = SUITES.parent / "plugins/arenatest-example/src"
    monkeypatch.setenv("PYTHONPATH", str(plugin))
    suite = examples.path / "suites/recorded.arena.toml"
    gates = """
[[gates]]
metric = "word_count"
stat = "p90"
max = 40

[[gates]]
metric = "word_count"
stat = "mean"
max = 1
"""
    suite.write_text(suite.read_text(encoding="utf-8") + gates, encoding="utf-8")
    result = run(examples, "recorded.arena.toml", "-p", "arenatest_example", "-k", "word")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*PASS  word_count-p90 * needs <= 40 words*", "*FAIL  word_count-mean *"]
    )
