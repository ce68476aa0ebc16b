import pytest

from arenatest.gates.aa import alarms, false_alarms
from unit.gates.scenes import Scene, plan, prompt, rule


def played(words, *, limit=0.4, asked=None, **changes):
    gate = rule(limit=limit, **changes)
    scene = Scene(plan(asked or len(words), rules=(gate,), aa=True, early_stop=False))
    return gate, scene.battles(words).ledger


def test_a_gate_with_room_passes_an_equal_model_and_one_without_fails_it():
    generous = false_alarms(*played(["win", "loss", "tie", "tie"] * 15, limit=0.2))
    greedy = false_alarms(*played(["win", "loss", "tie", "tie"] * 15, limit=0.8))
    assert (generous.passes, generous.fails) == (1.0, 0.0)
    assert (greedy.passes, greedy.fails) == (0.0, 1.0)


def test_at_the_limit_a_gate_fails_an_equal_model_no_more_often_than_it_says():
    alarm = false_alarms(*played(["win", "loss", "tie"] * 8, limit=0.5))
    assert alarm.draws == 1000
    assert 0.01 < alarm.fails < 0.075
    assert 0.01 < alarm.passes < 0.075


def test_chance_in_the_observed_scores_does_not_pass_for_a_difference():
    lucky = false_alarms(*played(["win"] * 16 + ["loss"] * 8, limit=0.5))
    assert lucky.passes < 0.075
    assert lucky.fails < 0.075


def test_the_same_record_gives_the_same_numbers():
    assert false_alarms(*played(["win", "loss"] * 5)) == false_alarms(*played(["win", "loss"] * 5))


def test_what_is_drawn_are_clusters_not_prompts():
    asked = [prompt(i, family=f"f{i // 4}") for i in range(40)]
    alarm = false_alarms(*played(["win", "loss"] * 20, asked=asked))
    assert alarm.clusters == 10


def test_many_prompts_take_fewer_draws():
    alarm = false_alarms(*played(["win"] * 800, limit=0.9))
    assert alarm.draws == 125


@pytest.mark.parametrize("words", [["lost"] * 8, ["blank"] * 8])
def test_without_a_score_nothing_can_be_told(words):
    gate, ledger = played(words)
    assert false_alarms(gate, ledger) is None
    assert alarms(ledger) == ()


def test_of_a_gate_with_a_sick_judge_the_scores_tell_nothing():
    _, ledger = played(["flip"] * 30)
    assert alarms(ledger) == ()
    _, ledger = played(["win", "loss"] * 15)
    assert [alarm.gate for alarm in alarms(ledger)] == ["win_rate"]


def test_a_run_against_another_model_has_no_false_alarms():
    scene = Scene(plan(8, rules=(rule(),))).battles(["win"] * 8)
    assert alarms(scene.ledger) == ()
