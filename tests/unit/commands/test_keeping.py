from __future__ import annotations

import argparse
import json

import pytest

from arenatest.commands.prune import age, pruned_lines, pruned_values, size
from arenatest.commands.verify import finding_lines, findings_json
from arenatest.keeping.choice import Held
from arenatest.keeping.findings import Finding, Findings
from arenatest.keeping.prune import Pruned
from arenatest.model.record import Run
from arenatest.store.pruning import Swept

DAY = 86400.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("90d", 90 * DAY), ("12h", DAY / 2), ("1.5 w", 10.5 * DAY)]
)
def test_ages_have_units(text, seconds):
    assert age(text) == seconds


@pytest.mark.parametrize("text", ["90", "d", "", "90 years", "-1d", "1d 2h", "nan d"])
def test_what_is_no_age_is_told_with_an_example(text):
    with pytest.raises(argparse.ArgumentTypeError, match="expected an age such as 90d"):
        age(text)


def test_sizes_have_decimal_units():
    assert [size("2GB"), size("1.5 mb"), size("10kB")] == [2 * 10**9, 1_500_000, 10_000]
    with pytest.raises(argparse.ArgumentTypeError, match="expected a size such as 500MB"):
        size("2")


def finding(**changes):
    given = {
        "kind": "text",
        "where": "text 3f2a",
        "found": "content with the hash 77aa",
        "expected": "content with the hash that names it",
        "remedy": "restore the store from a copy",
    }
    return Finding(**given | changes)


def test_a_finding_is_one_line_whatever_stands_in_it():
    findings = Findings()
    findings.add(finding(where="call of \x1b[31mred\nand new"))
    findings.looked["texts"] = 1200

    lines = [*finding_lines(findings, "store")]

    assert len(lines) == 3
    assert "\x1b" not in lines[0]
    assert "\n" not in lines[0]
    assert lines[1:] == ["looked at 1,200 texts", "store: 1 problem"]


def test_nothing_wrong_is_said_as_well():
    assert [*finding_lines(Findings(), "store")] == ["looked at nothing", "store: no problem"]


def test_programs_get_all_of_it():
    findings = Findings()
    for _ in range(103):
        findings.add(finding())
    findings.notes.append("worth knowing")

    read = json.loads(findings_json(findings, "store"))

    assert len(read["problems"]) == 100
    assert read["more"] == {"text": 3}
    assert read["notes"] == ["worth knowing"]
    assert read["problems"][0]["remedy"] == "restore the store from a copy"


def held(name="5f0c2a91", **changes):
    run = Run(id=name * 4, session="s", plan_hash="p", started=1_790_000_000.0, finished=1.79e9)
    given = {"run": run, "suite": "support", "path": "support.arena.toml", "ends": 1.79e9}
    return Held(**given | {"size": 1_250_000} | changes)


def test_what_went_and_what_stays_is_told_with_why(tmp_path):
    pruned = Pruned(
        goes=((held(), "it is 91 days old"),),
        stays=((held("aaaabbbb"), "it was accepted: support.arena.lock"),),
        before=10_000_000,
        after=8_000_000,
        swept=Swept(calls=1200, texts=900, plans=1, prompts=40),
        space="2,000,000 bytes were given back",
    )

    assert [*pruned_lines(pruned, "store", [tmp_path / "old.lock"])] == [
        "pruned 5f0c2a91 of 2026-09-21 14:13:20 UTC  support.arena.toml  1.2 MB: it is 91 days old",
        "keeps aaaabbbb of 2026-09-21 14:13:20 UTC  support.arena.toml  1.2 MB: "
        "it was accepted: support.arena.lock",
        f"pruned {tmp_path / 'old.lock'}",
        "went: 1 run, 1,200 calls, 900 texts, 1 plan",
        "2,000,000 bytes were given back",
        "store: 10.0 MB of records, 8.0 MB after it",
    ]
    read = json.loads(json.dumps(pruned_values(pruned, "store")))
    assert read["goes"][0] | {"why": ""} == {
        "run": "5f0c2a91" * 4,
        "suite": "support",
        "started": 1_790_000_000.0,
        "bytes": 1_250_000,
        "why": "",
    }
    assert read["done"] is True


def test_what_would_go_is_not_said_to_have_gone():
    pruned = Pruned(goes=((held(), "it was named"),), stays=(), before=5_000, after=900)

    lines = [*pruned_lines(pruned, "store")]

    assert lines[0].startswith("would prune 5f0c2a91")
    assert lines[-1] == "store: 5.0 kB of records, about 900 bytes after it"
    assert pruned_values(pruned, "store")["done"] is False
