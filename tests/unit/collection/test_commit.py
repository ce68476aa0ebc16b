import shutil
import subprocess

import pytest

from arenatest.collection.commit import VARIABLES, commit_of

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_ci_service_names_the_commit(name, tmp_path):
    assert commit_of({name: SHA.upper()}, tmp_path) == SHA


@pytest.mark.parametrize("said", ["", "main", "v1.2", "0123", "; rm -rf", SHA * 2])
def test_what_is_no_commit_is_not_taken_for_one(said, tmp_path):
    assert commit_of({"GITHUB_SHA": said, "CIRCLE_SHA1": SHA}, tmp_path) == SHA
    assert commit_of({"GITHUB_SHA": said}, tmp_path) is None


def test_outside_of_a_repository_the_commit_is_unknown(tmp_path):
    assert commit_of({}, tmp_path) is None


def test_a_folder_that_is_gone_has_no_commit(tmp_path):
    assert commit_of({}, tmp_path / "gone") is None


def test_a_machine_without_git_knows_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of({}, tmp_path) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_is_asked_where_no_service_names_it(tmp_path):
    def git(*arguments):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    assert commit_of({}, tmp_path) is None
    git("commit", "-q", "--allow-empty", "-m", "first")

    assert commit_of({}, tmp_path) == git("rev-parse", "HEAD")
