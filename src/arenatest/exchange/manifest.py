"""What lies beside an export: who wrote it, from which runs, and which files belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from arenatest.errors import OptionError
from arenatest.exchange.rows import SCHEMA_VERSION

MANIFEST = "arenatest-export.json"
"""Its name in every folder of an export."""

Format = Literal["jsonl", "csv", "parquet", "evalscope", "arena-hard"]
_BLOCK = 1 << 20


class FilePart(BaseModel):
    """One file: its rows, its bytes and their digest."""

    model_config = ConfigDict(extra="forbid")

    rows: int
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """An export as a whole; ``exported`` is in seconds since 1970.

    ``files`` goes by paths with forward slashes, from the folder. ``not_taken_over`` are lines for
    people, about what the format cannot say.
    """

    model_config = ConfigDict(extra="forbid")

    format: Format
    schema_version: int = SCHEMA_VERSION
    arenatest: str
    exported: float
    runs: list[str]
    files: dict[str, FilePart]
    not_taken_over: list[str]


class _Version(BaseModel):
    schema_version: int


def file_part(path: Path, rows: int) -> FilePart:
    """Return what a manifest says of a file."""
    return FilePart(rows=rows, bytes=path.stat().st_size, sha256=_digest(path))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest into the folder of its export."""
    text = manifest.model_dump_json(indent=2, ensure_ascii=True)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="ascii")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of an export of this version or an earlier one.

    Raises:
        OptionError: There is none, it is damaged, or a newer arenatest wrote it.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except OSError as error:
        raise OptionError(f"{path}: {error.strerror}: is this an export?") from error
    try:
        version = _Version.model_validate_json(text).schema_version
        if version > SCHEMA_VERSION:
            raise OptionError(
                f"{path}: has schema version {version}, expected at most {SCHEMA_VERSION}: it was "
                "written by a newer arenatest\n  hint: upgrade arenatest"
            )
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise OptionError(f"{path}: {where}: {first['msg']}") from error


def damaged_files(folder: Path, manifest: Manifest, names: Iterable[str]) -> Iterator[str]:
    """Yield a line for each of these files that is missing, or not what it was."""
    for name in names:
        path, part = folder / name, manifest.files.get(name)
        if part is None or not path.is_file():
            yield f"{path}: is missing"
        elif path.stat().st_size != part.bytes or _digest(path) != part.sha256:
            yield f"{path}: is not as it was exported"


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
