"""How numbers are made of evidence, and what is printed beside them (docs/peers.md)."""

import random
import statistics
from dataclasses import replace

import pytest

from arenatest.errors import Disconnected
from arenatest.gates.decide import decide
from arenatest.model.metric import BUILT_IN
from arenatest.model.record import AnswerSlot
from arenatest.report.battles import battles
from arenatest.report.breakdown import slices
from arenatest.report.controlled import controlled_rates
from arenatest.report.html import html_page
from arenatest.report.results import results_json
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from arenatest.stats.proportions import wilson_interval
from arenatest.stats.ratings import (
    WEAK_RIDGE,
    covariance_by_cluster,
    covariance_by_votes,
    fit_ratings,
    rating_gap,
)
from arenatest.stats.standings import elo
from arenatest.stats.votes import count_votes, read_votes
from fakes.published import CROWD, rows, votes_of
from fakes.votes import simulated
from unit.gates.scenes import Scene, answered, plan, prompt, rule


def decided(words, gate=None, **options):
    return decide(gate or rule(), Scene(plan(len(words), **options)).battles(words).ledger)


def test_a_clean_sweep_is_above_one_loss_and_not_certain():
    near = rule(limit=0.97)  # so near to 1 that neither is decided early
    sweep, one_loss = decided(["win"] * 24, near), decided(["win"] * 23 + ["loss"], near)
    assert (sweep.value, one_loss.value) == (1.0, 23 / 24)
    assert one_loss.low < sweep.low < 1.0
    sweep, one_loss = wilson_interval(24, 24), wilson_interval(23, 24)
    assert one_loss.low < sweep.low < 1.0 == sweep.high


def test_a_sweep_has_no_rating_rather_than_an_invented_one():
    swept = count_votes(read_votes(["new"] * 24, ["old"] * 24, [1.0] * 24))
    with pytest.raises(Disconnected):
        fit_ratings(swept)
    held = fit_ratings(swept, ridge=WEAK_RIDGE)
    assert len(held.parts) == 2, "it says that the ridge alone keeps them at a distance"


def test_the_interval_of_a_whole_is_made_of_its_prompts_not_of_its_parts():
    asked = [prompt(i, category="ab"[i % 2]) for i in range(80)]
    scene = Scene(plan(asked)).battles(["win", "loss", "tie", "win"] * 20)
    whole, *parts = slices([b for b in battles(scene.ledger) if b.candidate == "new"])
    assert len(parts) == 2
    mean_width = statistics.mean(part.high - part.low for part in parts)
    assert whole.high - whole.low < 0.8 * mean_width
    assert whole.n == sum(part.n for part in parts)


def test_no_gate_rests_on_a_rating():
    assert not {name for name in BUILT_IN if "elo" in name or "rating" in name or "rank" in name}


def test_the_order_of_votes_moves_elo_and_no_rating():
    table = rows(CROWD)
    shuffled = random.Random(1).sample(table, len(table))
    first, second = (fit_ratings(count_votes(votes_of(t)), ridge=WEAK_RIDGE).strengths
                     for t in (table, shuffled))  # fmt: skip
    assert first == pytest.approx(second, rel=1e-9)
    assert elo(votes_of(table)) != pytest.approx(elo(votes_of(shuffled)), abs=1.0)


def test_votes_on_one_prompt_are_kept_together_in_the_error_of_a_rating():
    votes, prompts = simulated(n=2_000, prompts=25)
    ratings = fit_ratings(count_votes(votes))
    apart = rating_gap(ratings, covariance_by_votes(ratings), "m0", "m5").se
    together = rating_gap(ratings, covariance_by_cluster(ratings, votes, prompts), "m0", "m5").se
    assert together > 1.5 * apart


def test_the_gap_to_the_baseline_has_an_interval_of_its_own():
    votes, _ = simulated(n=2_000)
    ratings = fit_ratings(count_votes(votes))
    covariance = covariance_by_votes(ratings)
    itself = rating_gap(ratings, covariance, "m0", "m0")
    assert (itself.value, itself.se) == (0.0, 0.0), "the anchor against itself"
    there, back = (rating_gap(ratings, covariance, *pair) for pair in (("m0", "m5"), ("m5", "m0")))
    assert there.value == -back.value
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    moved = replace(ratings, values=ratings.values + 7.0)  # another anchor
    other = rating_gap(moved, covariance, "m0", "m5")
    assert (other.low, other.high) == pytest.approx((there.low, there.high))


