"""The page of mistakes names a test for each, and every test that it names exists."""

import ast
import re

import pytest

from unit.docs.pages import ROOT, rows, text

TESTS = ROOT / "tests"
TABLE = rows(text(ROOT / "docs" / "peers.md"), "")
PITFALLS = 23
NAMED = sorted({name for row in TABLE for name in re.findall(r"`(\S+::\S+)`", row[-1])})


def functions(path):
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_mistake_is_on_the_page_with_a_test():
    assert [row[0] for row in TABLE] == [str(number) for number in range(1, PITFALLS + 1)]
    assert all(re.search(r"`\S+::test_\S+`", row[-1]) for row in TABLE)


@pytest.mark.parametrize("name", NAMED, ids=lambda name: name.partition("::")[2])
def test_every_test_that_is_named_exists(name):
    path, _, function = name.partition("::")
    assert function in functions(path)


def test_every_test_of_this_folder_is_named():
    ours = {
        f"unit/pitfalls/{path.name}::{name}"
        for path in (TESTS / "unit" / "pitfalls").glob("test_*.py")
        if path.stem != "test_the_page"
        for name in functions(f"unit/pitfalls/{path.name}")
        if name.startswith("test_")
    }
    assert ours <= set(NAMED)
