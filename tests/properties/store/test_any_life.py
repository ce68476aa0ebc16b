"""Any life of a store: what was confirmed is read back, and nothing twice, beside plain dicts."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert

from arenatest.errors import StoreError
from arenatest.keeping.choice import Asked
from arenatest.keeping.contents import check_texts
from arenatest.keeping.findings import Findings
from arenatest.keeping.prune import Pruning
from arenatest.keeping.references import check_references
from arenatest.keeping.rows import check_seals
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    DecisionMade,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Measured,
    MeasurementPlaced,
    MetricSlot,
    Run,
)
from arenatest.store import open_store, schema
from arenatest.store.reopening import ask_again
from fakes.databases import new_schema
from unit.store import records

PLANS = {name: records.plan(hash=name) for name in ("plan-1", "plan-2")}
PROMPTS = st.sampled_from(["p0", "p1"])
TEXTS = st.sampled_from(["", "Paris.", "Rome, \0 or \ud800 perhaps. " * 40])
WRITERS = st.integers(0, 1)


class Torn(Exception):
    """What ends a transaction in its middle."""


@dataclass
class Known:
    """What a run must have, by place; ``taken`` is what a rerun has taken away, the latest last."""

    run: Run
    answers: dict[tuple[AnswerSlot, str], AnswerPlaced] = field(default_factory=dict)
    clocks: dict[AnswerSlot, AnswerPlaced] = field(default_factory=dict)
    judgments: dict[GameSlot, JudgmentPlaced] = field(default_factory=dict)
    values: dict[MetricSlot, MeasurementPlaced] = field(default_factory=dict)
    decisions: dict[tuple[str, str], Any] = field(default_factory=dict)
    taken: dict[Any, list[Any]] = field(default_factory=dict)

    @property
    def age(self) -> tuple[float, str]:
        return self.run.started, self.run.id


@st.composite
def answers(draw):
    """An answer and its place; drawn again, it may say something else."""
    slot = AnswerSlot(draw(st.sampled_from(["old", "new"])), draw(PROMPTS))
    version = draw(st.integers(0, 1))
    answer = draw(TEXTS.map(records.answer) | st.just(records.failed()))
    return lambda run: [
        records.generation(
            f"{run}-{slot.contestant}-{slot.prompt}-{version}",
            run=run,
            owner=slot.contestant,
            prompt=slot.prompt,
            answer=answer,
        ),
        AnswerPlaced(
            run=run,
            slot=slot,
            purpose="both" if slot.contestant == "old" else "text",
            chat_id=f"{run}-{slot.contestant}-{slot.prompt}-{version}",
            attempts=1,
        ),
    ]


@st.composite
def judgments(draw):
    slot = GameSlot("new", draw(PROMPTS), 0, "jury", 0, draw(st.sampled_from(Order)))
    said = draw(
        st.builds(Judgment, verdict=st.sampled_from(Verdict), explanation=TEXTS)
        | st.builds(Judgment, void=st.sampled_from(["unparsed", "abstained"]), explanation=TEXTS)
    )
    return lambda run: [JudgmentPlaced(run=run, slot=slot, key="k", judgment=said, made=1.0)]


@st.composite
def values(draw):
    slot = MetricSlot("polite", draw(st.sampled_from(["old", "new"])), draw(PROMPTS))
    measured = draw(st.sampled_from([Measured(value=0.5), Measured(error="no"), Measured()]))
    return lambda run: [MeasurementPlaced(run=run, slot=slot, key="k", measured=measured)]


@st.composite
def decisions(draw):
    outcome, cause = draw(
        st.sampled_from(
            [("pass", None), ("fail", None), ("inconclusive", "plan"), ("inconclusive", "void")]
        )
    )
    made = records.decided(gate=draw(st.sampled_from("ab")), decision=outcome, cause=cause)
    return lambda run: [replace(made, run=run)]


BATCHES = st.lists(answers() | judgments() | values() | decisions(), min_size=1, max_size=12)


class Life(RuleBasedStateMachine):
    """Two processes on one store, which begin, write, die, go on, ask again, end and prune."""

    def __init__(self, empty: Callable[[], AbstractContextManager[Path | str]]) -> None:
        super().__init__()
        self.world = ExitStack()
        self.location = self.world.enter_context(empty())
        self.stores = [open_store(self.location), open_store(self.location)]
        self.clock, self.ids = itertools.count(1000), itertools.count()
        self.runs: dict[str, Known] = {}
        self.calls: dict[str, Generation] = {}

    @initialize(plan=st.sampled_from(sorted(PLANS)))
    def first(self, plan):
        self.begin(0, plan, fresh=False)

    @rule(writer=WRITERS, plan=st.sampled_from(sorted(PLANS)), fresh=st.booleans())
    def begin(self, writer, plan, fresh):
        now = float(next(self.clock))
        offered = Run(id=f"run-{now:g}", session=f"s-{now:g}", plan_hash=plan, started=now)
        begun, continued = self.stores[writer].begin(PLANS[plan], offered, fresh=fresh, expire=0.0)
        open_ = [] if fresh else [one for one in self._of(plan) if one.run.finished is None]
        assert continued == bool(open_)
        if open_:
            known = max(open_, key=lambda one: one.age)
            known.run = replace(known.run, session=offered.session, stopped=None)
            for gate, made in list(known.decisions.items()):
                if made.cause == "plan":
                    del known.decisions[gate]
        else:
            before = [one.run.attempt for one in self._of(plan)]
            attempt = 1 + max(len(before), *before, 0)
            known = self.runs[offered.id] = Known(run=replace(offered, attempt=attempt))
        assert (begun.id, begun.attempt) == (known.run.id, known.run.attempt)
        self._check(known)

    @precondition(lambda self: self.runs)
    @rule(writer=WRITERS, batch=BATCHES, pick=st.integers(0, 3), twice=st.booleans())
    def write(self, writer, batch, pick, twice):
        known = self._pick(pick)
        written = [record for make in batch for record in make(known.run.id)]
        self.stores[writer].write(written)
        if twice:  # as who was not told that it worked
            self.stores[1 - writer].write(written[::-1])
        for record in written:
            self._note(known, record)
        self._check(known)

    @rule(writer=WRITERS)
    def a_transaction_is_torn(self, writer):
        with suppress(Torn), self.stores[writer].writing() as connection:
            row = {"id": f"e-{next(self.ids)}", "run": "torn", "at": 1.0, "kind": "k", "body": "{}"}
            connection.execute(insert(schema.event).values(row))
            raise Torn
        assert self.stores[1 - writer].events("torn") == []

    @rule(writer=WRITERS, closes=st.booleans())
    def a_process_dies_and_comes_back(self, writer, closes):
        if closes:
            self.stores[writer].close()
        else:  # it hangs, and lets go of nothing
            self.world.callback(self.stores[writer].close)
        self.stores[writer] = open_store(self.location)
        for known in self.runs.values():
            self._check(known)

    @precondition(lambda self: self.runs)
    @rule(writer=WRITERS, pick=st.integers(0, 3), whole=st.booleans())
    def end(self, writer, pick, whole):
        known, now = self._pick(pick), float(next(self.clock))
        if known.run.finished is not None:  # only what goes on can end
            return
        stopped = None if whole else ("plan", "the deadline passed")
        finished = now if whole else None
        self.stores[writer].finish(known.run.id, finished, stopped, at=now)
        known.run = replace(known.run, finished=finished, stopped=stopped)
        for (kind, slot), before in known.taken.items() if whole else ():
            places = getattr(known, kind)
            if before and slot not in places:
                places[slot] = before.pop()
        self._check(known)

    @rule(writer=WRITERS, plan=st.sampled_from(sorted(PLANS)), void=st.booleans())
    def ask_again(self, writer, plan, void):
        now, runs = float(next(self.clock)), self._of(plan)
        known = max(runs, key=lambda one: one.age, default=None)
        asked = {"what": "void" if void else "failed", "session": f"s-{now:g}", "at": now}
        if known is None:
            with pytest.raises(StoreError, match="no run of this plan"):
                self._ask_again(writer, plan, asked)
            return
        self._ask_again(writer, plan, asked)
        known.run = replace(known.run, session=f"s-{now:g}", finished=None, stopped=None)
        for slot, placed in list(known.answers.items()):
            if self.calls[placed.chat_id].answer.failure is not None:
                self._take(known, "answers", slot)
        for slot, placed in list(known.judgments.items()) if void else ():
            if placed.judgment.void not in (None, "abstained"):
                self._take(known, "judgments", slot)
        for slot, placed in list(known.values.items()) if void else ():
            if placed.measured.error:
                self._take(known, "values", slot)
        known.decisions.clear()  # none is of a gate of the plan
        self._check(known)

    @precondition(lambda self: len(self.runs) > 1)
    @rule(writer=WRITERS, pick=st.integers(0, 3))
    def prune(self, writer, pick):
        known = self._pick(pick)

        @contextmanager
        def free(_plan):
            yield True

        Pruning(
            self.stores[writer],
            Asked(named=frozenset({known.run.id})),
            now=float(next(self.clock)),
            accepted={},
            taking=free,
        ).prune(None)
        del self.runs[known.run.id]
        self.calls = {chat: call for chat, call in self.calls.items() if call.run != known.run.id}
        for other in self.runs.values():
            self._check(other)

    def teardown(self):
        findings = Findings()
        for known in self.runs.values():
            self._check(known)
        for check in (check_texts, check_seals, check_references):
            check(self.stores[0], findings)
        for store in self.stores:
            store.close()
        self.world.close()
        assert findings.told == []

    def _ask_again(self, writer, plan, asked):
        with self.stores[writer].writing() as connection:
            ask_again(connection, PLANS[plan], **asked, expire=0.0)

    def _of(self, plan):
        return [known for known in self.runs.values() if known.run.plan_hash == plan]

    def _pick(self, pick):
        return self.runs[sorted(self.runs)[pick % len(self.runs)]]

    def _take(self, known, kind, slot):
        known.taken.setdefault((kind, slot), []).append(getattr(known, kind).pop(slot))

    def _note(self, known, record):
        """Whatever comes first to a place stays there."""
        match record:
            case Generation():
                self.calls.setdefault(record.chat_id, record)
            case AnswerPlaced():
                known.answers.setdefault((record.slot, "text"), record)
                if record.purpose == "both":
                    known.clocks.setdefault(record.slot, record)
            case JudgmentPlaced():
                known.judgments.setdefault(record.slot, record)
            case MeasurementPlaced():
                known.values.setdefault(record.slot, record)
            case DecisionMade(decision=made):
                known.decisions.setdefault((made.candidate, made.gate), made)

    def _check(self, known):
        for store in self.stores:
            self._check_one(store, known)

    def _check_one(self, store, known):
        ledger = store.load(known.run.id)
        run = ledger.run
        told = (run.session, run.finished, run.stopped, run.attempt)
        right = known.run
        assert told == (right.session, right.finished, right.stopped, right.attempt)
        assert [one.id for one in store.runs()] == sorted(
            self.runs, key=lambda one: self.runs[one].age
        )
        assert {
            slot: (found.chat_id, found.answer.text, found.answer.failure)
            for slot, found in ledger.answers.items()
        } == {
            slot: (placed.chat_id, said.text, said.failure)
            for (slot, _), placed in known.answers.items()
            for said in [self.calls[placed.chat_id].answer]
        }
        assert {slot: found.chat_id for slot, found in ledger.timings.items()} == {
            slot: placed.chat_id for slot, placed in known.clocks.items()
        }
        assert ledger.judgments == {
            slot: placed.judgment for slot, placed in known.judgments.items()
        }
        assert ledger.measurements == {
            slot: placed.measured for slot, placed in known.values.items()
        }
        assert store.decisions(known.run.id) == known.decisions
        made = Counter(call.owner for call in self.calls.values() if call.run == run.id)
        assert ledger.calls == made


def test_any_life_of_a_store_in_sqlite(tmp_path):
    folders = itertools.count()
    run_state_machine_as_test(
        lambda: Life(lambda: nullcontext(tmp_path / f"store-{next(folders)}")),
        settings=settings(max_examples=25, stateful_step_count=25),
    )


def test_any_life_of_a_store_in_postgresql(postgres_url):
    run_state_machine_as_test(
        lambda: Life(lambda: new_schema(postgres_url)),
        settings=settings(max_examples=3, stateful_step_count=15),
    )
