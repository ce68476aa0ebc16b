"""Statistics that the database computes are those that numpy computes on the same calls."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.store import open_store
from arenatest.store.statistics import PERCENTILES, read_statistics
from unit.store import records


def whole(most):
    """Clocks in whole microseconds, as a store keeps them."""
    return st.floats(0.0, most).map(lambda clock: round(clock, 6))


seconds = whole(30.0) | st.sampled_from((0.0, 0.1, 0.25))
clocks = st.none() | st.tuples(
    st.sampled_from(("measured", "measured", "recorded", "unfit")),
    st.none() | seconds,
    st.none() | whole(0.2),
)
calls = st.lists(
    st.tuples(
        st.sampled_from(("answer", "timing", "judge", "load", "warmup")),
        st.integers(0, 3),
        st.booleans(),
        clocks,
        st.none() | st.floats(0.0, 2.0),
        st.none() | st.integers(0, 2**40),
        st.floats(0.0, 100.0),
    ),
    max_size=30,
)
PURPOSE = {"answer": "answers", "timing": "answers", "judge": "judging", "load": "load"}


def generation(chat_id, call, run):
    role, attempt, ok, clock, cost, tokens, started = call
    answer = records.answer() if ok else records.failed()
    usage = answer.usage and replace(answer.usage, input_tokens=tokens, output_tokens=tokens)
    timing = None
    if clock is not None:
        source, ttft, lag = clock
        timing = replace(records.answer().timing, source=source, ttft=ttft, lag=lag)
    return records.generation(
        chat_id,
        run=run,
        role=role,
        owner="jury" if role == "judge" else "new",
        attempt=attempt,
        answer=replace(answer, usage=usage, timing=timing),
        cost=cost,
        started=started,
    )


def is_fit(call):
    timing, answer = call.answer.timing, call.answer
    if timing is None or timing.source != "measured" or not answer.ok or call.attempt != 1:
        return False
    return timing.ttft is not None and (timing.lag or 0.0) <= max(LAG, LAG_SHARE * timing.ttft)


@pytest.fixture
def store(database):
    with open_store(database) as opened:
        yield opened


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=calls)
def test_the_database_agrees_with_numpy(store, drawn):
    """Every example is a plan of its own in one store, which all the others must not disturb."""
    name = f"run-{len(store.runs())}"
    plan = records.plan(hash=f"plan of {name}")
    store.begin(plan, records.run(name), fresh=True, expire=0.0)
    made = [generation(f"{name} {number}", call, name) for number, call in enumerate(drawn)]
    store.write(made)
    statistics = read_statistics(store, since=20.0, until=80.0, plans=[plan.hash])
    found = {one.purpose: one for one in statistics}
    for purpose in ("answers", "judging", "load"):
        mine = [
            call
            for call in made
            if PURPOSE.get(call.role) == purpose
            and call.attempt > 0
            and 20.0 <= call.started < 80.0
        ]
        assert (purpose in found) == bool(mine)
        if mine:
            check(found[purpose], mine)


def check(found, mine):
    assert found.calls == len(mine)
    assert found.success_rate == pytest.approx(np.mean([call.answer.ok for call in mine]))
    costs = [call.cost for call in mine if call.cost is not None]
    assert found.uncosted == len(mine) - len(costs)
    assert found.cost == (pytest.approx(np.sum(costs)) if costs else None)
    used = [c.answer.usage.input_tokens for c in mine if c.answer.usage]
    known = [tokens for tokens in used if tokens is not None]
    assert found.input_tokens == (sum(known) if known else None)
    times = np.array([call.answer.timing.ttft for call in mine if is_fit(call)])
    ttft = found.ttft
    assert ttft.count == len(times)
    if not len(times):
        assert (ttft.average, ttft.minimum, ttft.maximum, ttft.deviation) == (None,) * 4
        assert ttft.percentiles == (None,) * len(PERCENTILES)
        return
    assert ttft.average == pytest.approx(times.mean())
    assert (ttft.minimum, ttft.maximum) == (times.min(), times.max())
    if len(times) == 1:
        assert ttft.deviation is None
    else:
        assert ttft.deviation == pytest.approx(times.std(ddof=1), abs=1e-9)
    nearest = np.percentile(times, PERCENTILES, method="inverted_cdf")
    assert ttft.percentiles == tuple(nearest)
