"""A short version of ``benchmarks/calibration.py``: false verdicts stay rare, and it would show.

The seeds are fixed, so nothing here is left to chance; and the bounds are so wide that a valid gate
would pass with practically every other seed, too.
"""

import dataclasses
import functools

import numpy as np
import pytest

from arenatest.gates.battles import read_battle
from arenatest.gates.decide import decide
from arenatest.stats.percentile import at_least
from simulation import trials
from simulation.battles import WIN_RATE, Battles
from simulation.latent import expected, games, prompt_scores, shift_of
from simulation.records import Records, prompts_of, rule_of
from simulation.worlds import WORLDS

RUNS = 80
MORE_RUNS = 150  # where what is broken is broken less
SURPRISE = 1e-6
SIZES = {
    "slices": 200,
    "one-slice": 200,
    "p95": 200,
    "errors": 100,
    "guardrail": 100,
    "ratio": 12,
    "ratio-drift": 12,
}
NAMED = {world.name: world for world in WORLDS}
PROMISED = [world for world in WORLDS if not world.excuse]


def surprising(wrong, of, alpha=0.05):
    """Whether a valid method would be wrong so often in fewer than one of a million simulations."""
    return wrong > 0 and at_least(wrong, of, alpha) < SURPRISE


def off(count, alpha=0.05):
    return surprising(count.false_passes, count.may_pass, alpha) or surprising(
        count.false_fails, count.may_fail, alpha
    )


@functools.cache
def simulated(name, n=None, **options):
    size = n or SIZES.get(name, 30)
    return trials.simulate(NAMED[name], size, **({"runs": RUNS, "seed": 7} | options))


@pytest.mark.parametrize("world", PROMISED, ids=lambda world: world.name)
def test_false_verdicts_are_as_rare_as_promised(world):
    cell = simulated(world.name)
    assert not off(cell.counts["gate"], world.alpha)


@pytest.mark.parametrize(
    "name", [world.name for world in PROMISED if world.name not in ("suite", "one-slice")]
)
def test_a_comparison_of_points_does_not_stand_the_same_trial(name):
    cell = simulated(name)
    assert off(cell.counts["points"], NAMED[name].alpha)


@pytest.mark.parametrize("name", ["guardrail", "errors"])
def test_a_t_test_does_not_stand_it_where_values_are_skewed(name):
    assert off(simulated(name, 20).counts["t"])


def test_a_t_test_that_drops_failures_does_not_stand_it():
    assert off(simulated("failures").counts["t"])


def test_a_t_test_that_is_looked_at_again_and_again_does_not_stand_it():
    stage, chance = NAMED["one-judge"].stage(100), np.random.Generator(np.random.PCG64(7))
    count = trials.Count()
    for _ in range(RUNS):
        trial = stage.draw(chance, 0.0)
        (sample,) = trial.samples
        looks = (
            dataclasses.replace(
                trial, samples=(dataclasses.replace(sample, values=sample.values[:n]),)
            )
            for n in range(10, 101, 5)
        )
        verdicts = (trials.by_t(look) for look in looks)
        count.add(next((v for v in verdicts if v != "inconclusive"), "inconclusive"), trial)
    assert off(count)


def changed(name, n, change):
    """Count verdicts of a gate whose runs are changed before they are decided."""
    stage, chance = NAMED[name].stage(n), np.random.Generator(np.random.PCG64(7))
    count = trials.Count()
    for _ in range(MORE_RUNS):
        trial = change(stage.draw(chance, 0.0))
        count.add(trials.by_gates(trial)[0], trial)
    return count


def test_battles_in_the_order_of_the_file_do_not_stand_it():
    stage = NAMED["file-order"].stage(100)

    def unshuffled(trial):
        plan = dataclasses.replace(trial.ledger.plan, prompts=stage.records.prompts)
        return dataclasses.replace(trial, ledger=dataclasses.replace(trial.ledger, plan=plan))

    assert changed("file-order", 100, unshuffled).false_passes > 0.5 * MORE_RUNS


def test_slices_that_each_fail_at_the_full_risk_do_not_stand_it():
    def uncorrected(trial):
        rules = tuple(dataclasses.replace(rule, slices=1) for rule in trial.rules)
        return dataclasses.replace(trial, rules=rules)

    assert off(changed("slices", 200, uncorrected))


