"""One smoke test on the oldest pytest that we promise; all other tests run on the newest."""

import os
import subprocess
import sys

import pytest

from servers.warm import WarmPython


@pytest.fixture(scope="session")
def oldest(tmp_path_factory):
    """A folder with pytest 8.4 that goes before the installed one."""
    folder = tmp_path_factory.mktemp("oldest")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check",
         "--no-deps", "--target", str(folder), "pytest==8.4.*"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"pytest 8.4 cannot be had: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["plain", "xdist"])
def test_the_whole_way_on_the_oldest_pytest(project, oldest, workers, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(oldest), *sys.path[1:2]]))
    with WarmPython() as project.python:
        project.suite(candidates={"new": "new", "bad": "bad"})
        result = project.run("-v", *workers)
        assert "pytest-8.4" in result.stdout.str()
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(
            [
                "*= arena =*",
                "*PASS*win_rate*",
                "*FAIL*win_rate*",
                "*report: reports/arena-report.html",
            ]
        )
        project.write("wrong.arena.toml", "[suite\n")
        assert project.run(*workers).ret == (1 if workers else 2)
