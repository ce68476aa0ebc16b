"""The run that answers for a plan, found in the store and read back for that plan."""

from dataclasses import replace

import pytest

from arenatest.collection.record import find_run, read_for
from arenatest.collection.reread import reread
from arenatest.errors import OptionError
from arenatest.model.health import GOLDEN, JudgeLimits
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.latency import Latency
from arenatest.model.metric import MetricSpec
from arenatest.store import open_store
from arenatest.suite.differences import differences
from unit.store import records

POLITE = MetricSpec(name="polite", unit="fraction", direction="higher", range=(0.0, 1.0))


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        yield opened


def begin(store, name, *, plan=None, started=1000.0, finished=None, session="s-1"):
    plan = plan or records.plan()
    run = replace(records.run(name, session=session, started=started), plan_hash=plan.hash)
    store.begin(plan, run, fresh=True, expire=0.0)
    if finished is not None:
        store.finish(name, finished)


def find(store, plan=None, **options):
    return find_run(store, plan or records.plan(), differences, session="now", **options).id


def test_the_latest_finished_run_answers_before_a_later_unfinished_one(store):
    begin(store, "first", started=1.0, finished=2.0)
    begin(store, "second", started=3.0, finished=4.0)
    begin(store, "third", started=5.0)
    assert find(store) == "second"


def test_an_unfinished_run_answers_where_none_was_finished(store):
    begin(store, "first", started=1.0)
    begin(store, "second", started=2.0)
    assert find(store) == "second"


def test_a_run_of_this_session_never_answers_for_itself(store):
    begin(store, "first", started=1.0)
    begin(store, "mine", started=2.0, session="now")
    assert find(store) == "first"


def test_a_run_is_named_by_the_beginning_of_its_id(store):
    begin(store, "abcd1", started=1.0, finished=1.5)
    begin(store, "abcd2", started=2.0, finished=2.5)
    assert find(store, asked="abcd1") == "abcd1"
    with pytest.raises(OptionError, match="several runs begin with 'abcd'"):
        find(store, asked="abcd")


def test_where_none_fits_the_nearest_is_named_with_what_differs(store):
    begin(store, "other", plan=replace(records.plan(hash="o"), suite="other", seed=1), started=9.0)
    begin(store, "near", plan=replace(records.plan(hash="n"), seed=1), started=1.0)
    begin(store, "far", plan=replace(records.plan(hash="f"), seed=1, repeats=2), started=5.0)
    with pytest.raises(OptionError) as raised:
        find(store)
    assert str(raised.value) == (
        "suites/support.arena.toml: no recorded run fits this suite\n"
        "  nearest: run near of 1970-01-01 00:00:01 UTC: the seed is 0, it was 1"
    )


@pytest.mark.parametrize(
    ("settings", "command"), [({}, "reparse"), ({"model": "other"}, "rejudge")]
)
def test_where_only_the_judges_differ_a_hint_says_how_to_keep_the_answers(store, settings, command):
    begin(store, "run")
    plan = records.plan(hash="new")
    seat = replace(plan.judges[0], fingerprint="x", settings=settings)
    with pytest.raises(OptionError, match=rf"hint: `arenatest {command}`"):
        find(store, replace(plan, judges=(seat,)))


def test_an_empty_store_says_what_to_do(store):
    with pytest.raises(OptionError, match="no run is recorded"):
        find(store)


@pytest.mark.parametrize(("fingerprint", "kept"), [("same", 1), ("changed", 0)])
def test_values_of_a_changed_metric_are_left_out(store, fingerprint, kept):
    recorded = replace(records.plan(), metrics=(POLITE,), metric_fingerprints=("same",))
    begin(store, "run-1", plan=recorded)
    store.write(records.one_of_each())
    now = replace(recorded, metric_fingerprints=(fingerprint,), hash="now")
    ledger = read_for(store, store.run("run-1"), now)
    assert len(ledger.measurements) == kept
    assert ledger.plan == now
    assert len(ledger.answers) == 2


