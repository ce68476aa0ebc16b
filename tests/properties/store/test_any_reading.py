"""A gate says the same of a record that is live, read back whole, or read back into columns."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenatest.gates.decide import decide_again
from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.finish import Finishes
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.latency import Latency
from arenatest.model.microseconds import whole_timing
from arenatest.model.record import (
    JUDGED,
    TIMED,
    Answered,
    AnswerPlaced,
    AnswerSlot,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Ledger,
    Run,
)
from arenatest.store import ledger as ledger_module
from arenatest.store import open_store
from arenatest.store import places as places_module
from fakes.databases import new_schema
from unit.gates import scenes

NUMBERS = itertools.count(1)
USUAL = 0.8  # of everything that may be odd
PROMPTS = 7
SEEDS = st.integers(0, 2**32)
RULES = [
    scenes.rule("win_rate"),
    scenes.rule("win_rate", candidate="other", against="new"),
    scenes.rule("flip_rate", side="max"),
    scenes.rule("void_rate", side="max", target="suite"),
    scenes.rule("length_preference", side="max"),
    scenes.rule("error_rate", side="max"),
    scenes.rule("truncated_rate", side="max"),
    scenes.rule("output_tokens", "ratio", side="max", limit=1.1),
    scenes.rule("answer_length", "mean", side="max", limit=9.0),
    scenes.rule("cost", "total", side="max", limit=1.0),
    *(
        scenes.rule(clock, stat, side="max", limit=limit, target=target)
        for clock in ("ttft", "ttfat", "e2e", "tpot", "icl", "queue_wait")
        for stat, limit in (("p50", 0.5), ("mean", 0.5), ("total", 9.0), ("ratio", 1.1))
        for target in ("population", "suite")
    ),
]


class Made:
    """A run that is drawn at random: its records, and what a live ledger holds of them."""

    def __init__(self, rng):
        self.rng, self.records = rng, []
        self.run = Run(id=f"run-{next(NUMBERS)}", session="s", plan_hash="", started=1.0)
        self.plan = scenes.plan(
            PROMPTS,
            repeats=rng.choice([1, 2]),
            judges=("strict", "mild")[: rng.choice([1, 2])],
            latency=Latency(lane=rng.choice(["inline", "dedicated"])),
            finishes=Finishes(truncation=rng.choice(["judge", "loss", "failure"])),
            max_void=rng.choice([0.05, 0.9]),
            hash=self.run.id,
        )
        self.ledger = Ledger(run=self.run, plan=self.plan)
        for contestant in self.plan.contestants:
            for prompt in self.plan.prompts:
                for repeat in range(2):
                    self.answer(AnswerSlot(contestant.name, prompt.id, repeat))
        if not self.usually():  # what a plan of fewer prompts leaves out
            self.answer(AnswerSlot("new", "gone", 0))
            self.judgment(GameSlot("new", "gone", 0, "strict", 0, Order.BASELINE_FIRST))
        for seat, candidate, prompt, repeat, order in itertools.product(
            self.plan.judges, self.plan.candidates, self.plan.prompts, range(2), Order
        ):
            slot = GameSlot(candidate.name, prompt.id, repeat, seat.name, 0, order)
            if repeat < self.plan.repeats and self.usually(0.97):
                self.judgment(slot)

    def usually(self, share=USUAL):
        return self.rng.random() < share

    def answer(self, slot):
        called = None
        if not self.plan.latency.dedicated and slot.repeat < self.plan.repeats and self.usually():
            called = self.call("answer", slot)
            self.place(slot, "both", called)
            if not self.usually():  # which was told of its clocks alone before
                self.place(slot, "timing", self.call("timing", slot))
            return
        if slot.repeat < self.plan.repeats and self.usually(0.97):
            called = self.call("answer", slot)
            self.place(slot, "text", called)
        if slot.repeat < self.plan.timed_repeats and self.usually(0.97):
            if called is None or self.plan.latency.dedicated or not self.usually():
                called = self.call("timing", slot)
            self.place(slot, "timing", called)

    def call(self, role, slot):
        """A call, which another run may have made, with how it is placed."""
        rng, reused = self.rng, not self.usually()
        answer = self.said()
        made = Generation(
            chat_id=f"{next(NUMBERS):032x}" if self.usually() else f"chat {next(NUMBERS)}",
            run="an earlier run" if reused else self.run.id,
            role=role,
            owner=slot.contestant,
            key="k",
            prompt=slot.prompt,
            repeat=slot.repeat,
            attempt=1,
            final=True,
            started=float(rng.randrange(1000)),
            answer=answer,
            cost=rng.choice([None, 0.25, 0.5]),
        )
        self.records.append(made)
        attempts = 1 if self.usually() else rng.choice([0, 2])
        return made, {"attempts": attempts, "reused": reused, "level": "store" if reused else ""}

    def place(self, slot, purpose, called):
        made, how = called
        self.records.append(
            AnswerPlaced(run=self.run.id, slot=slot, purpose=purpose, chat_id=made.chat_id, **how)
        )
        taken = self.plan.finishes.taken(made.answer)
        answered = Answered(answer=taken, chat_id=made.chat_id, cost=made.cost, **how)
        if purpose in JUDGED:
            self.ledger.answers[slot] = answered
        if purpose in TIMED:
            self.ledger.timings[slot] = answered

    def said(self):
        rng = self.rng
        if not self.usually(0.9):
            failure = Failure(kind=rng.choice(["server", "timeout"]), message="It broke \0.")
            return Answer(failure=failure)
        text = rng.choice(["yes", "no", "Yes!", "", f"No {rng.randrange(9)}"])
        return Answer(
            text=text,
            reasoning=rng.choice(["", "Well."]),
            finish="stop" if self.usually() else "length",
            usage=Usage(output_tokens=rng.choice([None, 3, 5])) if self.usually() else None,
            timing=self.timing() if self.usually(0.95) else None,
            model=rng.choice([None, "m-1"]),
            request_id=rng.choice([None, "req"]),
        )

    def timing(self):
        rng, tidy = self.rng, self.usually()

        def lag():
            return rng.choice([0.0, 0.001, 0.005]) if tidy else rng.choice([None, 0.006, 0.3])

        def clock():
            most = 2**10 if tidy else 2**6
            some = rng.randrange(most) / 2**10
            return some if tidy or self.usually() else rng.choice([None, 0.0])

        source = "measured" if tidy else rng.choice(["measured", "recorded", "unfit"])
        clocks = ("ttft", "ttfat", "e2e", "tpot", "icl", "queue_wait", "connect", "wall")
        timing = Timing(
            source=source,
            **{name: clock() for name in clocks},
            lag=lag(),
            stream_lag=lag(),
            reads=rng.randrange(9),
            connection_reused=True if tidy else rng.choice([None, False]),
        )
        return whole_timing(timing)

    def judgment(self, slot):
        rng = self.rng
        judgment = Judgment(void=rng.choice(["unparsed", "call", "abstained"]), explanation="Oh.")
        if self.usually(0.9):
            verdict = rng.choice(list(Verdict))
            judgment = Judgment(verdict=verdict, explanation=rng.choice(["", "So."]), chat_id="j")
        self.ledger.judgments[slot] = judgment
        self.records.append(
            JudgmentPlaced(run=self.run.id, slot=slot, key="k", judgment=judgment, made=1.0)
        )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("reading") / "store") as opened:
        yield opened


@settings(deadline=None, max_examples=40)
@given(SEEDS.map(random.Random), st.booleans(), st.booleans())
def test_gates_decide_alike_however_the_record_is_read(store, rng, finished, sparse):
    check_reading(store, rng, finished=finished, sparse=sparse)


def test_gates_decide_alike_on_what_a_server_holds(postgres_url):
    with new_schema(postgres_url) as place, open_store(place) as store:
        for seed in range(4):
            check_reading(store, random.Random(seed), finished=seed > 0, sparse=seed == 1)


def check_reading(store, rng, *, finished, sparse):
    made = Made(rng)
    store.begin(made.plan, made.run, fresh=True, expire=0.0)
    rng.shuffle(made.records)
    store.write(made.records)
    if finished:
        store.finish(made.run.id, 2.0)

    whole = store.load(made.run.id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_module, "MANY", 0)
        if sparse:  # a large plan of which little is recorded
            patch.setattr(places_module, "_LOOSEST", 0)
        columns = store.load(made.run.id)
    made.ledger.run = whole.run

    assert columns.facts is not None or made.plan.finishes.failing
    for name in ("answers", "timings", "judgments"):
        assert dict(getattr(columns, name)) == getattr(whole, name)
    for rule in RULES:
        live = decide_again(rule, made.ledger)
        assert decide_again(rule, whole) == live
        assert decide_again(rule, columns) == live


@given(SEEDS.map(random.Random))
def test_a_clock_is_clear_only_if_a_gate_takes_it_as_it_is(store, rng):
    """So that a gate may take all repeats of a prompt at once."""
    made = Made(rng)
    store.begin(made.plan, made.run, fresh=True, expire=0.0)
    store.write(made.records)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_module, "MANY", 0)
        columns = store.load(made.run.id)

    for slot, answered in made.ledger.timings.items():
        for clock in ("ttft", "ttfat", "e2e", "tpot", "icl", "queue_wait"):
            clear = columns.timings.clear_clocks(slot, 1, clock)
            if clear is not None:
                timing = answered.answer.timing
                assert clear == [getattr(timing, clock)]
                assert math.isfinite(clear[0])
                assert answered.answer.text
                assert answered.answer.ok
                assert (answered.attempts, answered.reused) == (1, False)
                assert max(timing.lag or 0.0, timing.stream_lag or 0.0) <= 0.005
        assert columns.timings.clear_clocks(slot, 3, "ttft") is None
