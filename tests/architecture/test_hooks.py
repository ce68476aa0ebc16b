import inspect
from pathlib import Path

import pytest

from arenatest import hookspec

HOOKS = [
    function
    for name, function in inspect.getmembers(hookspec, inspect.isfunction)
    if name.startswith("pytest_arena_")
]
INTEGRATION = Path(__file__).parents[1] / "integration"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda h: h.__name__)
def test_a_hook_is_plain_typed_and_documented(hook):
    assert not inspect.iscoroutinefunction(hook), "pluggy would take the coroutine for an answer"
    doc = inspect.getdoc(hook)
    signature = inspect.signature(hook)
    assert signature.return_annotation is not inspect.Signature.empty
    assert "all" in doc.lower()
    assert "results are" in doc.lower() or "first result" in doc.lower()
    assert "called" in doc.lower()
    if signature.parameters:
        assert "Args:" in doc
        for name in signature.parameters:
            assert f"{name}:" in doc
    else:
        assert "Returns:" in doc


@pytest.mark.parametrize("hook", HOOKS, ids=lambda h: h.__name__)
def test_a_hook_is_exercised_by_an_integration_test_and_in_the_documentation(hook):
    tests = "".join(path.read_text(encoding="utf-8") for path in INTEGRATION.rglob("*.py"))
    plugins = Path(__file__).parents[2] / "docs" / "plugins.md"
    assert hook.__name__ in tests
    assert hook.__name__ in plugins.read_text(encoding="utf-8")
