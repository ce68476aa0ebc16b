"""What ``arenatest show`` says of one call, read from a real store."""

from dataclasses import replace

import pytest

from arenatest.commands.one_call import call_lines
from arenatest.model.answer import Failure, Timing, Usage
from arenatest.store import open_store
from unit.docs.pages import ROOT, blocks
from unit.store.records import answer, failed, generation, plan, run


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        opened.begin(plan(), run(), fresh=False, expire=0.0)
        yield opened


def usual(number):
    """One of the model's other calls: 200 to 299 ms to the first token."""
    ttft = 0.2 + number / 1000
    timing = Timing(
        queue_wait=0.001,
        connect=0.0,
        ttfb=ttft - 0.05,
        ttft=ttft,
        ttfat=ttft,
        tpot=0.01,
        e2e=ttft + 1.0,
        wall=ttft + 1.001,
        reads=101,
        connection_reused=True,
    )
    usage = Usage(input_tokens=1000, output_tokens=101, reasoning_tokens=0, cached_tokens=800)
    return answer(timing=timing, usage=usage)


def kept(store, *records):
    store.write([generation(f"u-{i}", prompt=f"q{i}", answer=usual(i)) for i in range(100)])
    store.write(list(records))


def told(store, chat="c-1"):
    return list(call_lines(store, chat))


def timed(**changes):
    made = usual(50)
    return replace(made, timing=replace(made.timing, **changes))


def unusual(store, made):
    kept(store, generation("c-1", owner="new", answer=made))
    lines = told(store)
    if "unusual:" not in lines:
        return []
    after = lines[lines.index("unusual:") + 1 :]
    return [line.strip() for line in after if line.startswith("  ")]


def slow():
    """A call whose connection had to be opened, after an attempt that was refused."""
    timing = Timing(
        queue_wait=0.002,
        connect=1.9,
        ttfb=2.26,
        ttft=2.31,
        ttfat=2.31,
        tpot=0.0102,
        e2e=3.35,
        wall=3.351,
        icl=0.012,
        gaps=(0.009,) * 60 + (0.011,) * 39 + (0.151,),
        reads=101,
        connection_reused=False,
    )
    usage = Usage(input_tokens=1000, output_tokens=103, reasoning_tokens=0, cached_tokens=0)
    return answer("Your order left our house on Tuesday.", timing=timing, usage=usage)


def test_the_example_of_the_page_is_what_is_printed(store):
    refused = Failure(
        kind="rate_limited", message="HTTP 429: too many requests", status=429, retryable=True
    )
    first = generation(
        "5d0c7a1e", key="k", final=False, started=1_790_000_000.0, answer=answer(failure=refused)
    )
    second = generation("9b1f3c22", key="k", attempt=2, started=1_790_000_001.5, answer=slow())
    shown = (replace(one, owner="gpt-5-mini", prompt="order-17") for one in (first, second))
    others = [
        generation(f"u-{i}", prompt=f"q{i}", answer=usual(i if i else 3_000), owner="gpt-5-mini")
        for i in range(100)
    ]
    store.write([*others, *shown])
    (example,) = [
        block.code
        for block in blocks(ROOT / "docs" / "latency.md", "text")
        if block.code.startswith("chat id")
    ]
    assert told(store, "9b1f") == example.rstrip("\n").split("\n")


def test_every_clock_has_its_place_among_the_models_other_calls(store):
    kept(store, generation("c-1", answer=timed(ttft=0.2905)))
    (line,) = [line for line in told(store) if line.startswith("  ttft ")]
    assert line == "  ttft        290 ms    longer than 91 % of 100 others: p50 249 ms, p95 294 ms"


def test_a_call_like_the_others_is_called_so(store):
    kept(store, generation("c-1", answer=usual(50)))
    assert "unusual      nothing: it is like the other calls of its model" in told(store)


def test_with_few_others_nothing_is_called_usual_or_not(store):
    store.write([generation("c-1", answer=timed(ttft=9.0)), generation("c-2", answer=usual(1))])
    lines = told(store)
    assert not any("unusual" in line or "longer than" in line for line in lines)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"ttft": 2.0, "e2e": 3.0},
            "ttft 2.00 s: slower than all 100 calls of new in this run",
        ),
        (
            {"ttft": 2.0, "connect": 1.7, "connection_reused": False},
            "it opened a connection, which took 1.70 s of 2.00 s to its first text",
        ),
        (
            {"ttft": 2.0, "load": 1.6},
            "its server loaded the model for 1.60 s of 2.00 s to its first text",
        ),
        (
            {"ttft": 2.0, "server_queue": 1.1},
            "its server says that it queued for 1.10 s of 2.00 s to its first text",
        ),
        (
            {"ttft": 2.0, "lag": 0.4},
            "this process was busy for up to 400 ms of 2.00 s to its first text: no gate looks "
            "at the call",
        ),
    ],
)
def test_what_is_odd_about_the_clocks_is_said(store, changes, line):
    assert line in unusual(store, timed(**changes))


@pytest.mark.parametrize(
    ("usage", "line"),
    [
        (
            Usage(input_tokens=1000, output_tokens=900, cached_tokens=800),
            "900 output tokens: more than all 100 others, 101 in the median",
        ),
        (
            Usage(input_tokens=1000, output_tokens=101, reasoning_tokens=80, cached_tokens=800),
            "80 tokens of thoughts were not streamed",
        ),
        (
            Usage(input_tokens=1000, output_tokens=101, cached_tokens=0),
            "0 % of its prompt came from a cache of the server, where 80 % is usual",
        ),
    ],
)
def test_what_is_odd_about_the_tokens_is_said(store, usage, line):
    assert line in unusual(store, replace(usual(50), usage=usage))


def test_a_failed_call_shows_its_attempts_and_no_praise(store):
    kept(
        store,
        generation("c-0", key="k", final=False, answer=failed("timeout")),
        generation("c-1", key="k", attempt=2, answer=failed("timeout")),
    )
    lines = told(store)
    assert "attempt      2 of 2, whose clocks no gate takes" in lines
    assert "  1          c-0  timeout: HTTP 500: oops" in lines
    assert not any("unusual" in line for line in lines)


def test_a_few_gaps_are_told_without_a_picture(store):
    kept(store, generation("c-1", answer=timed(gaps=(0.01, 0.3), reads=3)))
    assert "reads        3, longest gap 300 ms" in told(store)


def test_nothing_of_a_model_or_server_steers_the_terminal(store):
    evil = "\x1b[31m::error::x\u202e"
    failure = Failure(kind="server", message=f"{evil}\n::error::y")
    kept(
        store,
        generation("c-0", key="k", owner=evil, final=False, answer=answer(failure=failure)),
        generation(
            "c-1", key="k", owner=evil, attempt=2, answer=answer(evil, model=evil, request_id=evil)
        ),
    )
    for line in told(store):
        assert not {"\x1b", "\u202e", "\n"} & set(line)
        assert "::error::" not in line