def test_clocks_that_were_taken_in_another_lane_are_left_out(store):
    begin(store, "run-1", started=1.0, finished=2.0)
    store.write(records.one_of_each())
    (run,) = store.runs()
    plan = records.plan()

    assert read_for(store, run, plan).timings
    apart = replace(plan, latency=Latency(lane="dedicated"))
    assert read_for(store, run, apart).timings == {}


def test_whether_an_a_a_run_is_lacking_is_asked_for_the_plan_that_is_decided(store):
    begin(store, "run-1")
    careful = replace(records.plan(hash="now"), limits=JudgeLimits(aa_within=86400.0))
    assert read_for(store, store.run("run-1"), records.plan()).unfit == ""
    assert "A/A run of old" in read_for(store, store.run("run-1"), careful).unfit


def replied(store, text, judgment, **changes):
    begin(store, "run-1")
    call = {"role": "judge", "owner": "jury", **changes.pop("call", {})}
    store.write(
        [
            records.generation("j-1", **{"answer": records.answer(text), **call}),
            records.judged(judgment=judgment, **changes),
        ]
    )
    return reread(store, store.load("run-1"))


VOID = Judgment(void="unparsed", explanation="...", chat_id="j-1")


def test_a_reply_that_was_not_read_then_is_read_now(store):
    ledger, read = replied(store, "Better: [[A>B]]", VOID)
    (judgment,) = ledger.judgments.values()
    assert judgment.verdict is Verdict.A_BETTER
    assert read.replies == 1
    assert list(read.lines()) == ["new on p0, jury baseline-first: void (unparsed) -> A>B"]
    (kept,) = store.load("run-1").judgments.values()
    assert kept == VOID


def test_a_reply_that_was_cut_off_is_read_as_one(store):
    text = "My first impression is [[A>B]]. But checking the facts,"
    first = Judgment(verdict=Verdict.A_BETTER, explanation=text, chat_id="j-1")
    cut = {"answer": records.answer(text, finish="length")}
    ledger, read = replied(store, text, first, call=cut)
    (judgment,) = ledger.judgments.values()
    assert (judgment.void, judgment.chat_id) == ("unparsed", "j-1")
    assert "max_tokens" in judgment.explanation
    assert list(read.lines()) == ["new on p0, jury baseline-first: A>B -> void (unparsed)"]


def test_a_reply_that_says_the_same_is_no_change(store):
    said = Judgment(verdict=Verdict.A_BETTER, explanation="as it was", chat_id="j-1")
    _, read = replied(store, "[[A>B]]", said)
    assert (read.replies, read.changes) == (1, ())


def test_a_game_whose_call_failed_stays_void(store):
    failed = Judgment(void="call", explanation="server: oops", chat_id="j-1")
    ledger, read = replied(store, "", failed, call={"answer": records.failed()})
    assert list(ledger.judgments.values()) == [failed]
    assert read.replies == 0


def test_a_judge_of_another_kind_is_not_read(store):
    begin(store, "run-1")
    store.write(records.one_of_each())
    ledger = store.load("run-1")
    seat = replace(ledger.plan.judges[0], kind="plugin")
    ledger.plan = replace(ledger.plan, judges=(seat,))
    assert reread(store, ledger)[1].replies == 0


def test_only_some_of_many_changes_are_listed(store):
    _, read = replied(store, "[[A>B]]", VOID)
    many = replace(read, changes=read.changes * 33)
    *_, last = many.lines()
    assert last == "and 3 more"


def test_golden_games_are_read_again_too_and_named_as_such(store):
    slot = records.judged().slot._replace(candidate=GOLDEN, prompt="g1")
    _, read = replied(store, "[[B>A]]", VOID, slot=slot)
    (line,) = read.lines()
    assert line == "golden set on g1, jury baseline-first: void (unparsed) -> B>A"


def test_changes_name_their_repeat(store):
    slot = records.judged().slot._replace(repeat=1, order=Order.CANDIDATE_FIRST)
    _, read = replied(store, "[[B>A]]", VOID, slot=slot)
    (line,) = read.lines()
    assert line == "new on p0, jury candidate-first repeat 1.0: void (unparsed) -> B>A"
