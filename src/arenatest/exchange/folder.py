"""A folder that appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arenatest.errors import OptionError
from arenatest.exchange.manifest import MANIFEST


@contextmanager
def whole_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Give a folder to write into, which takes its name once all is written.

    What was written before an error is removed.

    Args:
        target: The folder; it may exist if it is empty.
        replace: Whether an earlier export may be replaced; anything else never is.

    Raises:
        OptionError: Something else is there, or the folder cannot be written.
    """
    target = target.absolute()
    _check(target, replace=replace)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        around = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        made = around / "new"  # with the rights that folders of this user have
        made.mkdir()
    except OSError as error:
        raise OptionError(f"{target}: {error.strerror}") from error
    try:
        try:
            yield made
            _settle(made, target, replace=replace)
        except OSError as error:
            problem = error.strerror or str(error)
            raise OptionError(f"{target}: cannot be written: {problem}") from error
    finally:
        shutil.rmtree(around, ignore_errors=True)


def _check(target: Path, *, replace: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir() or target.is_symlink():
        raise OptionError(f"{target}: is there, and no folder")
    if next(target.iterdir(), None) is None:
        return
    if not (target / MANIFEST).is_file():
        message = f"{target}: is not empty, and no export: nothing is overwritten"
        raise OptionError(f"{message}\n  hint: name a folder that does not exist yet")
    if not replace:
        message = f"{target}: holds an export already"
        raise OptionError(f"{message}\n  hint: --replace takes the new one instead")


def _settle(made: Path, target: Path, *, replace: bool) -> None:
    _check(target, replace=replace)  # again: it may have been filled meanwhile
    if not target.exists():
        made.rename(target)
        return
    old = made.with_name("old")
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
