import subprocess
import sys

HEAVY = ("aiohttp", "pydantic", "jinja2", "numpy", "sqlalchemy")

PROBE = """
import sys
import pytest

class Probe:
    def pytest_sessionfinish(self):
        heavy = {heavy!r}
        loaded = [name for name in heavy if name in sys.modules]
        ours = sorted(name for name in sys.modules if name.startswith("arenatest"))
        print("LOADED", loaded, ours)

pytest.main(["-q", "-s", "-p", "no:cacheprovider", "-p", "arenatest.plugin", sys.argv[1]],
            plugins=[Probe()])
"""


def test_a_plain_pytest_run_imports_nothing_heavy(tmp_path):
    test = tmp_path / "test_plain.py"
    test.write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), str(test)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin"},
    )
    line = next(line for line in done.stdout.splitlines() if "LOADED" in line)
    light = ["arenatest", "arenatest.collection", "arenatest.collection.options"]
    light += ["arenatest.hookspec", "arenatest.plugin"]
    assert line.lstrip(".") == f"LOADED [] {light}"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == [
        "test_plain.py"
    ]
