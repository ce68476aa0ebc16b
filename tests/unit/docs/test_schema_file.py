"""The JSON Schema in ``docs/`` is the one that ``arenatest schema`` prints without other plugins.

``ARENATEST_GOLDEN=1`` rewrites it.
"""

import json
import os

import pytest
import tomli

from arenatest import judges, metrics, providers
from arenatest.suite.jsonschema import suite_schema
from arenatest.suite.kinds import Kinds
from unit.docs.pages import ROOT

FILE = ROOT / "docs" / "suite.schema.json"


@pytest.fixture(scope="module")
def schema():
    return suite_schema(
        Kinds(
            providers=providers.pytest_arena_providers(),
            judges=judges.pytest_arena_judges(),
            metrics=metrics.pytest_arena_metrics(),
        )
    )


def test_the_file_is_what_the_command_prints(schema):
    made = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("ARENATEST_GOLDEN"):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made


@pytest.mark.parametrize(
    "suite", sorted((ROOT / "suites").glob("*.arena.toml")), ids=lambda p: p.name
)
def test_the_examples_point_to_it_and_obey_it(schema, suite):
    jsonschema = pytest.importorskip("jsonschema")
    text = suite.read_text(encoding="utf-8")
    assert text.startswith("#:schema ../docs/suite.schema.json\n")
    jsonschema.validate(tomli.loads(text), schema)
