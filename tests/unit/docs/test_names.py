"""What the code offers is in the documentation, and what the documentation names exists."""

import argparse
import re
from typing import get_args

import pytest
from pydantic import BaseModel

from arenatest import cli, judges, metrics, plugin, providers
from arenatest.collection import options
from arenatest.model.answer import FailureKind
from arenatest.model.decision import Cause
from arenatest.model.judgment import VoidCause
from arenatest.model.metric import BUILT_IN
from arenatest.providers.openai import PRESETS
from arenatest.report import results_model
from arenatest.suite import arrivals, schema
from arenatest.suite.latency import LatencyTable
from unit.docs.pages import PAGES, ROOT, anchors, blocks, links, prose, rows, section, text

DOCS = ROOT / "docs"
EVERYTHING = "\n".join(text(page) for page in PAGES)
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
TABLES = {
    "`[suite]`": (schema.SuiteTable,),
    "`[run]`": (schema.RunTable,),
    "`[latency]`": (LatencyTable,),
    "`[[datasets]]`": (schema.DatasetTable,),
    "`[[prompts]]`": (schema.PromptTable,),
    "`[baseline]` and `[[candidates]]`": (schema.ContestantTable, schema.PartTable),
    "`[[judges]]`": (schema.JudgeTable,),
    "`[health]`": (schema.HealthTable,),
    "`[load]`": (arrivals.LoadTable,),
    "`[golden]` and `[labels]`": (schema.FileTable,),
    "`[[metrics]]`": (schema.MetricTable,),
    "`[[gates]]`": (schema.GateTable,),
}
KINDS = {
    "providers.md": {
        name: kind
        for name, kind in providers.pytest_arena_providers().items()
        if name not in PRESETS
    },
    "judges.md": judges.pytest_arena_judges(),
    "metrics.md": metrics.pytest_arena_metrics(),
}


class Recorder:
    """Takes what the plugin registers."""

    def __init__(self):
        self.options, self.keys = [], []

    def getgroup(self, *_names):
        return self

    def addoption(self, name, **_keywords):
        self.options.append(name)

    def addini(self, name, *_rest, **_keywords):
        self.keys.append(name)


@pytest.fixture(scope="module")
def registered():
    recorder = Recorder()
    plugin.pytest_addoption(recorder)
    return recorder


def key(name):
    return rf"`{name}"


def test_every_option_ini_key_and_variable_has_its_row(registered):
    table = rows(section(DOCS / "ci.md", "Options"), "option")
    found = [(row[0].strip("`").split()[0], row[1].strip("`"), row[2].strip("`")) for row in table]
    expected = [
        (option, ini, options.variable(ini))
        for option, ini in zip(registered.options, registered.keys, strict=True)
    ]
    assert found == expected


def test_no_page_names_an_option_a_key_or_a_variable_that_does_not_exist(registered):
    assert set(re.findall(r"--arena[\w-]*", EVERYTHING)) <= set(registered.options)
    ini = set(re.findall(r"(?<!pytest_)\barena_\w+", EVERYTHING)) - {"arena_example"}
    assert ini <= set(registered.keys)
    variables = set(re.findall(r"\bARENATEST\w*", EVERYTHING))
    made = {options.variable(name) for name in registered.keys}
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py"))
    for name in variables - made:
        assert f'"{name}"' in SOURCE + tests


def test_every_variable_that_the_code_reads_is_documented():
    assert all(name in EVERYTHING for name in re.findall(r'"(ARENATEST_\w+)"', SOURCE))


def test_no_page_names_a_hook_that_does_not_exist():
    from arenatest import hookspec

    named = set(re.findall(r"\bpytest_arena_\w+", EVERYTHING))
    assert {name for name in named if not name.endswith("_")} <= set(vars(hookspec))


def test_every_command_has_its_row_and_no_other_is_named():
    table = rows(section(DOCS / "ci.md", "Commands"), "command")
    documented = {tuple(re.findall(r"[a-z]+", row[0])[1:]) for row in table}
    assert documented == set(commands(cli._parser()))
    first = {command[0] for command in documented}
    named = re.findall(r"(?:^|`|&& )arenatest ([a-z]+)", EVERYTHING, re.MULTILINE)
    assert set(named) <= first


def commands(parser, before=()):
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                found += commands(inner, (*before, name)) or [(*before, name)]
    return found


