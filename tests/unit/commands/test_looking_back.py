"""The commands that look back, from what was typed to what is printed."""

import json

import pytest

from arenatest.cli import main
from arenatest.commands import diff, runs, show, stats, trend
from arenatest.commands.registry import Commands
from arenatest.errors import OptionError
from arenatest.store import open_store
from unit.history.test_trend import run_with
from unit.store import records


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        run_with(opened, "aaaa0001", 1_790_000_000.0, 15)
        run_with(opened, "bbbb0002", 1_790_086_400.0, 3)
        yield opened


@pytest.fixture
def typed(store, capsys):
    """Parse what a user types, look into the store, and return what was printed."""
    import argparse

    parser = argparse.ArgumentParser()
    commands: Commands = parser.add_subparsers(required=True)
    for module in (runs, show, diff, trend, stats):
        module.add(commands)

    def run(*arguments):
        options = parser.parse_args(arguments)
        options.look(options, store)
        return capsys.readouterr().out

    return run


def test_runs_lists_the_latest_first(typed):
    listed = json.loads(typed("runs", "--json"))
    assert [run["id"] for run in listed["runs"]] == ["bbbb0002", "aaaa0001"]
    assert typed("runs", "--limit", "1").splitlines()[-1].startswith("1 earlier run not shown")
    assert typed("runs", "--suite", "sales") == "no run of the suite 'sales' is recorded\n"


def test_show_takes_the_name_of_a_run_or_a_chat_id(typed):
    assert json.loads(typed("show", "latest~1", "--json"))["run"]["id"] == "aaaa0001"
    assert typed("show", "bbbb").startswith("run          bbbb0002\n")
    assert typed("show", "aaaa0001 old 3").startswith("chat id      aaaa0001 old 3\n")
    with pytest.raises(OptionError, match="names no run, and --json shows runs only"):
        typed("show", "nothing", "--json")


def test_diff_compares_two_runs_in_the_order_in_which_they_are_named(typed):
    there = json.loads(typed("diff", "aaaa", "latest", "--json"))
    back = json.loads(typed("diff", "latest", "aaaa0001", "--json"))
    assert there["scores"][0]["change"]["finding"] == "lower"
    assert back["scores"][0]["change"]["finding"] == "higher"
    assert typed("diff", "aaaa", "bbbb", "--flips", "2").splitlines()[-1] == (
        "  and 10 more: --flips N shows them"
    )


def test_trend_follows_the_measures_that_are_asked_for(typed):
    (found,) = json.loads(
        typed("trend", "support", "--metric", "win_rate", "--metric", "ttft-p50", "--json")
    )["trends"]
    assert [run["readings"]["win_rate"]["value"] for run in found["runs"]] == [0.75, 0.15]
    assert found["runs"][0]["readings"]["ttft-p50"]["value"] == 0.25
    assert "WIN_RATE" in typed("trend", "--last", "1")


def test_stats_counts_calls_between_two_moments(typed):
    told = typed("stats")
    assert told.startswith("calls from the first call until now\nanswers:\n")
    assert typed("stats", "--since", "2026-01-01").splitlines()[-1] == "no call is recorded"
    models = json.loads(typed("stats", "--until", "1d", "--suite", "support", "--json"))["models"]
    assert {(one["name"], one["calls"]) for one in models} == {("old", 40), ("new", 40)}
    assert records.plan().baseline.fingerprint in {one["model"] for one in models}


def test_models_are_told_with_their_times_and_fingerprints(typed):
    lines = typed("stats").splitlines()
    assert lines[2].split() == ["CALLS", "SUCCESS", "TOKENS", "IN", "OUT", "COST", "MODEL"]
    assert lines[5].split()[:3] == ["TTFT", "OF", "AVERAGE"]
    assert "250 ms" in lines[6]


@pytest.mark.parametrize("typed_limit", ["0", "-1", "x", "1.5"])
def test_a_number_of_things_is_at_least_one(typed_limit, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["runs", f"--limit={typed_limit}"])
    assert ended.value.code == 4
    assert f"got '{typed_limit}', expected a number from 1 on" in capsys.readouterr().err
