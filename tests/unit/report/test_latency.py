import pytest

from arenatest.report.latency import POINTS, latencies
from fakes.ledgers import LedgerBuilder, plan, prompt


def timed(times, **changes):
    prompts = [prompt(f"p{place}") for place in range(len(times))]
    builder = LedgerBuilder(plan(prompts))
    for asked, ttft in zip(prompts, times, strict=True):
        builder.answer("gpt-4o", asked.id, ttft=ttft, **changes)
    return builder


def test_quantiles_are_observed_values():
    ttft = latencies(timed([0.1, 0.2, 0.3, 0.4]).ledger)[0]
    assert (ttft.quantiles[0], ttft.largest, ttft.n) == (0.2, 0.4, 4)


def test_failed_and_retried_calls_are_left_out_and_counted():
    builder = timed([0.1, 0.2])
    builder.failure("gpt-4o", "p0").answer("gpt-4o", "p1", ttft=9.0, attempts=2)
    ttft = latencies(builder.ledger)[0]
    assert (ttft.n, ttft.left_out, ttft.quantiles) == (0, 2, ())


def test_a_long_curve_is_thinned_and_still_ends_at_the_largest():
    ttft = latencies(timed([place / 1000 for place in range(1, 2001)]).ledger)[0]
    assert len(ttft.curve) == POINTS
    assert ttft.curve[-1] == (pytest.approx(2.0), 1.0)


def test_nothing_timed_gives_nothing():
    assert latencies(LedgerBuilder(plan([prompt("p")])).ledger) == ()
