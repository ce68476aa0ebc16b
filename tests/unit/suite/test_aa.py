import pytest

from arenatest.suite.aa import aa_suite
from arenatest.suite.plan_identity import trial_of
from fakes.suites import CANDIDATE, GATE, SUITE, changed, load

OTHER = CANDIDATE.replace("new", "other")
GATES = f"""\
{GATE}
[[gates]]
metric = "win_rate"
min = 0.3
by = "category"

[[gates]]
metric = "error_rate"
max = 0.1

[[gates]]
metric = "flip_rate"
max = 0.1

[[gates]]
name = "against the other"
metric = "win_rate"
min = 0.4
against = "other"
"""


def both(folder, text=None):
    suite = load(folder, text or changed((CANDIDATE, CANDIDATE + OTHER), (GATE, GATES)))
    return suite, aa_suite(suite)


def test_the_baseline_meets_its_twin_with_answers_of_its_own(tmp_path):
    suite, aa = both(tmp_path)
    (twin,) = aa.plan.candidates
    assert (aa.plan.baseline, twin.name) == (suite.plan.baseline, "old again")
    assert (twin.kind, twin.settings) == (aa.plan.baseline.kind, aa.plan.baseline.settings)
    assert twin.fingerprint != aa.plan.baseline.fingerprint
    assert [setup.name for setup in aa.contestants] == ["old", "old again"]
    assert aa.contestants[1].options is suite.contestants[0].options


def test_every_win_rate_gate_is_there_once_and_nothing_else(tmp_path):
    _, aa = both(tmp_path)
    assert [(rule.id, rule.candidate) for rule in aa.plan.rules] == [
        ("win_rate", "old again"),
        ("win_rate[kids]", "old again"),
        ("against-the-other", "old again"),
    ]
    assert {rule.against for rule in aa.plan.rules} == {"old"}
    assert {rule.policy for rule in aa.plan.rules} == {"no-regression"}
    assert (aa.metrics, aa.plan.metrics, aa.latency_gated) == ((), (), False)


@pytest.mark.parametrize(
    ("limit", "tried"),
    [("min = 0.45", 0.45), ("min = 0.55", 0.5), ("max = 0.4", 0.5), ("max = 0.6", 0.6)],
)
def test_an_equal_model_is_not_asked_for_more_than_it_has(tmp_path, limit, tried):
    aa = aa_suite(load(tmp_path, changed((GATE, GATE.replace("min = 0.45", limit)))))
    assert [rule.limit for rule in aa.plan.rules] == [tried]


def test_everything_is_fought_and_the_plan_is_another(tmp_path):
    suite, aa = both(tmp_path)
    assert aa.plan.aa
    assert not aa.plan.early_stop
    assert aa.plan.hash != suite.plan.hash
    assert aa.plan.hash == aa_suite(suite).plan.hash


def test_a_key_that_the_baseline_needs_is_needed_by_its_twin(tmp_path):
    _, aa = both(tmp_path)
    assert {"old", "old again"} <= set(aa.environment["MODEL_KEY"])


def test_a_suite_without_a_win_rate_has_no_aa_run(tmp_path):
    gate = '[[gates]]\nmetric = "error_rate"\nmax = 0.5\n'
    assert aa_suite(load(tmp_path, changed((GATE, gate)))) is None


def test_limits_and_candidates_do_not_change_what_an_aa_run_speaks_for(tmp_path):
    suite, aa = both(tmp_path)
    stricter = load(tmp_path, changed((GATE, GATE.replace("0.45", "0.48")))).plan
    assert trial_of(aa.plan) == trial_of(suite.plan) == trial_of(stricter)
    another = load(tmp_path, SUITE.replace('model = "m1"', 'model = "m3"')).plan
    asked = load(tmp_path, SUITE.replace("Why is", "Why was")).plan
    judged = load(tmp_path, SUITE.replace('kind = "method"', 'kind = "method"\nrepeats = 2')).plan
    assert len({trial_of(plan) for plan in (suite.plan, another, asked, judged)}) == 4
