from arenatest.gates.decide import decide
from arenatest.gates.reliance import relied_on
from unit.gates.scenes import Scene, plan, rule


def prompts_of(slots):
    return {slot.prompt for slot in slots}


def test_what_came_in_after_the_decision_is_left_out():
    planned = plan(60)
    scene = Scene(planned)
    scene.battles(["win"] * 30)
    decision = decide(rule(), scene.ledger)
    assert decision.decision == "pass"
    assert decision.n < 30
    kept = relied_on(scene.ledger, [rule()])
    first = {prompt.id for prompt in planned.prompts[: decision.n]}
    assert prompts_of(kept.answers) == prompts_of(kept.judgments) == first
    assert decide(rule(), kept) == decision


def test_how_many_calls_were_in_flight_does_not_matter():
    planned = plan(60)
    kept = []
    for more in (20, 27):
        scene = Scene(planned)
        scene.battles(["win"] * more)
        kept.append(relied_on(scene.ledger, [rule()]))
    assert kept[0].answers.keys() == kept[1].answers.keys()
    assert kept[0].judgments == kept[1].judgments


def test_an_undecided_gate_looked_at_all_there_is():
    scene = Scene(plan(60))
    scene.battles(["win", "loss"] * 5)
    kept = relied_on(scene.ledger, [rule()])
    assert kept.answers == scene.ledger.answers
    assert kept.judgments == scene.ledger.judgments


def test_without_early_stopping_the_whole_plan_is_looked_at():
    scene = Scene(plan(30, early_stop=False))
    scene.battles(["win"] * 30)
    assert relied_on(scene.ledger, [rule()]).answers == scene.ledger.answers


def test_a_gate_that_needs_answers_only_keeps_no_judgment():
    scene = Scene(plan(30))
    scene.battles(["win"] * 30)
    errors = rule("error_rate", side="max", limit=0.3)
    kept = relied_on(scene.ledger, [errors])
    assert not kept.judgments
    assert {slot.contestant for slot in kept.answers} == {"new"}
