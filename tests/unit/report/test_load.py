"""What a report shows of load."""

import random
from dataclasses import replace

import pytest

from arenatest.model.load import Load, Loaded, LoadSlot, Slo
from arenatest.model.metric import BUILT_IN
from arenatest.report.html import html_page
from arenatest.report.load import levels
from arenatest.report.load_plot import load_picture
from arenatest.report.results import results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule

LOAD = Load(
    arrivals="constant", levels=(1.0, 4.0), requests=60, warmup=5, slo=Slo(user_latency=2.0)
)


def requests(level, *, slow=1.0, late=0.0, broken=0):
    chance = random.Random(level)
    found = []
    for number in range(65):
        took = slow * chance.uniform(0.5, 1.0)
        times = {"user_latency": took, "ttft": took / 4, "tpot": 0.01, "e2e": took, "tokens": 30}
        if number >= 65 - broken:
            times = {"failure": "timeout", "tokens": 0}
        due = number / level
        found.append(Loaded(chat_id=f"c{number}", due=due, queue_wait=late, **times))
    return tuple(found)


def ledger(load=LOAD, **levels_of):
    built = LedgerBuilder(plan([prompt("a")], load=load)).ledger
    for place, found in levels_of.items():
        name, _, level = place.rpartition("_")
        slot = LoadSlot({"old": "gpt-4o", "new": "gpt-5-mini"}[name], float(level))
        built.loads[slot] = found
    return built


def whole():
    return ledger(
        new_4=requests(4, slow=3.0, broken=6), new_1=requests(1), old_1=requests(1, late=0.2)
    )


def page(ledger):
    return view([SuiteRun(ledger=ledger, decisions=())], finished=1_790_000_075.0, command="")


def test_levels_rise_and_the_baseline_comes_first():
    found = [(one.contestant, one.level) for one in levels(whole())]
    assert found == [("gpt-4o", 1.0), ("gpt-5-mini", 1.0), ("gpt-5-mini", 4.0)]


def test_a_level_is_summed_up_without_its_warm_up():
    _, fast, slow = levels(whole())
    assert (fast.n, fast.failed, fast.goodput) == (60, 0, 1.0)
    assert 0.5 < fast.user_latency_p50 < fast.user_latency_p95 <= fast.user_latency_p99 < 1.0
    assert fast.tokens_per_second == pytest.approx(30, rel=0.1)
    assert (slow.failed, slow.user_latency_p95) == (6, None)
    assert slow.goodput_low < slow.goodput < slow.goodput_high < 0.6


def test_a_level_whose_requests_were_sent_late_says_so():
    late, _, _ = levels(whole())
    assert late.lag == 0.2
    assert "could not keep to the schedule" in late.problem


def test_without_an_slo_there_is_no_goodput():
    (one,) = levels(ledger(load=replace(LOAD, slo=Slo()), new_1=requests(1)))
    assert (one.goodput, one.goodput_low) == (None, None)


def test_tokens_that_nobody_told_are_unknown():
    silent = tuple(replace(one, tokens=None) for one in requests(1))
    assert levels(ledger(new_1=silent))[0].tokens_per_second is None


def test_a_suite_without_load_shows_none():
    bare = LedgerBuilder(plan([prompt("a")])).ledger
    assert levels(bare) == ()
    assert b"Under load" not in html_page(page(bare))
    assert load_picture((), ["a"], unit="requests/s", ident="x") == ""


def test_the_page_shows_every_level_in_a_table_and_a_picture():
    shown = html_page(page(whole())).decode()
    section = shown[shown.index('id="load-0"') :]
    section = section[: section.index("</section>")]
    assert section.count('<tr><th scope="row">') == 3
    assert "gpt-5-mini at 4: p95 of user latency of requests that failed" in section
    assert "user_latency ≤ 2.00 s" in section
    assert "this machine could not keep to the schedule" in section


def test_other_programs_read_the_same():
    part = results(page(whole())).load[-1]
    assert (part.contestant, part.arrivals, part.level) == ("gpt-5-mini", "constant", 4.0)
    assert part.user_latency_p95 is None
    assert (part.failed, part.worth <= 60) == (6, True)


def test_a_limit_under_load_is_none_of_the_calls_of_prompts():
    """Their curves are of other calls, and their page counts prompts."""
    gates = [
        rule("ttft-p90", metric=BUILT_IN["ttft"], stat="p90", side="max", limit=0.4),
        rule("ttft-p90-at-4", metric=BUILT_IN["ttft"], stat="p90", side="max", limit=0.3, at=4.0),
    ]
    built = LedgerBuilder(plan([prompt("a")], rules=gates, load=LOAD))
    for name in ("gpt-4o", "gpt-5-mini"):
        built.answer(name, "a", ttft=1.0)
    open_ = {"decision": "inconclusive", "cause": "evidence", "passed": False, "needed": 671}
    of = {"metric": "ttft", "stat": "p90", "unit": "s", "side": "max", **open_}
    loaded = decision(
        "ttft-p90-at-4", threshold=0.3, reason="about 671 requests would decide it", **of
    )
    single = decision("ttft-p90", threshold=0.4, reason="it may be more", **of)
    run = SuiteRun(ledger=built.ledger, decisions=(loaded, single))
    shown = html_page(view([run], finished=1_790_000_075.0, command="")).decode()

    assert "limit of p90: 400 ms" in shown
    assert "limit of p90: 300 ms" not in shown
    assert shown.count("about 671 prompts would probably decide it") == 1


def test_the_page_leads_to_its_load_and_to_nothing_that_it_lacks():
    shown = html_page(page(whole())).decode()
    assert '<a href="#load-0">Load</a>' in shown
    assert 'href="#win-rate-0"' not in shown
    assert "#load-0" not in html_page(page(ledger(load=None))).decode()
