"""The PyPI package llmock breaks calls on purpose and grades how the client takes it."""

import pytest

from servers import llmock
from servers.llmock import serve

pytestmark = llmock.required

PROMPTS = 12
FAULTS = 6


@pytest.fixture(scope="module")
def server():
    """One llmock for all scenarios."""
    with serve() as mock:
        yield mock


@pytest.fixture
def mock(server):
    """It, with everything forgotten."""
    server.ask("/_llmock/reset", {})
    return server


def battle(project, mock, *, prompts=PROMPTS, run="", more=""):
    """Run a suite against llmock; count the attempts on record, the failed and the final ones."""
    contestant = 'provider = "openai"\nmodel = "{0}"\nbase_url = "{1}/v1"\napi_key_env = ""\n'
    contestant += f"{more}\n"
    asked = "".join(f'[[prompts]]\nid = "q{n}"\nquery = "say {n}"\n' for n in range(prompts))
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[run]\nearly_stop = false\ncall_timeout = "1.5 s"\n{run}\n'
        f'[baseline]\nname = "old"\n{contestant.format("old", mock.url)}'
        f'[[candidates]]\nname = "new"\n{contestant.format("new", mock.url)}'
        f'[[judges]]\nkind = "llm"\nname = "judge"\n{contestant.format("judge", mock.url)}'
        '[[gates]]\nmetric = "error_rate"\nmax = 0.5\n'
        '[[gates]]\nmetric = "win_rate"\nmin = 0.3\n' + asked,
    )
    project.run()
    lost = "sum(failure is not null and final)"
    query = f"select count(*), sum(failure is not null), {lost} from call"  # noqa: S608
    return dict(zip(("attempts", "failed", "lost"), project.sql(query)[0], strict=True))


RETRIED = {
    "500": {"type": "fail", "status": 500},
    "503": {"type": "fail", "status": 503},
    "503 with a wish": {"type": "fail", "status": 503, "retry_after": 0.4},
    "rate limit": {"type": "fail", "status": 429, "retry_after": 0.7},
    "disconnect": {"type": "stream_fault", "kind": "disconnect"},
    "truncate": {"type": "stream_fault", "kind": "truncate"},
    "malformed": {"type": "stream_fault", "kind": "malformed"},
    "stall": {"type": "stream_fault", "kind": "stall", "stall_seconds": 5},
}


@pytest.mark.parametrize("fault", RETRIED)
def test_what_fails_before_any_text_is_asked_again_with_good_manners(project, mock, fault):
    mock.play({**RETRIED[fault], "times": FAULTS})
    calls = battle(project, mock)
    assert calls == {"attempts": 4 * PROMPTS + FAULTS, "failed": FAULTS, "lost": 0}
    assert len(mock.requests) == calls["attempts"]
    # A busy server may note the end of a broken stream after we asked again, and take the second
    # request for another call; that each was asked again is what the counts above say.
    late = {("warning", "malformed_chunk_ignored")} if fault == "malformed" else set()
    assert set(mock.findings) <= late


def test_what_can_never_succeed_is_not_asked_again(project, mock):
    statuses = [400, 404, 422]
    mock.play(*({"type": "fail", "status": status} for status in statuses))
    calls = battle(project, mock)
    assert calls["failed"] == calls["lost"] == len(statuses)
    assert len(mock.requests) == calls["attempts"]
    assert mock.findings == []


CUT = ["disconnect", "truncate"]
PAID = {"malformed": "malformed", "stall": "stalled"}


@pytest.mark.parametrize("fault", CUT)
def test_an_answer_that_was_cut_off_inside_its_text_is_asked_for_again(project, mock, fault):
    mock.play({**broken_inside(fault), "times": 3})
    calls = battle(project, mock)
    assert calls == {"attempts": 4 * PROMPTS + 3, "failed": 3, "lost": 0}
    failed = project.sql("select distinct failure, text from call where failure is not null")
    assert failed == [("cut", None)]
    assert mock.findings == []


@pytest.mark.parametrize("fault", PAID)
def test_what_else_breaks_inside_the_text_is_a_failure_and_not_paid_for_twice(project, mock, fault):
    mock.play({**broken_inside(fault), "times": 2})
    calls = battle(project, mock)
    assert calls["failed"] == calls["lost"] == 2
    assert project.sql("select failure, text from call where failure is not null") == [
        (PAID[fault], None),
        (PAID[fault], None),
    ]
    assert project.sql("select count(*) from game") == [(2 * (PROMPTS - 2),)]
    assert len(mock.requests) == calls["attempts"]
    # llmock takes a client that does not ask again for one that read over the broken event.
    assert set(mock.findings) <= {("warning", "malformed_chunk_ignored")}


def broken_inside(fault):
    only = {"model": "old", "stream": True}
    fault = {"type": "stream_fault", "kind": fault, "after_chunks": 3, "stall_seconds": 5}
    return {**fault, "match": only}


def test_a_slow_first_token_is_waited_for(project, mock):
    mock.play({"type": "slow_first_token", "seconds": 0.5, "times": FAULTS})
    calls = battle(project, mock)
    assert calls["failed"] == 0
    assert mock.findings == []
    (slowest,) = project.sql("select max(ttft) from call")[0]
    assert 0.5 <= slowest < 1.5


def test_a_server_that_is_down_is_asked_a_few_times_in_all(project, mock):
    mock.play({"type": "fail", "status": 500, "times": None})
    calls = battle(project, mock)
    assert (
        calls["attempts"] == calls["failed"] <= 8 + 2 + 2
    )  # under way, begun meanwhile, and tries
    assert calls["lost"] == 0
    assert len(mock.requests) == calls["attempts"]
    assert set(mock.findings) <= {("warning", "gave_up")}  # of the others, which it took for calls
    (gate, _) = project.results["gates"]
    assert (gate["decision"], gate["cause"]) == ("inconclusive", "plan")
    told = f"is down: {calls['attempts']} calls in a row failed, the last with HTTP 500"
    assert told in gate["reason"]


@pytest.mark.parametrize("quota", [("--rpm", "46"), ("--tpm", "12000")], ids=["rpm", "tpm"])
def test_a_quota_slows_the_run_down_and_loses_nothing(project, quota):
    with serve(*quota) as mock:
        mock.play()
        calls = battle(project, mock, run="concurrency = 16")
        assert calls["lost"] == 0
        assert calls["attempts"] - calls["failed"] == 4 * PROMPTS
        assert len(mock.requests) == calls["attempts"]
        assert mock.findings == []


def test_a_quota_that_the_suite_states_is_never_run_into(project):
    with serve("--rpm", "180") as mock:
        mock.play()
        calls = battle(project, mock, prompts=10, more="requests_per_minute = 180")
        assert calls == {"attempts": 40, "failed": 0, "lost": 0}
        assert mock.findings == []
    assert project.sql("select max(held) > 1 from call") == [(1,)]


def test_a_tenth_of_errors_of_several_kinds_loses_nothing(project):
    rates = ("429=0.04", "500=0.03", "503=0.03")
    with serve(*(word for rate in rates for word in ("--error-rate", rate))) as mock:
        mock.play()
        calls = battle(project, mock, prompts=15)
        assert calls["lost"] == 0
        assert calls["attempts"] - calls["failed"] == 4 * 15
        assert len(mock.requests) == calls["attempts"]
        assert mock.findings == []
