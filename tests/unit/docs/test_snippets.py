"""Every snippet of the documentation does what the page says: suites load, Python runs."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest
import tomli

from arenatest import judges, metrics, providers
from arenatest.suite.kinds import Kinds, merge_kinds
from arenatest.suite.load import build_suite
from unit.docs.pages import PAGES, ROOT, blocks, files

CATEGORIES = ("complaints", "account", "delivery")
BESIDE = {
    "models.py": "def old(prompt):\n    return 'a'\n\n\ndef new(prompt):\n    return 'b'\n",
    "support.jsonl": "".join(
        json.dumps({"query": f"Question {n}?", "category": CATEGORIES[n % 3]}) + "\n"
        for n in range(9)
    ),
    "prompts/short.md": "Be brief.",
    "weights/tuned.gguf": "GGUF",
}
"""What the pages' suites find beside them, besides the files that the pages themselves hold."""

DEFAULTS = {
    "suite": {"name": "snippet"},
    "baseline": {"name": "the old one", "provider": "python", "function": "models:old"},
    "candidates": [{"name": "the new one", "provider": "python", "function": "models:new"}],
    "judges": [{"kind": "reference"}],
    "gates": [{"metric": "error_rate", "max": 0.2}],
}
PROMPTS = [
    {"query": f"About {name}?", "response": "Yes.", "category": name, "tags": ["parcel", "money"]}
    for name in CATEGORIES
]

SUITES = [
    block
    for page in PAGES
    for block in blocks(page, "toml")
    if block.file is None or block.file.endswith(".arena.toml")
]


@pytest.mark.parametrize("block", SUITES, ids=str)
def test_a_suite_or_a_part_of_one_loads(block, tmp_path):
    lay_out(block.page, tmp_path)
    tables = tomli.loads(block.code)
    if "prompts" not in tables and "datasets" not in tables:
        tables["prompts"] = PROMPTS
    suite = build_suite(
        {**DEFAULTS, **tables}, path="x.arena.toml", directory=tmp_path, kinds=kinds(tmp_path)
    )
    assert suite.plan.rules


def lay_out(page, folder):
    for name, content in {**BESIDE, **files(page)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def kinds(folder: Path) -> Kinds:
    """The built-in kinds, the example plugin's, and those of the page's own conftest."""
    plugins = [providers, judges, metrics]
    if importlib.util.find_spec("arenatest_example"):
        plugins.append(importlib.import_module("arenatest_example"))
    if (folder / "conftest.py").exists():
        spec = importlib.util.spec_from_file_location("conftest_of_page", folder / "conftest.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        plugins.append(module)

    def offered(hook):
        return [getattr(plugin, hook)() for plugin in plugins if hasattr(plugin, hook)]

    return Kinds(
        providers=merge_kinds(offered("pytest_arena_providers"), "provider"),
        judges=merge_kinds(offered("pytest_arena_judges"), "judge"),
        metrics=merge_kinds(offered("pytest_arena_metrics"), "metric"),
    )


def test_the_example_package_is_installed_where_its_snippets_are_tested():
    assert importlib.util.find_spec("arenatest_example"), "pip install -e plugins/arenatest-example"


@pytest.fixture
def project(pytester, monkeypatch):
    for name in ("CI", "GITHUB_STEP_SUMMARY", "ARENATEST", "ARENATEST_STORE", "ARENATEST_REPORTS"):
        monkeypatch.delenv(name, raising=False)
    return pytester


def run(project, *arguments):
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist")
    return project.run(*command, *arguments, timeout=120)


def numbers_in(page, output):
    """The lines of the page's text blocks that the output must hold, apart from times."""
    shown = [line for block in blocks(page, "text") for line in block.code.splitlines()]
    return [line for line in shown if "  needs " in line and output in line]


def test_the_plugin_page_is_a_plugin_that_works(project):
    page = ROOT / "docs" / "plugins.md"
    lay_out(page, project.path)
    result = run(project, "--arena", "-s", "parrots.arena.toml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines_random(
        ["*loud win_rate: pass*", "*loud shouting: fail*", "*parrots: 2 gates, 10 calls"]
    )
    shown = result.stdout.str()
    expected = numbers_in(page, "needs")
    assert len(expected) == 2
    assert all(line in shown for line in expected)


def test_the_readme_shows_what_the_quickstart_decides(project):
    """Its win rate rests on the answers that are recorded, so the recorded run must agree."""
    shutil.copytree(ROOT / "suites", project.path / "suites")
    result = run(project, "--arena", "suites/recorded.arena.toml")
    (win_rate, *_) = numbers_in(ROOT / "README.md", "PASS  win_rate")
    assert win_rate in result.stdout.str()


def test_the_readme_shows_what_a_mistake_in_its_suite_looks_like(project):
    page = ROOT / "README.md"
    lay_out(page, project.path / "suites")
    suite = blocks(page, "toml")[0].code
    (told,) = [block.code for block in blocks(page, "text") if "got 45" in block.code]
    wrong = suite.replace("min = 0.45", "min = 45", 1)
    (project.path / "suites" / "support.arena.toml").write_text(wrong, encoding="utf-8")
    result = run(project, "--arena", "suites/support.arena.toml")
    assert told in result.stdout.str()


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_tests_of_a_page_pass_with_arena_and_skip_without(project, page):
    lay_out(ROOT / page, project.path)
    tests = [name for name in files(ROOT / page) if name.startswith("test_")]
    assert tests
    project.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = run(project, "--arena", *tests)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) == outcomes.get("errors", 0) == 0, result.stdout.str()
    assert outcomes["passed"] >= 1
    plain = run(project, *tests)
    assert "failed" not in plain.parseoutcomes()
    assert "passed" not in plain.parseoutcomes()


@pytest.mark.parametrize(
    "block",
    [b for page in PAGES for b in blocks(page, "python") if b.file is None],
    ids=str,
)
def test_other_python_compiles(block):
    compile(block.code, str(block), "exec")


@pytest.mark.parametrize("block", [b for p in PAGES for b in blocks(p, "json")], ids=str)
def test_json_is_json(block):
    assert json.loads(block.code)