def test_the_value_is_that_of_the_record_and_not_of_resamples():
    gate = rule("output_tokens", "ratio", side="max", limit=1.2)
    rng = random.Random(4)
    tokens = [(rng.randint(50, 900), rng.randint(50, 900)) for _ in range(40)]
    found = []
    for seed in (0, 1):
        scene = Scene(plan(40, seed=seed))
        for i, (ours, theirs) in enumerate(tokens):
            scene.answer(i, tokens=ours).answer(i, who="old", tokens=theirs)
        found.append(decide(gate, scene.ledger))
    total = sum(ours for ours, _ in tokens) / sum(theirs for _, theirs in tokens)
    assert [decision.value for decision in found] == [pytest.approx(total, rel=1e-12)] * 2


def session(words=("win", "loss", "tie", "win") * 10, confidence=0.95):
    gate = rule(limit=0.5, confidence=confidence)
    scene = Scene(plan(len(words), rules=(gate,))).battles(words)
    run = SuiteRun(ledger=scene.ledger, decisions=(decide(gate, scene.ledger),))
    return view([run], finished=1.0, command="pytest --arena")


def test_the_same_record_gives_the_same_bytes():
    assert results_json(session()) == results_json(session())


@pytest.mark.parametrize(("confidence", "level"), [(0.95, "90 %"), (0.99, "98 %")])
def test_every_interval_is_shown_with_its_level(confidence, level):
    page = html_page(session(confidence=confidence)).decode()
    assert f"two one-sided tests leave, at {level};" in page
    assert "Wilson at 95 %" in page
    (decision,) = (row.decision for row in session(confidence=confidence).gates)
    assert decision.level == pytest.approx(float(level.split()[0]) / 100)


def test_a_category_is_decided_alone():
    asked = [prompt(i, category="ab"[i % 2]) for i in range(80)]
    gate = rule(where=(("category", ("a",)),))
    alone = decide(gate, Scene(plan(asked[::2])).battles([]).battle(0, "win").ledger)
    scene = Scene(plan(asked))
    for i in range(80):
        scene.battle(i, "loss" if i % 2 else "win")
    beside = decide(gate, scene.ledger)
    assert (beside.decision, beside.value, beside.planned) == ("pass", 1.0, 40)
    assert alone.planned == 40


def test_another_candidate_moves_no_controlled_win_rate():
    def rates(*others):
        scene = Scene(plan(120, candidates=("new", *others)))
        rng = random.Random(6)
        for i in range(120):
            word = rng.choice(["win", "loss", "tie"])
            scene.battle(i, word)
            texts = {"new": "x " * rng.randint(5, 50), "old": "y " * rng.randint(5, 50)}
            for other in others:
                scene.battle(i, "win", candidate=other)
                texts[other] = "# A\n- b\n" * 300
            for name, text in texts.items():
                scene.ledger.answers[AnswerSlot(name, f"p{i}")] = answered(f"{i} {text}")
        return [rate for rate in controlled_rates(battles(scene.ledger)) if rate.candidate == "new"]

    assert rates() == rates("huge")
    assert {rate.control for rate in rates()} == {"length", "style"}


def test_a_paired_difference_is_seen_where_two_intervals_overlap():
    rng = random.Random(8)
    scene = Scene(plan(200, early_stop=False))
    for i in range(200):
        hard = rng.random() < 0.5  # decides both battles: what pairing takes out
        scene.battle(i, "loss" if hard else "tie", candidate="other")
        scene.battle(i, "half" if not hard else rng.choice(["loss", "flip"]))
    own, others = (
        decide(rule(limit=0.5, candidate=name), scene.ledger) for name in ("new", "other")
    )
    assert own.low < others.high, "the two intervals overlap"
    paired = decide(rule(limit=0.5, against="other"), scene.ledger)
    assert paired.decision == "pass"
    assert paired.low >= 0.5


def test_latency_is_that_of_calls_and_not_of_the_wall_or_the_last_one():
    gate = rule("ttft", "p95", side="max", limit=0.8)
    fast = [0.3] * 99
    first, last = (
        decide(gate, Scene(plan(100)).clocks(clocks).ledger)
        for clocks in ([30.0, *fast], [*fast, 30.0])
    )
    assert first == last, "one slow call counts the same wherever it stands"
    assert (first.decision, first.value) == ("pass", 0.3)
    waited = Scene(plan(100)).clocks([*fast, 0.3])
    waited.ledger.run = replace(waited.ledger.run, finished=86_400.0)
    assert decide(gate, waited.ledger).value == 0.3


def test_prompt_and_completion_are_priced_apart():
    from arenatest.model.answer import Usage
    from arenatest.model.price import Price

    price = Price(input=1.0, output=10.0)
    long_prompt = price.of(Usage(input_tokens=9_000, output_tokens=1_000))
    long_answer = price.of(Usage(input_tokens=1_000, output_tokens=9_000))
    assert (long_prompt, long_answer) == (pytest.approx(0.019), pytest.approx(0.091))
    assert price.of(Usage(input_tokens=9_000)) is None, "unknown, and not zero"
