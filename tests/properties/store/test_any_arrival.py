"""The gates of ``arena-results.json``, byte for byte: for any order of arrival and any resume."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.gates.decide import decide, decide_again
from arenatest.gates.referee import Referee
from arenatest.model.health import GoldenBattle, JudgeLimits
from arenatest.model.judgment import Verdict
from arenatest.model.record import (
    AnswerPlaced,
    DecisionMade,
    Generation,
    JudgmentPlaced,
    Ledger,
    Measured,
    MeasurementPlaced,
    MetricSlot,
    Run,
)
from arenatest.report.results import results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from arenatest.store import open_store
from unit.gates.scenes import POLITE, Scene, plan, prompt, rule

WORDS = (
    *("win", "tie", "loss", "flip", "half", "void", "unread"),
    *("equal", "blank", "failed", "excused", "lost"),
)
RULES = (
    rule(limit=0.45),
    rule(limit=0.55, id="higher", target="suite"),
    rule("flip_rate", side="max", limit=0.3),
    rule("void_rate", side="max", limit=0.2),
    rule("error_rate", side="max", limit=0.3),
    rule(POLITE, "mean", limit=0.5),
)
numbers = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("arrival") / "store"


@st.composite
def scenes(draw):
    said = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25))
    repeats = draw(st.sampled_from([1, 2]))
    asked = [prompt(i, family=f"f{i // draw(st.sampled_from([1, 2]))}") for i in range(len(said))]
    planned = plan(
        asked,
        repeats=repeats,
        rules=RULES,
        max_void=draw(st.sampled_from([0.05, 0.5])),
        hash=f"plan-{next(numbers)}",
    )
    scene = Scene(planned)
    for (i, word), repeat in itertools.product(enumerate(said), range(repeats)):
        scene.battle(i, word, repeat=repeat)
        value = draw(st.sampled_from([0.0, 0.5, 1.0]))
        scene.ledger.measurements[MetricSlot("polite", "new", f"p{i}", repeat)] = Measured(
            value=value
        )
    return scene


def records(ledger, run):
    """What the engine writes for a ledger: each answer's call is written with its place."""
    for number, (slot, answered) in enumerate(ledger.answers.items()):
        chat = f"{run}-{number}"
        call = Generation(
            chat_id=chat, run=run, role="answer", owner=slot.contestant, key=chat,
            prompt=slot.prompt, repeat=slot.repeat, attempt=1, final=True, started=1.0,
            answer=answered.answer,
        )  # fmt: skip
        yield (
            call,
            AnswerPlaced(run=run, slot=slot, purpose="text", chat_id=chat, attempts=1),
        )
    for slot, judgment in ledger.judgments.items():
        yield (JudgmentPlaced(run=run, slot=slot, key="k", judgment=judgment, made=1.0),)
    for slot, measured in ledger.measurements.items():
        yield (MeasurementPlaced(run=run, slot=slot, key="k", measured=measured),)


def place(ledger, source, written):
    """Put what was written into a growing ledger, as the engine does."""
    for record in written:
        slot = getattr(record, "slot", None)
        if isinstance(record, AnswerPlaced):
            ledger.answers[slot] = source.answers[slot]
        elif isinstance(record, JudgmentPlaced):
            ledger.judgments[slot] = record.judgment
        elif isinstance(record, MeasurementPlaced):
            ledger.measurements[slot] = record.measured


def bought_in_parts(folder, source, parts, chance):
    """One process after another continues the run; return its id.

    The last one ends by itself. Each before it dies after its part, or is interrupted.
    """
    *others, last = parts
    for part in (*others, last):
        with open_store(folder) as store:
            new = Run(id=source.plan.hash, session="s", plan_hash=source.plan.hash, started=1.0)
            run, _ = store.begin(source.plan, new, fresh=False, expire=0.0)
            ledger = store.load(run.id)
            referee = Referee(ledger.plan, RULES)
            for written in part:
                store.write(written)
                place(ledger, source, written)
                settled = referee.settle(ledger) if chance.random() < 0.3 else ()
                store.write([DecisionMade(run=run.id, decision=one) for one in settled])
            stopped = None if part is last else ("plan", "interrupted")
            if part is last or chance.random() < 0.5:
                concluded = referee.conclude(ledger, stopped)
                store.write([DecisionMade(run=run.id, decision=one) for one in concluded])
                store.finish(run.id, None if stopped else 2.0, stopped)
    return run.id


def gates(ledger, decisions):
    """The part of ``arena-results.json`` that must not depend on when things came."""
    report = view([SuiteRun(ledger=ledger, decisions=decisions)], finished=2.0, command="")
    return json.dumps([part.model_dump() for part in results(report).gates], sort_keys=True)


@settings(deadline=None, max_examples=40)
@given(scenes(), st.integers(0, 10**6), st.integers(1, 4))
def test_gates_are_the_same_bytes_whatever_came_when(folder, scene, seed, processes):
    chance = random.Random(seed)
    source = scene.ledger
    whole = gates(source, tuple(decide(one, source) for one in RULES))
    arriving = list(records(source, source.plan.hash))
    chance.shuffle(arriving)
    cuts = sorted(chance.randrange(len(arriving) + 1) for _ in range(processes - 1))
    ends = itertools.pairwise([0, *cuts, len(arriving)])
    again = [arriving[max(0, start - 2) : end] for start, end in ends]  # some are written twice
    run_id = bought_in_parts(folder, source, again, chance)

    with open_store(folder) as store:
        ledger, made = store.load(run_id), list(store.decisions(run_id).values())
    chance.shuffle(made)
    assert gates(ledger, tuple(made)) == whole
    assert gates(ledger, tuple(decide_again(one, ledger) for one in RULES)) == whole


def test_a_gate_that_was_not_bought_for_says_how_much_is_missing():
    source = Scene(replace(plan(30), rules=RULES)).battles(["win"] * 12).ledger
    source.run = replace(source.run, finished=2.0)
    decision = decide_again(rule(limit=0.9), source)
    assert (decision.decision, decision.cause) == ("inconclusive", "plan")
    assert decision.reason.endswith(
        "the run never bought what this gate needs of 18 of its 30 prompts"
    )


def test_a_gate_on_a_judge_that_was_never_tried_on_the_golden_set_says_so():
    battle = GoldenBattle(prompt=prompt(99), text_a="a", text_b="b", expected=(Verdict.TIE,))
    limits = JudgeLimits(golden_agreement=0.8)
    source = Scene(plan(12, golden=(battle,), limits=limits)).battles(["win"] * 12).ledger
    source.run = replace(source.run, finished=2.0)
    decision = decide_again(rule(), source)
    assert decision.cause == "plan"
    assert decision.reason.endswith("the run never had the golden set judged")


def test_a_gate_that_an_interruption_left_open_says_so_again():
    stopped = ("plan", "the session was interrupted")
    source = Scene(plan(30), stopped=stopped).battles(["win"] * 2).ledger
    assert decide_again(rule(), source) == decide(rule(), source)
    assert "interrupted" in decide_again(rule(), source).reason


def test_no_record_at_all_is_no_verdict():
    ledger = Ledger(run=Run(id="r", session="s", plan_hash="p", started=0.0), plan=plan(3))
    assert decide_again(rule(), ledger).cause == "plan"
