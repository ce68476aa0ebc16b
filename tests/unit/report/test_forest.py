import pytest

from arenatest.report.forest import forest, gate_bar
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt


def drawn(value, low, high):
    run = SuiteRun(
        ledger=LedgerBuilder(plan([prompt("p")])).ledger,
        decisions=(decision(value=value, low=low, high=high, threshold=value),),
    )
    (suite,) = view([run], finished=0.0, command="").suites
    return forest(suite.candidates[0], ident="x", baseline="old")


@pytest.mark.parametrize(
    ("interval", "sides"),
    [
        ((0.5, 0.3, 0.7), ("← baseline better", "candidate better →")),
        ((0.1, 0.0, 0.2), ("← baseline better",)),
        ((0.9, 0.8, 1.0), ("candidate better →",)),
    ],
)
def test_no_side_is_written_over_the_middle(interval, sides):
    picture = drawn(*interval)
    assert "even (0.5)" in picture
    for words in ("← baseline better", "candidate better →"):
        assert (words in picture) == (words in sides)


@pytest.mark.parametrize(
    ("low", "high", "bars"), [(0.4, 0.6, 1), (None, 0.6, 1), (0.4, None, 1), (None, None, 0)]
)
def test_a_bar_is_drawn_only_for_an_interval(low, high, bars):
    small = gate_bar(decision(value=0.5, low=low, high=high))
    large = drawn(0.5, low, high)

    for picture in (small, large):
        assert picture.count('class="status-pass"') == bars + 1, "the value is always there"
    assert ("[" in large) == bool(bars)
