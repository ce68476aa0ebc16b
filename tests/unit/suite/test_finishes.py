"""`on_refusal`, `on_filter` and `on_truncation` of `[run]`."""

import pytest

from arenatest.errors import SuiteError
from arenatest.model.finish import Finishes
from arenatest.suite.aa import aa_suite
from arenatest.suite.plan_identity import trial_of
from fakes.suites import GATE, changed, load
from unit.store.records import as_stored


def suite(folder, *lines):
    table = "\n".join(["[run]", *lines])
    return load(folder, changed((GATE, f"{table}\n\n{GATE}")))


def test_every_end_is_judged_unless_the_suite_says_otherwise(tmp_path):
    assert load(tmp_path).plan.finishes == Finishes()


def test_each_end_has_a_key_of_its_own(tmp_path):
    lines = 'on_refusal = "loss"', 'on_filter = "void"', 'on_truncation = "failure"'
    plan = suite(tmp_path, *lines).plan
    assert plan.finishes == Finishes(refusal="loss", filter="void", truncation="failure")
    assert as_stored(plan).finishes == plan.finishes


def test_they_are_part_of_what_a_plan_and_its_trial_are(tmp_path):
    judged, lost = load(tmp_path).plan, suite(tmp_path, 'on_refusal = "loss"').plan
    said = suite(tmp_path, 'on_refusal = "judge"').plan
    assert said.hash == judged.hash
    assert lost.hash != judged.hash
    assert trial_of(lost) != trial_of(judged)


def test_an_aa_run_treats_them_as_its_suite_does(tmp_path):
    trial = aa_suite(suite(tmp_path, 'on_truncation = "void"'))
    assert trial.plan.finishes.truncation == "void"


def test_a_mistake_is_told_with_the_nearest_word(tmp_path):
    with pytest.raises(SuiteError) as caught:
        suite(tmp_path, 'on_refusal = "lose"')
    message = str(caught.value)
    assert "run.on_refusal: unknown value 'lose', did you mean 'loss'?" in message
