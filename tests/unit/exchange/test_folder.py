from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from arenatest.errors import OptionError
from arenatest.exchange.folder import whole_folder
from arenatest.exchange.manifest import MANIFEST


def written(target, text="x", **options):
    with whole_folder(target, **options) as folder:
        (folder / MANIFEST).write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_appears_when_all_is_written_and_leaves_nothing_beside_it(tmp_path):
    with whole_folder(tmp_path / "a" / "out") as folder:
        (folder / "x").write_text("x")
        assert not (tmp_path / "a" / "out").exists()
    assert names(tmp_path / "a") == ["out"]
    assert names(tmp_path / "a" / "out") == ["x"]


def test_an_error_leaves_nothing_behind(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "out") as folder:
        (folder / "x").write_text(str(1 / 0))
    assert names(tmp_path) == []


def test_the_folder_has_the_rights_that_the_user_gives_to_new_ones(tmp_path):
    before = os.umask(0o027)
    try:
        written(tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o750


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    written(tmp_path / "out")
    assert names(tmp_path / "out") == [MANIFEST]


def test_an_earlier_export_is_replaced_only_when_told(tmp_path):
    target = tmp_path / "out"
    written(target, "old")
    with pytest.raises(OptionError, match="holds an export already\n  hint: --replace"):
        written(target, "new")
    assert (target / MANIFEST).read_text() == "old"
    written(target, "new", replace=True)
    assert (target / MANIFEST).read_text() == "new"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("replace", [True, False])
def test_anything_else_is_never_overwritten(tmp_path, replace):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(OptionError, match="is not empty, and no export: nothing is overwritten"):
        written(tmp_path / "mine", replace=replace)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OptionError, match="is there, and no folder"):
        written(tmp_path / "file", replace=replace)
    assert names(tmp_path) == ["file", "mine"]
    assert names(tmp_path / "mine") == ["thesis.txt"]


def test_a_folder_that_fills_up_meanwhile_is_kept(tmp_path):
    def race():
        with whole_folder(tmp_path / "out"):
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "other.txt").write_text("theirs")

    with pytest.raises(OptionError, match="is not empty"):
        race()
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["other.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OptionError, match=r"out: .*(Not a directory|File exists)"):
        written(tmp_path / "file" / "out")


def test_an_earlier_export_stays_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    target, rename = tmp_path / "out", Path.rename
    written(target, "old")

    def refused(path, to):
        if path.name == "new":
            raise PermissionError(13, "Permission denied")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OptionError, match="cannot be written: Permission denied"):
        written(target, "new", replace=True)
    assert (target / MANIFEST).read_text() == "old"
