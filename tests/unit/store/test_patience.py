import pytest

from arenatest.errors import StoreError
from arenatest.store.database import ConnectionLost
from arenatest.store.patience import persistent


class Server:
    """Fails as it was told, then answers; its clock goes by what is slept, and a second a call."""

    patience = 10.0

    def __init__(self, *errors):
        self.errors = [*errors]
        self.calls = 0
        self.now = 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def ask(self):
        def answer(self, what):
            self.calls += 1
            self.now += 1.0
            if self.errors:
                raise self.errors.pop(0)
            return what

        return persistent(answer, self.clock, self.sleep)(self, "answer")


def test_what_a_lost_connection_cut_short_is_done_again():
    server = Server(ConnectionLost("gone"), ConnectionLost("starting up"))
    assert server.ask() == "answer"
    assert server.calls == 3


def test_a_connection_that_stays_away_is_told_when_patience_ends():
    server = Server(*[ConnectionLost("gone")] * 100)
    with pytest.raises(ConnectionLost, match="gone"):
        server.ask()
    assert server.now >= server.patience
    assert server.calls < 12


def test_another_error_is_told_at_once():
    server = Server(StoreError("no such run"))
    with pytest.raises(StoreError, match="no such run"):
        server.ask()
    assert server.calls == 1
