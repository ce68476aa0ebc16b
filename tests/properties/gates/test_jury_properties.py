from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arenatest.gates.battles import read_battle
from arenatest.gates.decide import decide
from arenatest.gates.voting import jury_score
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import JudgeSeat
from arenatest.model.record import GameSlot
from unit.gates.scenes import Scene, plan, rule

votings = st.sampled_from(["mean", "majority", "unanimous"])
scores = st.lists(
    st.none() | st.sampled_from([0.0, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0]), min_size=1, max_size=7
)
RISING = [  # for the candidate, in seat A
    *(Verdict.B_MUCH_BETTER, Verdict.B_BETTER, Verdict.TIE),
    *(Verdict.A_BETTER, Verdict.A_MUCH_BETTER),
]
steps = st.integers(0, len(RISING) - 1)


@given(scores, votings, st.integers(1, 8))
def test_a_score_of_a_jury_is_a_fraction_or_none(said, voting, quorum):
    score = jury_score(said, voting=voting, quorum=quorum)
    cast = [one for one in said if one is not None]
    assert (score is None) == (len(cast) < quorum)
    assert (
        score is None or min(cast) <= score <= max(cast) or (voting != "mean" and 0 <= score <= 1)
    )


@given(scores, votings)
def test_changing_the_sides_mirrors_the_score(said, voting):
    mirrored = [None if one is None else 1.0 - one for one in said]
    ours = jury_score(said, voting=voting, quorum=1)
    theirs = jury_score(mirrored, voting=voting, quorum=1)
    assert (ours is None and theirs is None) or abs(ours + theirs - 1.0) < 1e-12


@given(scores, votings, st.randoms(use_true_random=False))
def test_the_order_of_the_judges_does_not_matter(said, voting, rng):
    shuffled = rng.sample(said, len(said))
    ours = jury_score(said, voting=voting, quorum=1)
    assert ours == jury_score(shuffled, voting=voting, quorum=1)


@given(st.data(), st.integers(1, 5), st.integers(1, 3), votings, st.booleans())
def test_no_verdict_in_the_candidates_favour_lowers_its_score(
    data, judges, repeats, voting, strength
):
    seats = tuple(
        JudgeSeat(
            name=f"{number}",
            kind="python",
            fingerprint="f",
            strength=strength,
            repeats=repeats,
            settings={},
        )
        for number in range(judges)
    )
    scene = Scene(plan(1, judges=seats, voting=voting)).battle(0, "win")
    slots = [
        GameSlot("new", "p0", 0, seat.name, again, order)
        for seat in seats
        for again in range(repeats)
        for order in Order
    ]
    said = {slot: data.draw(steps) for slot in slots}
    for slot, step in said.items():
        scene.ledger.judgments[slot] = in_seats(slot.order, step)
    before = read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)
    raised = data.draw(st.sampled_from(slots))
    higher = data.draw(st.integers(said[raised], len(RISING) - 1))
    scene.ledger.judgments[raised] = in_seats(raised.order, higher)
    after = read_battle(scene.ledger, "new", "p0", 0, plan=scene.plan)
    assert 0.0 <= before.score <= after.score <= 1.0


RANK = {"fail": 0, "inconclusive": 1, "pass": 2}
words = st.sampled_from(["win", "half", "tie", "flip", "loss"])
clear_words = st.sampled_from(["win", "loss"])


@settings(deadline=None, max_examples=50)
@given(
    st.data(),
    st.lists(st.tuples(words, words, words), min_size=1, max_size=50),
    votings,
    st.sampled_from([0.3, 0.5, 0.7]),
)
def test_two_judges_more_in_the_candidates_favour_never_lower_its_win_rate(
    data, said, voting, limit
):
    was, became = decided_before_and_after(data, said, voting, limit)
    if became.n == was.n:
        assert became.value >= was.value


@settings(deadline=None, max_examples=50)
@given(
    st.data(),
    st.lists(st.tuples(clear_words, clear_words, clear_words), min_size=1, max_size=50),
    st.sampled_from([0.3, 0.5, 0.7]),
)
def test_a_loss_turned_into_a_win_never_makes_a_gate_worse(data, said, limit):
    # of graded scores this is nearly true, and no more: see "Known limits" in docs/statistics.md
    was, became = decided_before_and_after(data, said, "majority", limit)
    assert RANK[became.decision] >= RANK[was.decision]
    if became.n == was.n:
        assert became.low is None or became.low >= was.low


def decided_before_and_after(data, said, voting, limit):
    """Decide a gate twice; before the second time two judges of one battle are won over."""
    scene = Scene(plan(len(said), judges=("x", "y", "z"), voting=voting))
    for number, judges in enumerate(said):
        scene.battle(number, "judged", judges=judges)
    gate = rule(limit=limit)
    was = decide(gate, scene.ledger)
    raised = data.draw(st.integers(0, len(said) - 1))
    scene.battle(raised, "judged", judges=["win", *said[raised][1:-1], "win"])
    became = decide(gate, scene.ledger)
    assume("judge" not in (was.cause, became.cause))
    return was, became


def in_seats(order, step):
    place = step if order is Order.CANDIDATE_FIRST else len(RISING) - 1 - step
    return Judgment(verdict=RISING[place])
