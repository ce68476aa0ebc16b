import pytest

from unit.store.records import failed, generation, placed, plan, run


@pytest.fixture
def begun(store):
    store.begin(plan(), run(), fresh=False, expire=0.0)
    return store


def test_attempts_that_failed_are_counted_by_kind_and_delays_in_the_mean(begun):
    begun.write(
        [
            generation("c-1", attempt=1, final=False, started=10.0, answer=failed("rate_limited")),
            generation("c-2", attempt=2, final=False, started=11.0, answer=failed("rate_limited")),
            generation("c-3", attempt=3, started=14.0),
            placed("c-3", attempts=3),
            generation("c-4", prompt="p1", started=20.0, final=False, answer=failed("timeout")),
            generation("c-5", prompt="p1", attempt=2, started=28.0, answer=failed("timeout")),
            generation("c-6", owner="old", started=12.0),
        ]
    )
    (found,) = begun.load("run-1").setbacks.items()
    owner, setbacks = found
    assert owner == "new"
    assert setbacks.failed == {"rate_limited": 2, "timeout": 2}
    assert setbacks.delay == 6.0, "the mean of 4 s and 8 s"


def test_judges_other_runs_and_answers_given_up_have_none(begun):
    begun.write(
        [
            generation("c-1", role="judge", answer=failed()),
            generation("c-2", run="run-0", answer=failed()),
            generation("c-3", attempt=0, answer=failed("conversation")),
        ]
    )
    assert begun.load("run-1").setbacks == {}


def test_a_call_that_was_never_asked_again_has_no_delay(begun):
    begun.write([generation("c-1", answer=failed("timeout"))])
    assert begun.load("run-1").setbacks["new"].delay is None


def test_a_ledger_says_when_each_call_began(begun):
    begun.write([generation("c-1", started=17.5), placed("c-1")])
    (answered,) = begun.load("run-1").answers.values()
    assert answered.started == 17.5
