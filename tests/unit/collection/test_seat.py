"""No verdict from half a plan, from another plan, or from another session's run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arenatest.collection.seat import INTERRUPTED, Seat
from arenatest.errors import StoreError
from arenatest.model.record import DecisionMade, Run
from arenatest.store import open_store
from fakes.models import ScriptedProvider, failed, letters, said
from fakes.plans import plan_of
from fakes.runs import FakeJudge, conditions, decision, suite_of
from unit.gates.scenes import rule

PROMPTS = 40
FEW = 9  # calls, after which nothing is proven
WIN = rule(limit=0.45)
ERRORS = rule("error_rate", side="max", limit=0.3)


WAITED = []


def tick(progress):
    """Never wait long for a lock that nobody holds."""
    if progress is None:
        WAITED.append(1)
        assert len(WAITED) < 10, "somebody holds the suite"


class House:
    """Sessions that run one suite in one store: the candidate wins everywhere."""

    def __init__(self, folder, **plan):
        self.folder, self.store = folder, open_store(folder / "store")
        rules = (WIN, ERRORS)
        self.plan = plan_of(letters(PROMPTS), rules=rules, early_stop=False, **plan)
        self.ill = set()
        self.models = {name: ScriptedProvider(self._say(name)) for name in ("old", "new")}
        self.judge = FakeJudge()
        self.numbers = iter(range(10_000))

    def _say(self, name):
        def say(call):
            if (name, call.prompt.id) in self.ill:
                return failed("refused", retryable=False)
            return said(f"{name} says {call.prompt.id}")

        return say

    def seat(self, session, *rules, rerun=None, shared=False, **settings):
        suite = suite_of(self.plan, self.models, self.judge, folder=self.folder, **settings)
        outside = replace(
            conditions(session),
            rerun=rerun,
            new_id=lambda: f"{session}-{next(self.numbers)}",
            wall=lambda: float(next(self.numbers)),
        )
        return Seat(
            suite,
            rules or self.plan.rules,
            store=self.store,
            locks=self.folder / "locks",
            conditions=outside,
            shared=shared,
        )

    def play(self, session, *rules, **options):
        """Decide gates as a session does; return the decisions by gate."""
        seat = self.seat(session, *rules, **options)
        made = {
            one.id: seat.decide(one.candidate, one.id, tick) for one in rules or self.plan.rules
        }
        seat.finish(tick)
        return made

    @property
    def calls(self):
        return sum(len(model.calls) for model in self.models.values())


@pytest.fixture
def house(tmp_path):
    WAITED.clear()
    made = House(tmp_path)
    yield made
    made.store.close()


def words(made):
    return {gate: (one.decision, one.cause) for gate, one in made.items()}


def test_a_session_decides_on_a_run_of_its_own(house):
    first = house.play("s-1")
    calls = house.calls
    (run,) = house.store.runs("s-1")
    wrong = replace(first["win_rate"], decision="fail", passed=False, reason="not looked at")
    with house.store.writing() as connection:  # whatever an earlier run says
        connection.exec_driver_sql("DELETE FROM decision")
    house.store.write([DecisionMade(run=run.id, decision=wrong)])

    second = house.play("s-2")

    assert second == first
    assert house.calls == calls
    assert len(house.store.runs()) == 2


def test_a_decision_of_another_plan_in_the_session_is_not_taken(house):
    other = Run(id="other", session="s-1", plan_hash="another", started=1.0)
    house.store.begin(plan_of(["x"], hash="another"), other, fresh=True, expire=0.0)
    house.store.write([DecisionMade(run="other", decision=decision("fail"))])

    assert words(house.play("s-1")) == {
        "win_rate": ("pass", None),
        "error_rate": ("pass", None),
    }


def test_what_a_budget_left_open_is_decided_on_the_whole_by_whoever_goes_on(house):
    cut = house.play("s-1", max_calls=FEW)
    assert words(cut)["win_rate"] == ("inconclusive", "budget")

    whole = house.play("s-2")

    assert words(whole)["win_rate"] == ("pass", None)
    assert len(house.store.runs()) == 1
    assert house.calls == 2 * PROMPTS


def test_a_run_that_goes_on_for_other_gates_decides_them_on_all_that_they_need(house):
    house.play("s-1", WIN, max_calls=FEW)
    made = house.play("s-2", ERRORS)
    (run,) = house.store.runs()
    assert set(house.store.decisions(run.id)) == {("new", "error_rate")}  # and none of the first

    both = house.play("s-3")

    alone = House(house.folder / "alone")
    assert both == alone.play("s-9")
    assert made["error_rate"] == both["error_rate"]
    alone.store.close()


def test_the_decisions_that_a_killed_session_wrote_on_its_way_out_do_not_count(house):
    house.play("s-1", max_calls=FEW)
    (run,) = house.store.runs()
    with house.store.writing() as connection:  # it was killed before it could say why
        connection.exec_driver_sql("UPDATE run SET stopped = NULL")

    assert words(house.play("s-2"))["win_rate"] == ("pass", None)
    assert house.store.run(run.id).finished is not None


def test_a_rerun_for_one_gate_leaves_the_others_as_they_were(house):
    house.ill = {("old", f"p{n}") for n in range(6)}
    first = house.play("s-1")
    assert words(first)["win_rate"] == ("inconclusive", "void")
    house.ill = set()
    calls = house.calls

    house.play("s-2", ERRORS, rerun="void")

    (run,) = house.store.runs()
    decided = house.store.decisions(run.id)
    assert decided["new", "win_rate"] == first["win_rate"]
    assert house.calls == calls  # the error rate of the candidate needs nobody else's answers

    assert words(house.play("s-3", rerun="void"))["win_rate"] == ("pass", None)
    assert house.calls == calls + 6


def test_a_rerun_that_is_cut_short_takes_no_pass_away(house):
    house.ill = {("old", f"p{n}") for n in range(6)}
    first = house.play("s-1")
    cut = house.play("s-2", rerun="void", max_calls=house.calls + 2)

    assert words(cut) == {"win_rate": ("inconclusive", "budget"), "error_rate": ("pass", None)}
    assert cut["error_rate"] == first["error_rate"]


def test_whoever_cannot_begin_lets_go_of_the_suite(house):
    seat = house.seat("s-1", rerun="void")
    with pytest.raises(StoreError, match="no run of this plan"):
        seat.decide("new", "win_rate", lambda _: None)

    assert words(house.play("s-2"))["win_rate"] == ("pass", None)


def test_a_session_that_was_called_off_begins_nothing_more(house):
    cut = house.seat("s-1", shared=True)
    cut._take()
    cut.stop()
    calls = house.calls

    other = house.seat("s-1", shared=True)
    with pytest.raises(StoreError, match=f"not run: {INTERRUPTED}"):
        other.decide("new", "another gate", lambda _: None)
    assert house.calls == calls
