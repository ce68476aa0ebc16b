import json
from collections.abc import Callable

import pytest
import tomli
from jsonschema import Draft202012Validator

from arenatest.errors import PluginError
from arenatest.hookspec import Kind
from arenatest.suite.jsonschema import suite_schema
from arenatest.suite.kinds import Kinds
from fakes.kinds import Options, kinds
from fakes.suites import CANDIDATE, GATE, PROMPTS, SUITE, changed

EXAMPLE = """
[suite]
name = "support"
description = "Answers to customers"

[run]
deadline = "30 min"
policy = "no-regression"

[[datasets]]
path = "support.jsonl"
fields = { query = "question" }
subset = ["a", "b"]

[baseline]
name = "gpt-4o"
provider = "api"
model = "gpt-4o-2024-08-06"
params = { temperature = 0, max_tokens = 512 }

[[candidates]]
name = "gpt-5-mini"
provider = "api"
model = "gpt-5-mini-2025-08-07"
system = "Answer in two sentences."
template = "Please: {prompt}"
timeout = "20 s"

[[judges]]
kind = "jury"
provider = "api"
model = "claude-sonnet-4-5"
system_prompt = "Be fair."

[[metrics]]
name = "polite"
kind = "score"
function = "scorers:polite"              # (prompt, answer) -> 0..1

[[gates]]
metric = "win_rate"
min = 0.45

[[gates]]
metric = "ttft"
stat = "p95"
max = "800 ms"

[[gates]]
metric = "ttft"
max_ratio = 1.10                         # against the baseline, paired by prompt

[[gates]]
metric = "polite"
min = 0.9
where = { category = "complaints" }
"""


@pytest.fixture(scope="module")
def schema():
    return suite_schema(kinds())


def errors(schema, text):
    document = json.loads(json.dumps(tomli.loads(text)))
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def test_it_is_a_valid_schema_and_is_json(schema):
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "arenatest suite"


@pytest.mark.parametrize("text", [EXAMPLE, SUITE])
def test_a_right_suite_is_valid(schema, text):
    assert errors(schema, text) == []


@pytest.mark.parametrize(
    "change",
    [
        ("min = 0.45", "mim = 0.45"),
        ("min = 0.45", "min = 0.45\nmax = 1"),
        ('name = "small"', 'nme = "small"'),
        ("[[judges]]", "[[judge]]"),
        ('query = "', 'qery = "'),
        ('query = "', 'turns = ["a"]\nquery = "'),
        ('model = "m2"', 'modl = "m2"'),
        ('model = "m2"', 'model = "m2"\nparms = {}'),
        ('model = "m2"', 'model = "m2"\nfunction = "of another kind"'),
        ('model = "m2"', 'model = "m2"\ntimeout = 5'),
        ('model = "m2"', 'model = "m2"\ntemplate = "no place"'),
        ('model = "m2"', 'model = "m2"\nsystem = "a"\nsystem_file = "b"'),
        ('provider = "api"', 'provider = "nobody"'),
        ('kind = "method"', 'kind = "method"\nmethd = "exact"'),
        ('kind = "method"', 'kind = "jury"'),
        ('kind = "method"', 'kind = "jury"\nprovider = "api"\nmodl = "x"'),
        (GATE, '[[metrics]]\nkind = "score"\nfuncton = "f"\n' + GATE),
        ("min = 0.45", 'min = 0.45\nwhere = { categry = "kids" }'),
        (GATE, ""),
        (CANDIDATE, ""),
        (PROMPTS, ""),
    ],
)
def test_a_misspelt_or_missing_key_is_refused(schema, change):
    assert errors(schema, changed(change))


def test_every_key_of_the_common_tables_is_described(schema):
    tables = [schema["properties"][name] for name in ("suite", "run")]
    tables += [schema["properties"][name]["items"] for name in ("datasets", "prompts", "gates")]
    undescribed = [
        key
        for table in tables
        for key, value in table["properties"].items()
        if "description" not in value
    ]
    assert undescribed == []


def test_options_are_described_by_their_field_or_by_their_docstring():
    class Documented(Options):
        """Options of a kind.

        Attributes:
            one: First
                line and second.
            two, three: Both.

        More text: not an attribute.
        """

        one: int = 1
        two: int = 2
        three: int = 3
        four: int = 4

    judge = Kind(options=Documented, build=lambda options, context: None)
    items = suite_schema(Kinds(judges={"doc": judge}))["properties"]["judges"]["items"]
    properties = items["allOf"][0]["then"]["properties"]
    assert properties["one"]["description"] == "First line and second."
    assert properties["three"]["description"] == "Both."
    assert "description" not in properties["four"]


def test_toml_has_no_null(schema):
    assert '"null"' not in json.dumps(schema)


def test_every_reference_is_defined(schema):
    text = json.dumps(schema)
    used = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert used <= set(schema["$defs"])


def test_options_without_a_json_schema_are_the_plugins_fault():
    class Odd(Options):
        call: Callable[[], int]

    judge = Kind(options=Odd, build=lambda options, context: None)
    with pytest.raises(PluginError, match=r"Odd have no JSON Schema"):
        suite_schema(Kinds(judges={"odd": judge}))
