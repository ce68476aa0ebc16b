"""Judges as a user holds them to account: an A/A run that a suite asks for, a golden set, gates."""

from __future__ import annotations

import json

MODELS = """
import itertools

NUMBERS = itertools.count()

def count(line):
    with open("calls.log", "a") as log:
        log.write(line + "\\n")

def old(prompt):
    count("old")
    return f"the {next(NUMBERS) % 7} answers {prompt.id}"

def new(prompt):
    count("new")
    return f"the {next(NUMBERS) % 7} answers {prompt.id}, well done"

def judge(prompt, a, b):
    count("judge")
    if len(a) == len(b):
        return "A>B" if a < b else "B>A"
    return "A>B" if len(a) > len(b) else "B>A"
"""
DRIFTING = """
import os

sound = judge

def judge(prompt, a, b):
    said = sound(prompt, a, b)
    return "A=B" if os.path.exists("drifted") else said
"""
HELD = """
[health]
golden_agreement = 0.9
require_aa = true

[golden]
path = "golden.jsonl"
"""
GATES = """
[[gates]]
metric = "win_rate"
min = 0.3

[[gates]]
metric = "golden_agreement"
min = 0.5

[[gates]]
metric = "length_preference"
max = 0.8
"""


def golden():
    return "".join(
        json.dumps(
            {"query": f"{n}?", "text_a": "long answer", "text_b": "short", "expected": "A>B"}
        )
        + "\n"
        for n in range(10)
    )


def held(project):
    project.write("models.py", MODELS)
    project.write("golden.jsonl", golden())
    judge = 'kind = "python"\nfunction = "models:judge"'
    project.suite(gates=GATES, judge=judge, prompts=40, more=HELD)


def test_a_suite_that_asks_for_an_aa_run_rests_on_its_judges_only_after_one(project):
    held(project)
    before = project.run("-k", "win_rate")
    before.stdout.fnmatch_lines(["*run pytest --arena --arena-aa first"])
    assert (before.ret, project.calls()) == (1, [])

    trial = project.run("--arena-aa", "-v")
    trial.stdout.fnmatch_lines(
        [
            "x.arena.toml::old-again::win_rate PASSED*",
            "*A/A: mean score 0.* where 0.5 is the truth (n=40*",
            "*A/A: python names the first answer in 50.0 % of *",
            "*A/A: win_rate fails 0* % and passes * % of 1,000 runs of an equal model*",
        ]
    )
    assert (trial.ret, project.calls().count("new")) == (0, 0)
    (alarm,) = project.results["aa"]
    assert alarm["fails"] <= 0.05

    after = project.run()
    assert project.gates["new", "win_rate"]["decision"] == "pass"
    assert project.gates["new", "length_preference"]["decision"] == "fail"
    (judge,) = project.results["judges"]
    assert (judge["length_preference"], judge["golden_agreement"]) == (1.0, 1.0)
    assert after.ret == 1


def test_a_drift_on_the_golden_set_is_a_warning(project):
    held(project)
    project.write("models.py", MODELS + DRIFTING)
    project.run("-k", "golden")
    assert project.calls() == ["judge"] * 20
    project.write("drifted", "")
    drifted = project.run("-k", "golden", "--arena-fresh")
    drifted.stdout.fnmatch_lines(["*the judge python drifts: *in 20 of 20 golden games"])
