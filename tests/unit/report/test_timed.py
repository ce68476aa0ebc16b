"""How clocks were taken, and whether all were timed alike, as a report says it."""

from dataclasses import replace

from arenatest.model.answer import Timing
from arenatest.model.latency import Latency
from arenatest.model.metric import BUILT_IN
from arenatest.model.record import AnswerSlot
from arenatest.report.html import html_page
from arenatest.report.latency import latencies
from arenatest.report.results import results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.timed import timed
from arenatest.report.view import view
from fakes.ledgers import STARTED, LedgerBuilder, decision, plan, prompt, rule

RULE = rule("ttft-ratio", metric=BUILT_IN["ttft"], stat="ratio", side="max", limit=1.1)


def record(*, fresh=10, latency=None, lag=0.002):
    """Twenty prompts; the candidate opened a connection in some of its calls."""
    prompts = [prompt(f"p{i}") for i in range(20)]
    made = LedgerBuilder(plan(prompts, rules=[RULE], latency=latency or Latency()))
    for i in range(20):
        for who in ("gpt-4o", "gpt-5-mini"):
            made.answer(who, f"p{i}")
            slot = AnswerSlot(who, f"p{i}", 0)
            found = made.ledger.answers[slot]
            clocks = Timing(
                ttft=0.2,
                ttfat=0.2,
                e2e=0.6,
                lag=lag,
                connect=0.05,
                connection_reused=who == "gpt-4o" or i >= fresh,
            )
            timed_call = replace(found, answer=replace(found.answer, timing=clocks))
            made.ledger.timings[slot] = timed_call
            if made.ledger.plan.latency.dedicated:
                made.ledger.timings[slot._replace(repeat=1)] = timed_call
            else:
                made.ledger.answers[slot] = timed_call
    return made.ledger


def report(ledger):
    gate = decision("ttft-ratio", metric="ttft", stat="ratio", unit="ratio", side="max")
    run = SuiteRun(ledger=ledger, decisions=(gate,))
    return view([run], finished=STARTED + 80, command="pytest --arena")


LINE = (
    "a connection was opened for 50 % of the calls of gpt-5-mini, and 0 % for gpt-4o "
    "(n=20 prompts): they were not timed alike"
)


def test_what_was_not_alike_is_a_warning_with_its_figures():
    found = report(record())

    assert f"latency: {LINE}" in found.suites[0].warnings
    page = html_page(found).decode()
    assert LINE in page
    assert "lane inline" in page


def test_what_was_alike_is_no_warning():
    found = report(record(fresh=0))

    assert not [line for line in found.suites[0].warnings if line.startswith("latency")]


def test_a_lane_of_its_own_says_how_it_measures():
    told = timed(record(latency=Latency(lane="dedicated")))

    assert told.how == (
        "Clocks are of calls of their own (lane dedicated): after 2 warm-up calls to each model, "
        "one call at a time on each host, each prompt 2 times in mirrored order; it began with "
        "words that no cache knows. Time to open a connection is taken off."
    )


def test_a_lane_of_its_own_shows_its_own_clocks_without_the_time_to_connect():
    ours = [
        one for one in latencies(record(latency=Latency(lane="dedicated"))) if one.metric == "ttft"
    ]

    old, new = ours
    assert (old.n, new.n) == (40, 40)
    assert (min(t for t, _ in old.curve), min(t for t, _ in new.curve)) == (
        0.2,
        0.15000000000000002,
    )


def test_calls_that_came_while_we_lagged_are_left_out_of_the_picture():
    shown = latencies(record(lag=0.02))

    assert [(one.metric, one.n, one.left_out) for one in shown[:2]] == [("ttft", 0, 20)] * 2


def test_other_programs_get_the_same():
    told = results(report(record()))

    (found,) = told.imbalances
    assert (found.candidate, found.condition, found.ours, found.theirs) == (
        "gpt-5-mini",
        "fresh",
        0.5,
        0.0,
    )
    new = told.timed[1]
    assert (new.lane, new.calls, new.fresh, new.lagging, new.largest_lag) == (
        "inline",
        20,
        10,
        0,
        0.002,
    )


def test_a_suite_without_clocks_says_nothing_of_them():
    ledger = record()
    ledger.timings.clear()

    assert timed(ledger) is None
    assert results(report(ledger)).timed == []