def test_every_command_line_in_the_pages_parses():
    lines = [line for page in PAGES for b in blocks(page, "console") for line in b.code.split("&&")]
    own = [line.split()[1:] for line in lines if line.split()[:1] == ["arenatest"]]
    assert own
    for arguments in own:
        cli._parser().parse_args(arguments)


@pytest.mark.parametrize(("heading", "models"), TABLES.items(), ids=TABLES)
def test_the_table_of_a_suite_table_names_its_keys_and_defaults(heading, models):
    assert documented(section(DOCS / "suites.md", heading)) == expected(*models)


@pytest.mark.parametrize(
    ("page", "name", "kind"),
    [(page, name, kind) for page, kinds in KINDS.items() for name, kind in kinds.items()],
)
def test_the_table_of_a_kind_names_its_options_and_defaults(page, name, kind):
    if page == "metrics.md":
        content = section(DOCS / page, "Scorers: a metric from a function of yours")
    else:
        heading = next(
            line.removeprefix("## ")
            for line in text(DOCS / page).splitlines()
            if line.startswith(f"## `{name}`")
        )
        content = section(DOCS / page, heading)
    assert documented(content) == expected(kind.options)


def test_the_table_of_presets_says_what_each_assumes():
    table = rows(section(DOCS / "providers.md", "Presets"), "`provider`")
    told = {row[0].split("`")[1]: (row[1].strip("`"), row[2].strip("`")) for row in table}
    assert told == {name: (p.base_url, p.key or "none") for name, p in PRESETS.items()}


def documented(content):
    return {row[0].strip("`"): row[1].strip("`") for row in rows(content, "key")}


def expected(*models: type[BaseModel]):
    return {name: shown(field) for model in models for name, field in model.model_fields.items()}


def shown(field):
    if field.is_required():
        return "required"
    extra = field.json_schema_extra
    value = (
        extra["default"]
        if isinstance(extra, dict)
        else field.get_default(call_default_factory=True)
    )
    if value is None or value in ({}, ()):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def test_the_table_of_metrics_is_that_of_the_code():
    table = rows(section(DOCS / "metrics.md", "Built in"), "metric")
    assert [(row[0].strip("`"), row[1], row[2]) for row in table] == [
        (spec.name, spec.unit, spec.direction) for spec in BUILT_IN.values()
    ]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("providers.md", get_args(FailureKind)),
        ("judges.md", get_args(VoidCause)),
        ("gates.md", get_args(Cause)),
    ],
)
def test_every_word_for_a_failure_a_void_and_a_cause_is_explained(page, words):
    assert all(f"`{word}`" in text(DOCS / page) for word in words)


def test_the_table_of_failures_names_each_of_them_and_no_other():
    table = rows(text(DOCS / "providers.md"), "failure")
    assert {word for row in table for word in re.findall(r"`(\w+)`", row[0])} == {
        *get_args(FailureKind)
    }


def test_the_parts_of_the_results_are_those_of_the_model():
    table = {row[0].strip("`[]"): row[1] for row in rows(text(DOCS / "report.md"), "part")}
    fields = results_model.Results.model_fields
    assert list(table) == list(fields)
    for part, field in fields.items():
        model = (get_args(field.annotation) or (field.annotation,))[0]
        if isinstance(model, type) and issubclass(model, BaseModel):
            assert set(model.model_fields) <= set(re.findall(r"`(\w+)`", table[part])), part


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    for link in links(page):
        if link.startswith("http"):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            assert fragment in anchors(target), link


def test_the_readme_links_every_page():
    linked = {link.partition("#")[0] for link in links(ROOT / "README.md")}
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= linked


def test_the_architecture_names_every_room_in_its_layer():
    from architecture.house import LAYERS

    named = [
        tuple(re.findall(r"`(\w+)`", row[1]))
        for row in rows(text(DOCS / "architecture.md"), "layer")
    ]
    assert named == [tuple(room for room in rooms if room != "__main__") for rooms in LAYERS]


def test_no_page_is_a_wall():
    for page in PAGES:
        for paragraph in prose(page).split("\n\n"):
            if not paragraph.lstrip().startswith(("|", "-", "1.")):
                assert len(paragraph) < 900, f"{page.name}: {paragraph[:60]}"


def test_ci_ends_with_the_line_of_the_readme_that_runs_the_tests():
    lines = section(ROOT / "README.md", "Run the tests").splitlines()
    line = lines[lines.index("```console") + 1]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert ci.splitlines()[-1] == line
