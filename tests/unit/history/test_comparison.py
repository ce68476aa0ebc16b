"""Two runs side by side: what is common is compared, and only what is proven is called a change."""

from dataclasses import replace

import pytest

from arenatest.history.as_json import plain
from arenatest.history.comparison import Recorded, compare
from arenatest.history.comparison_lines import comparison_lines
from arenatest.model.answer import Failure
from arenatest.model.record import AnswerSlot, Before
from fakes.ledgers import LedgerBuilder, contestant, decision, plan, prompt, rule

PROMPTS = [prompt(f"q{place:02}", category="billing") for place in range(40)]
CANDIDATE = "gpt-5-mini"


def recorded(results, *, run="run-1", ttft=0.2, decided=(), chats=0, **changes):
    """A run whose battles end as ``results`` says, over and over; the clocks differ a little."""
    its = changes.pop("plan", None) or plan(PROMPTS, rules=(rule("win_rate"),), **changes)
    builder = LedgerBuilder(its, id=run)
    builder._chats = chats
    for place, asked in enumerate(its.prompts):
        result = results[place % len(results)]
        noise = 1 + 0.01 * (place * 7 % 11)
        builder.answer(its.baseline.name, asked.id, f"Old says {asked.id}.", ttft=0.2 * noise)
        for candidate in its.candidates:
            builder.answer(
                candidate.name, asked.id, f"New: {asked.id} {result}.", ttft=ttft * noise
            )
            builder.judge(asked.id, (result, result), candidate=candidate.name)
    decisions = {(one.candidate, one.gate): one for one in decided}
    return Recorded(ledger=builder.ledger, decisions=decisions)


def lines_of(before, after, flips=5):
    return list(comparison_lines(compare(before, after), flips=flips))


def test_a_drop_is_called_worse_with_its_interval_and_a_slower_model_slower():
    before = recorded(["win", "win", "loss"])
    after = recorded(["loss", "win", "loss"], run="run-2", ttft=0.3, chats=1000)
    found = compare(before, after)
    (score,) = found.scores
    assert score.change.finding == "lower"
    assert (score.prompts, score.same, len(score.flips)) == (40, 0, 14)
    findings = {(pair.contestant, pair.clock): pair.change.finding for pair in found.clocks}
    assert findings[CANDIDATE, "ttft"] == findings[CANDIDATE, "e2e"] == "higher"
    assert findings["gpt-4o", "ttft"] == "noise"
    told = "\n".join(comparison_lines(found, flips=5))
    assert "WORSE   40 prompts" in told
    assert "SLOWER, n=40" in told


def test_the_error_is_shared_by_all_comparisons_that_are_made():
    found = compare(recorded(["win"]), recorded(["win"], run="run-2", chats=1000))
    assert found.comparisons == 5, "one win rate, and ttft and e2e of two; there is no tpot"
    assert found.level == pytest.approx(1 - 0.05 / 5)
    assert {pair.change.level for pair in found.clocks} == {found.level}


def test_runs_that_differ_by_chance_are_within_noise():
    before = recorded(["win", "loss"])
    after = recorded(["loss", "win"], run="run-2", chats=1000)
    (score,) = compare(before, after).scores
    assert score.change.finding == "noise"
    assert len(score.flips) == 40
    told = lines_of(before, after)
    assert any("within noise" in line for line in told)
    assert not any("WORSE" in line or "SLOWER" in line for line in told)


def test_a_flip_shows_both_answers_and_what_judges_said_the_largest_changes_first():
    before = recorded(["tie", "win", "win"])
    after = recorded(["loss", "loss", "win"], run="run-2", chats=1000)
    (score,) = compare(before, after).scores
    changes = [flip.change for flip in score.flips]
    assert changes == sorted(changes), "-1 before -0.5"
    told = lines_of(before, after, flips=1)
    at = told.index("  won -> lost  1.00 -> 0.00  q01  (billing)")
    assert told[at + 1] == '    before "New: q01 win."'
    assert told[at + 2] == '           against "Old says q01."'
    assert told[at + 3].startswith("           sonnet: win, call chat-")
    assert told[-1] == "  and 26 more: --flips N shows them"


def test_orders_that_say_otherwise_are_told_apart_and_voids_named():
    before, after = recorded(["win"]), recorded(["loss"], run="run-2", chats=1000)
    name, asked = after.ledger.plan.judges[0].name, PROMPTS[0].id
    builder = LedgerBuilder(after.ledger.plan)
    builder.ledger = after.ledger
    builder.judge(asked, ("loss", "tie"))
    told = "\n".join(lines_of(before, after, flips=40))
    assert f"{name}: loss shown second, tie shown first" in told


