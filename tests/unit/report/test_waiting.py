from dataclasses import replace

import pytest

from arenatest.model.answer import Answer, Timing
from arenatest.model.record import Answered, AnswerSlot, Ledger
from arenatest.report.waiting import waitings
from fakes.ledgers import LedgerBuilder, plan, prompt


def waited(*waits: tuple[float, float], **limits: int) -> Ledger:
    """A ledger in which the baseline's calls waited so long, and were held for so much of it."""
    drawn = plan([prompt(f"p{number}") for number in range(len(waits))])
    drawn = replace(drawn, baseline=replace(drawn.baseline, **limits))
    ledger = LedgerBuilder(drawn).ledger
    for number, (whole, held) in enumerate(waits):
        answer = Answer(text="x", finish="stop", timing=Timing(queue_wait=whole, held=held))
        slot = AnswerSlot(drawn.baseline.name, f"p{number}", 0)
        ledger.answers[slot] = Answered(answer=answer, chat_id=f"c{number}")
    return ledger


def test_waiting_is_told_by_what_it_was_for():
    (found,) = waitings(waited((12.0, 11.0), (6.0, 5.0), requests_per_minute=60))
    assert (found.calls, found.held, found.longest) == (2, 8.0, 12.0)
    assert found.place == pytest.approx(1.0)
    assert found.line == (
        "gpt-4o: 2 calls waited 8.00 s on average for the limit of 60 requests a minute, "
        "the longest 12.0 s: it is in no other clock"
    )


def test_without_a_stated_limit_it_was_the_server_that_asked():
    (found,) = waitings(waited((3.0, 3.0)))
    assert "waited 3.00 s on average for limits of its key" in found.line
    limits = {"requests_per_minute": 60, "tokens_per_minute": 9000}
    (found,) = waitings(waited((3.0, 3.0), **limits))
    assert "for the limit of 60 requests a minute and 9,000 tokens a minute" in found.line


def test_what_is_short_or_for_a_place_is_not_worth_a_line():
    for waits in ([(0.9, 0.9)], [(50.0, 0.5)], [(0.0, 0.0)]):
        (found,) = waitings(waited(*waits))
        assert found.line == ""


def test_one_call_that_gave_an_answer_and_its_clocks_waited_once_and_a_reused_one_never():
    ledger = waited((4.0, 4.0), (8.0, 8.0))
    first, second = ledger.answers
    ledger.timings[first] = ledger.answers[first]
    ledger.answers[second] = replace(ledger.answers[second], reused=True)
    (found,) = waitings(ledger)
    assert (found.calls, found.held) == (1, 4.0)


def test_a_record_that_does_not_tell_what_was_waited_for_counts_as_a_place():
    ledger = waited((4.0, 0.0))
    (slot,) = ledger.answers
    answered = ledger.answers[slot]
    old = replace(answered.answer, timing=Timing(queue_wait=4.0))
    ledger.answers[slot] = replace(answered, answer=old)
    (found,) = waitings(ledger)
    assert (found.held, found.place) == (0.0, 4.0)