def test_families_taken_apart_do_not_stand_it():
    def alone(trial):
        plan = trial.ledger.plan
        prompts = tuple(dataclasses.replace(prompt, family=None) for prompt in plan.prompts)
        plan = dataclasses.replace(plan, prompts=prompts)
        return dataclasses.replace(trial, ledger=dataclasses.replace(trial.ledger, plan=plan))

    assert off(changed("families", 150, alone))


def test_a_gate_on_this_suite_always_decides():
    count = simulated("suite").counts["gate"]
    assert count.passes + count.fails == count.runs


def test_a_verdict_given_before_a_kill_is_never_taken_back():
    stage, chance = NAMED["resumed"].stage(50), np.random.Generator(np.random.PCG64(7))
    kept = 0
    for _ in range(RUNS):
        trial = stage.draw(chance, 0.15)
        verdicts = [trials.decided(trial.rules, ledger)[0] for ledger in trial.earlier]
        given = [verdict for verdict in verdicts if verdict != "inconclusive"]
        assert set(given) <= {trials.decided(trial.rules, trial.ledger)[0]}
        kept += bool(given)
    assert kept > RUNS / 10


def test_a_cell_does_not_depend_on_what_else_is_simulated():
    def cell(seed):
        return trials.simulate(NAMED["one-judge"], 20, runs=20, seed=seed)

    one = cell(7)
    trials.simulate(NAMED["judges"], 20, runs=5, seed=7)
    assert cell(7) == one
    assert cell(8) != one


def test_the_short_verdict_is_that_of_the_whole_decision():
    stage, chance = NAMED["one-judge"].stage(20), np.random.Generator(np.random.PCG64(7))
    for effect in (-0.4, 0.0, 0.4):
        trial = stage.draw(chance, effect)
        (rule,) = trial.rules
        assert trials.by_gates(trial)[0] == decide(rule, trial.ledger).decision


def test_a_record_holds_the_scores_that_were_drawn():
    chance = np.random.Generator(np.random.PCG64(7))
    records = Records(prompts_of(30), judges=2, repeats=2)
    scores = games(chance, 0.5, chance.normal(size=30), judges=2, repeats=2)
    scores[3] = np.nan
    ledger = records.ledger(chance)
    records.judged(ledger, {"new": scores})
    for repeat in range(2):
        read = [
            read_battle(ledger, "new", prompt.id, repeat, plan=ledger.plan).score
            for prompt in records.prompts
        ]
        drawn = prompt_scores(scores[:, repeat : repeat + 1])
        assert read[3] is None
        assert read[:3] + read[4:] == pytest.approx([*drawn[:3], *drawn[4:]])


def test_scores_have_the_mean_that_was_asked_for():
    chance = np.random.Generator(np.random.PCG64(7))
    for mean, position in ((0.5, 0.35), (0.3, 0.0), (0.7, 0.9)):
        assert expected(shift_of(mean, position), position) == pytest.approx(mean)
        scores = games(chance, mean, chance.normal(size=40_000), position=position)
        assert scores.mean() == pytest.approx(mean, abs=0.01)


def test_a_fifth_of_the_games_are_ties_and_a_ninth_of_the_pairs_flip():
    chance = np.random.Generator(np.random.PCG64(7))
    scores = games(chance, 0.5, chance.normal(size=40_000))
    assert (scores == 0.5).mean() == pytest.approx(0.2, abs=0.01)
    assert (np.ptp(scores, axis=3) == 1.0).mean() == pytest.approx(1 / 9, abs=0.01)


def test_more_prompts_and_a_better_candidate_pass_more_often_and_cost_less():
    small, large = (simulated("one-judge", n, effect=0.1, runs=60) for n in (20, 200))
    assert small.counts["gate"].passes < large.counts["gate"].passes
    assert large.bought < small.bought
    assert large.counts["gate"].false_fails == 0


def test_a_judge_that_prefers_nothing_decides_nothing_in_any_world():
    records = Records(prompts_of(40))
    battles = Battles(records=records, rule=rule_of(WIN_RATE, "rate", side="min", limit=0.3))
    chance = np.random.Generator(np.random.PCG64(7))
    trial = battles.draw(chance, 0.2)
    records.judged(trial.ledger, {"new": np.full((40, 1, 1, 2), 0.5)})
    assert trials.by_gates(trial)[0] == "inconclusive"