def test_gates_stand_side_by_side_with_limits_that_may_differ():
    before = recorded(["win"], decided=[decision()])
    failed = decision(decision="fail", passed=False, value=0.41, low=0.36, high=0.46, threshold=0.5)
    after = recorded(["win"], run="run-2", chats=1000, decided=[failed])
    told = lines_of(before, after)
    at = told.index("  gpt-5-mini  win_rate")
    assert told[at + 1 : at + 3] == [
        "    before  PASS  0.531 [0.478, 0.584]  needs >= 0.45  decided at 143 of 200 prompts",
        "    after   FAIL  0.410 [0.360, 0.460]  needs >= 0.5   decided at 143 of 200 prompts",
    ]


def test_a_gate_that_one_run_did_not_decide_is_shown_as_such():
    told = lines_of(recorded(["win"]), recorded(["win"], run="run-2", decided=[decision()]))
    assert "    before  not decided" in told


def test_the_same_calls_are_no_new_evidence_for_times_and_told_for_scores():
    found = compare(recorded(["win"]), recorded(["win"], run="run-2"))
    assert [pair.change for pair in found.clocks] == [None] * 4
    assert found.scores[0].same == 40
    told = "\n".join(comparison_lines(found, flips=5))
    assert "40 of them rest on the same calls in both runs" in told
    assert "no prompt is timed in both" in told


def test_runs_of_other_suites_are_compared_on_what_they_share():
    mine = plan(PROMPTS[:30], rules=(rule("win_rate"),))
    reworded = prompt(PROMPTS[0].id, "Something else?")
    other = plan([reworded, *PROMPTS[1:20], prompt("new")], suite="sales", candidates=["gpt-x"])
    other = replace(other, hash="f" * 32)
    before = recorded(["win"], plan=mine)
    after = recorded(["win"], plan=other, run="run-2", chats=1000)
    found = compare(before, after)
    assert found.prompts == 19
    assert found.scores == ()
    assert {pair.contestant for pair in found.clocks} == {"gpt-4o"}
    told = lines_of(before, after)
    assert "  the suite is 'sales', it was 'support': what is common is compared" in told
    assert "  the contestant 'gpt-5-mini' is only in the run before" in told
    assert "  the contestant 'gpt-x' is only in the run after" in told


def test_a_server_that_was_slower_for_the_same_model_is_told():
    before, after = recorded(["win"]), recorded(["win"], run="run-2", ttft=0.4, chats=1000)
    told = "\n".join(lines_of(before, after))
    assert "gpt-5-mini is the same model in both runs" in told
    changed = replace(contestant(CANDIDATE), fingerprint="f" * 32)
    other = replace(after.ledger.plan, candidates=(changed,), hash="0" * 32)
    after.ledger.plan = other
    told = "\n".join(lines_of(before, after))
    assert "is the same model in both runs" not in told
    assert "  the candidate 'gpt-5-mini' has changed" in told


def test_hostile_names_and_answers_do_not_reach_the_terminal():
    its = plan([prompt("q\x1b[2J"), *PROMPTS], candidates=["evil\x1b]0;x\x07\n::error::"])
    before = recorded(["win"], plan=its)
    after = recorded(["loss"], plan=its, run="run-2", chats=1000)
    for line in lines_of(before, after):
        assert "\x1b" not in line
        assert "\n" not in line
        assert not line.lstrip().startswith("::")


def test_all_of_it_is_there_for_programs():
    found = plain(compare(recorded(["win"]), recorded(["loss"], run="run-2", chats=1000)))
    (score,) = found["scores"]
    assert score["change"]["finding"] == "lower"
    assert score["flips"][0]["before"]["judges"] == [
        {"judge": "sonnet", "baseline_first": "win", "candidate_first": "win"}
    ]
    assert found["clocks"][0]["before"]["p95"] > 0.2


def test_failures_that_were_asked_again_are_still_told():
    before, after = recorded(["win"]), recorded(["win"], run="run-2", chats=1000)
    slot = AnswerSlot(CANDIDATE, "q00")
    answered = after.ledger.answers[slot]
    failed = replace(answered.answer, failure=Failure(kind="timeout", message="too late"))
    after.ledger.before = Before(answers={slot: replace(answered, answer=failed)})
    (_, pair) = compare(before, after).contestants
    assert pair.failures == ({}, {"timeout": 1})
    assert pair.answers == (40, 40)


def test_a_win_rate_that_other_judges_changed_is_not_blamed_on_the_candidate():
    before, after = recorded(["win"]), recorded(["loss"], run="run-2", chats=1000)
    assert not any("need not be" in line for line in lines_of(before, after))
    its = after.ledger.plan
    judges = tuple(replace(seat, fingerprint="other") for seat in its.judges)
    baseline = replace(its.baseline, fingerprint="other")
    after.ledger.plan = replace(its, judges=judges, baseline=baseline, hash="other")
    told = lines_of(before, after)
    place = next(place for place, line in enumerate(told) if "WORSE" in line)
    assert told[place + 1].strip() == ("changed: baseline and judges; it need not be the candidate")
