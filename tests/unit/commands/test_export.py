from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from arenatest.commands.export import chosen_runs, export_lines
from arenatest.errors import OptionError
from arenatest.exchange.manifest import FilePart, Manifest
from arenatest.store import open_store
from unit.store.records import plan, run


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as opened:
        for number in (3, 1, 2):
            begun = replace(run(f"{number}-run"), started=1000.0 + number)
            opened.begin(plan(), begun, fresh=True, expire=0.0)
        yield opened


def asked(*runs, all=False):  # noqa: A002
    return argparse.Namespace(runs=list(runs), all=all)


def test_named_runs_come_once_each_and_earliest_first(store):
    found = chosen_runs(store, asked("3-ru", "latest", "1-run"))
    assert [run.id for run in found] == ["1-run", "3-run"]
    assert [run.id for run in chosen_runs(store, asked(all=True))] == ["1-run", "2-run", "3-run"]


@pytest.mark.parametrize("wrong", [asked(), asked("latest", all=True)])
def test_either_runs_or_all_must_be_named(store, wrong):
    with pytest.raises(OptionError, match="name the runs to export"):
        chosen_runs(store, wrong)


def test_a_store_without_runs_says_what_to_do(tmp_path):
    with open_store(tmp_path) as store, pytest.raises(OptionError, match="no run is recorded"):
        chosen_runs(store, asked(all=True))


def test_the_last_line_says_what_was_not_taken_over():
    manifest = Manifest(
        format="csv",
        arenatest="0.1.0",
        exported=1.0,
        runs=["a", "b"],
        files={"x.csv": FilePart(rows=1200, bytes=2_340_000, sha256="")},
        not_taken_over=["1 cell cut to what Excel holds", "2 events"],
    )
    assert list(export_lines(manifest, "out\x1b[31m")) == [
        "out: 2 runs in 1 file, 1,200 rows, 2.3 MB",
        "not taken over: 1 cell cut to what Excel holds; 2 events",
    ]
    whole = manifest.model_copy(update={"not_taken_over": []})
    assert len(list(export_lines(whole, "out"))) == 1
