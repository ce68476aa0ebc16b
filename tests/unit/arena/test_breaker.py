from arenatest.arena.breaker import FAILURES, FIRST_PAUSES, PAUSES, Breaker
from arenatest.arena.retries import ATTEMPTS
from arenatest.model.answer import Failure

GONE = Failure(kind="connection", message="connection refused", retryable=True)


def broken(*, worked: bool = False) -> Breaker:
    """A breaker that has just opened, at 0 s."""
    breaker = Breaker("http://server")
    if worked:
        breaker.worked()
    for _ in range(FAILURES):
        assert not breaker.open
        breaker.failed(GONE, 0.0, trying=breaker.start())
    return breaker


def test_no_call_loses_all_its_attempts_before_it_opens():
    assert FAILURES < ATTEMPTS
    assert broken().open


def test_after_a_pause_one_call_tries_and_all_others_wait_for_it():
    breaker = broken()
    assert breaker.wait(0.25) == 0.75
    assert breaker.wait(1.0) == 0.0
    assert breaker.start()
    assert breaker.wait(99.0) == float("inf")
    breaker.worked()
    assert breaker.wait(99.0) == 0.0
    assert not breaker.start()


def test_a_server_that_worked_is_given_half_a_minute_and_one_that_never_did_seconds():
    for worked, pauses in ((True, PAUSES), (False, FIRST_PAUSES)):
        breaker, now, waited = broken(worked=worked), 0.0, 0.0
        for _ in pauses:
            assert breaker.closing is None
            pause = breaker.wait(now)
            waited += pause
            now += pause
            breaker.failed(GONE, now, trying=breaker.start())
        assert waited == sum(pauses)
        assert breaker.closing is not None
        assert breaker.closing.cause == "plan"
        assert breaker.closing.reason == (
            f"http://server is down: {FAILURES + len(pauses)} calls in a row failed, "
            "the last with connection refused"
        )


def test_calls_that_were_under_way_before_say_nothing_new():
    breaker = broken()
    for _ in range(50):
        breaker.failed(GONE, 0.5, trying=False)
    assert breaker.closing is None
    assert breaker.wait(0.5) == 0.5


def test_an_answer_in_between_begins_the_count_anew():
    breaker = Breaker("http://server")
    for _ in range(50):
        breaker.failed(GONE, 0.0, trying=False)
        breaker.worked()
    assert not breaker.open


def test_a_try_that_was_not_made_after_all_is_made_by_another_call():
    breaker = broken()
    assert breaker.start()
    breaker.returned(3.0)
    assert breaker.wait(3.0) == 0.0
    assert breaker.start()


def test_a_suite_that_begins_later_tries_once():
    breaker = broken()
    for now in (1.0, 3.0):
        breaker.failed(GONE, now, trying=breaker.start())
    assert breaker.closing is not None
    breaker.reopen(60.0)
    assert breaker.closing is None
    assert breaker.wait(60.0) == 0.0
    breaker.failed(GONE, 60.0, trying=breaker.start())
    assert breaker.closing is not None
    breaker.reopen(120.0)
    breaker.start()
    breaker.worked()
    assert not breaker.open
