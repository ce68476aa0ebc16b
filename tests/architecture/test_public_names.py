"""What plugin authors and users import; a name that goes away breaks them, so it is pinned."""

import importlib

import pytest

PUBLIC = {
    "arenatest": {"__version__"},
    "arenatest.errors": {
        "ArenaError",
        "InsufficientData",
        "MissingKey",
        "ModelMissing",
        "OptionError",
        "PluginError",
        "StoreError",
        "SuiteError",
    },
    "arenatest.hookspec": {
        "Ask",
        "Call",
        "Context",
        "Judge",
        "Kind",
        "Metric",
        "Provider",
        "Sample",
    },
    "arenatest.model.answer": {"Answer", "Failure", "Timing", "Usage"},
    "arenatest.model.decision": {"Decision"},
    "arenatest.model.judgment": {"Game", "Judgment", "Order", "Verdict"},
    "arenatest.model.metric": {"MetricSpec"},
    "arenatest.model.prompt": {"Message", "Prompt"},
}


@pytest.mark.parametrize(("module", "names"), PUBLIC.items())
def test_public_names_exist(module, names):
    assert names <= set(dir(importlib.import_module(module)))


def test_the_documentation_names_every_public_module():
    from architecture.house import SOURCE

    text = (SOURCE.parent / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert all(module in text for module in PUBLIC if module != "arenatest")
