"""Lock files on disk: beside the suite, as JSON that is read in a diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from arenatest.errors import SuiteError

if TYPE_CHECKING:
    from arenatest.lock.lock import Lock

SUITE_SUFFIX = ".arena.toml"
LOCK_SUFFIX = ".arena.lock"


def lock_path(suite: Path) -> Path:
    """Return where the lock of a suite file lies."""
    return suite.with_name(suite.name.removesuffix(SUITE_SUFFIX) + LOCK_SUFFIX)


def lock_text(lock: Lock) -> str:
    """Return the text of a lock file."""
    return json.dumps(lock.model_dump(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_lock(suite: Path, *, shown: str) -> Lock | None:
    """Return the lock beside a suite file; None where there is none.

    Args:
        suite: The suite file.
        shown: How messages call the suite file.

    Raises:
        SuiteError: The lock cannot be read, or is none of this version.
    """
    path = lock_path(suite)
    name = shown.removesuffix(SUITE_SUFFIX) + LOCK_SUFFIX
    hint = "restore it, or write it anew with `arenatest lock`"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "not UTF-8"
        raise SuiteError(name, None, "", f"cannot be read: {said}") from error
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise SuiteError(name, line, "", "not valid JSON", hint=hint) from error
    return _lock(raw, name, hint)


def _lock(raw: object, name: str, hint: str) -> Lock:
    from pydantic import ValidationError

    from arenatest.lock.lock import LOCK_VERSION, Lock  # its models are built at import

    version = raw.get("lock_version") if isinstance(raw, dict) else None
    if version != LOCK_VERSION:
        problem = f"got {version!r}, this arenatest reads {LOCK_VERSION}"
        if isinstance(version, int) and version > LOCK_VERSION:
            hint = "upgrade arenatest: a newer one wrote it"
        raise SuiteError(name, None, "lock_version", problem, hint=hint)
    try:
        return Lock.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SuiteError(name, None, place, first["msg"].lower(), hint=hint) from error
