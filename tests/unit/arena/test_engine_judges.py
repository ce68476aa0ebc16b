"""Whatever a judge does, a game has a verdict or is void, and says why."""

import asyncio

import pytest

from arenatest.model.judgment import Judgment, Verdict
from arenatest.model.record import JudgmentPlaced
from fakes.models import letters
from fakes.plans import ledger_of
from unit.arena.playing import play


@pytest.mark.parametrize(
    ("returned", "said_of_it"),
    [
        (None, "returned NoneType, expected a Judgment"),
        (Judgment(), "returned the verdict None with the void None"),
        (Judgment(verdict="A>B"), "returned the verdict 'A>B'"),
        (Judgment(verdict=Verdict.TIE, void="call"), "with the void 'call'"),
        (Judgment(verdict=Verdict.TIE, explanation=None), "None as an explanation"),
    ],
)
def test_a_judge_that_returns_nonsense_gives_a_void_that_says_so(returned, said_of_it):
    class Odd:
        async def judge(self, game, ask):
            return returned

    ledger = ledger_of(letters(1))
    stage = play(ledger, judge=Odd())
    assert {judgment.void for judgment in ledger.judgments.values()} == {"judge"}
    stored = [record for record in stage.journal.records if isinstance(record, JudgmentPlaced)]
    assert len(stored) == 2
    assert all(said_of_it in record.judgment.explanation for record in stored)


@pytest.mark.parametrize("raised", [SystemExit(2), asyncio.CancelledError(), ValueError("x")])
def test_whatever_a_judge_raises_is_a_void_of_that_game(raised):
    class Broken:
        async def judge(self, game, ask):
            raise raised

    ledger = ledger_of(letters(2))
    play(ledger, judge=Broken())
    assert {judgment.void for judgment in ledger.judgments.values()} == {"judge"}
    assert len(ledger.judgments) == 4


def test_a_judge_that_never_returns_is_a_void_of_that_game():
    class Lost:
        async def judge(self, game, ask):
            await asyncio.Event().wait()

    ledger = ledger_of(letters(2))
    stage = play(ledger, judge=Lost(), patience=0.01)
    assert {judgment.void for judgment in ledger.judgments.values()} == {"judge"}
    stored = [record for record in stage.journal.records if isinstance(record, JudgmentPlaced)]
    said = "TimeoutError: gave nothing within 0.01 s"
    assert {record.judgment.explanation for record in stored} == {said}
