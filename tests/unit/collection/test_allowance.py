"""What a session may buy: which limit counts, and that all its processes share it."""

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from arenatest.arena.budget import Budget, Limits, OwnAccount, Spent
from arenatest.collection.allowance import Allowance, FileAccount, read_allowance
from arenatest.suite.suite import RunSettings


def allowance(typed=(None, None), written=(None, None), folder=Path("unused")):
    return Allowance(
        typed=Limits(max_calls=typed[0], max_cost=typed[1]),
        written=Limits(max_calls=written[0], max_cost=written[1]),
        file=folder / "s.spent",
        account=OwnAccount(),
    )


def limits(allowed, **settings):
    return [
        (budget.limits.max_calls, budget.limits.max_cost, budget.limits.whose)
        for budget in allowed.budgets(RunSettings(**settings), Spent())
    ]


SESSION = "for the session"


@pytest.mark.parametrize(
    ("typed", "own", "written", "expected"),
    [
        ((None, None), {}, (None, None), []),
        ((9, None), {}, (None, None), [(9, None, SESSION)]),
        ((9, None), {"max_calls": 5}, (3, None), [(9, None, SESSION)]),
        ((None, None), {"max_calls": 5}, (3, None), [(5, None, "")]),
        ((None, None), {}, (3, None), [(3, None, SESSION)]),
        ((0, None), {"max_cost": 2.0}, (3, 1.0), [(None, 2.0, ""), (0, None, SESSION)]),
        ((None, None), {"max_calls": 5}, (None, 1.0), [(5, None, ""), (None, 1.0, SESSION)]),
    ],
)
def test_command_line_and_environment_stand_above_the_suite_and_the_suite_above_the_ini_file(
    typed, own, written, expected
):
    assert limits(allowance(typed, written), **own) == expected


def test_two_suites_share_what_the_session_may_spend():
    allowed = allowance(typed=(None, 1.0))
    (one,), (other,) = (allowed.budgets(RunSettings(), Spent(cost=7.0)) for _ in range(2))
    assert one.take(0.4) == ""
    assert other.take(0.4) == ""
    assert one.take(0.4).startswith("another call could exceed the $1 allowed for the session")
    other.settle(0.4, 0.1)
    assert one.take(0.4) == ""
    one.settle(0.4, 0.9)
    assert other.take(0.0) == "the $1 allowed for the session are spent"


class Config(SimpleNamespace):
    def getoption(self, name):
        return self.options.get(name)

    def getini(self, name):
        return self.ini.get(name)


def read(options=None, ini=None, folder=Path("unused")):
    config = Config(options=options or {}, ini=ini or {})
    return read_allowance(config, folder, "s", several=False)


def test_the_command_line_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("ARENATEST_MAX_CALLS", "7")
    monkeypatch.setenv("ARENATEST_MAX_COST", "0.5")
    found = read({"arena_max_calls": "0"}, {"arena_max_cost": "9"})
    assert (found.typed.max_calls, found.typed.max_cost) == (0, 0.5)
    assert (found.written.max_calls, found.written.max_cost) == (None, 9.0)


@pytest.mark.parametrize(
    ("options", "ini", "message"),
    [
        (
            {"arena_max_calls": "ten"},
            {},
            "--arena-max-calls: got 'ten', expected a number of calls",
        ),
        ({"arena_max_calls": "-1"}, {}, "--arena-max-calls: got '-1', expected a number of calls"),
        ({}, {"arena_max_calls": "1.5"}, "arena_max_calls: got '1.5', expected a number of calls"),
        (
            {"arena_max_cost": "$5"},
            {},
            "--arena-max-cost: got '$5', expected US dollars, such as 2.50",
        ),
        ({}, {"arena_max_cost": "nan"}, "arena_max_cost: got 'nan', expected US dollars"),
        ({}, {"arena_max_cost": "inf"}, "arena_max_cost: got 'inf', expected US dollars"),
    ],
)
def test_a_limit_that_is_no_number_is_refused(options, ini, message):
    with pytest.raises(pytest.UsageError) as refused:
        read(options, ini)
    assert str(refused.value).startswith(message)


def test_an_environment_variable_is_named_where_it_is_wrong(monkeypatch):
    monkeypatch.setenv("ARENATEST_MAX_COST", "much")
    with pytest.raises(pytest.UsageError, match="ARENATEST_MAX_COST: got 'much'"):
        read()


TAKE = """
import sys
from pathlib import Path
from arenatest.arena.budget import Limits
from arenatest.collection.allowance import FileAccount, Budget
purse = Budget(Limits(max_calls=300), FileAccount(Path(sys.argv[1])))
print(sum(not purse.take(0.001) for _ in range(250)))
"""


def test_processes_and_threads_never_take_more_between_them_than_is_allowed(tmp_path):
    file = tmp_path / "locks" / "s.spent"
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE, str(file)], stdout=subprocess.PIPE, text=True
    )
    taken = []

    def take():
        purse = Budget(Limits(max_calls=300), FileAccount(file))
        taken.append(sum(not purse.take(0.001) for _ in range(100)))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out, _ = process.communicate(timeout=60)
    assert sum(taken) + int(out) == 300
    spent = FileAccount(file).spent
    assert spent.calls == 300
    assert spent.held == pytest.approx(0.3)


def test_the_budget_of_one_process_writes_nothing(tmp_path):
    (budget,) = allowance(typed=(10**6, 1e6), folder=tmp_path).budgets(RunSettings(), Spent())
    budget.take(0.1)
    budget.settle(0.1, 0.1)
    assert list(tmp_path.iterdir()) == []
