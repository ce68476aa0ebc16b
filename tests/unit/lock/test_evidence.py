from dataclasses import replace

import pytest

from arenatest.lock.evidence import evidence
from fakes.ledgers import decision, plan, prompt, rule
from unit.lock.recorded import record

PLAN = plan([prompt("a")], rules=[rule("win_rate"), rule("error_rate")])
BOTH = (decision(), decision("error_rate"))
LOST = decision("error_rate", decision="fail", passed=False, reason="too many")


def found(store, now=PLAN, candidate="gpt-5-mini"):
    one = evidence(store, now, candidate)
    return one.run.id, list(one.problems)


def test_the_latest_run_that_decided_all_gates_is_taken(store):
    record(store, PLAN, "old", "w", decisions=BOTH, started=1.0)
    record(store, PLAN, "whole", "w", decisions=BOTH, started=2.0)
    record(store, PLAN, "part", "w", decisions=BOTH[:1], started=3.0)
    record(store, PLAN, "open", "w", decisions=BOTH, started=4.0, finished=False)
    assert found(store) == ("whole", [])


def test_a_gate_that_did_not_pass_speaks_against_it(store):
    record(store, PLAN, "whole", "w", decisions=(BOTH[0], LOST))
    assert found(store) == ("whole", ["fail in the run whole: error_rate: too many"])


def test_a_pass_does_not_hide_a_later_run_that_failed(store):
    record(store, PLAN, "good", "w", decisions=BOTH, started=1.0)
    record(store, PLAN, "bad", "w", decisions=[LOST], started=2.0)
    assert found(store) == ("good", ["fail in the run bad: error_rate: too many"])


def test_a_failure_before_the_run_that_is_taken_is_history(store):
    record(store, PLAN, "bad", "w", decisions=(BOTH[0], LOST), started=1.0)
    record(store, PLAN, "good", "w", decisions=BOTH, started=2.0)
    assert found(store) == ("good", [])


def test_gates_that_no_run_decided_speak_against_it(store):
    record(store, PLAN, "part", "w", decisions=BOTH[:1])
    run, (problem,) = found(store)
    assert run == "part"
    assert problem == "no finished run of this suite decided all gates of gpt-5-mini"


def test_a_suite_that_changed_since_says_what(store):
    record(store, PLAN, "then", "w", decisions=BOTH)
    now = replace(PLAN, hash="now", seed=9)
    assert found(store, now) == ("then", ["changed since the run then: seed: locked 0, found 9"])
    assert found(store, now, None) == found(store, now)


@pytest.mark.parametrize("candidate", ["gpt-5-mini", None])
def test_without_a_finished_run_there_is_no_evidence(store, candidate):
    record(store, PLAN, "open", "w", decisions=BOTH, finished=False)
    assert evidence(store, PLAN, candidate) is None


def test_without_a_promotion_the_latest_run_is_taken_whatever_it_decided(store):
    record(store, PLAN, "bad", "w", decisions=(BOTH[0], LOST))
    assert found(store, candidate=None) == ("bad", [])
