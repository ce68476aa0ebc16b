import doctest
import importlib
import pkgutil

import pytest

import arenatest.stats

MODULES = [module.name for module in pkgutil.iter_modules(arenatest.stats.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name):
    module = importlib.import_module(f"arenatest.stats.{name}")
    assert doctest.testmod(module).failed == 0
