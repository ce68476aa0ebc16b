from dataclasses import replace

from arenatest.lock.flips import earlier_of, flips
from fakes.ledgers import LedgerBuilder, plan, prompt, rule

NAMES = "abcdef"
PROMPTS = [prompt(name, category="kids") for name in NAMES]


def played(results, *, prompts=PROMPTS, **changes):
    """A run whose battles ended so; a dot is a prompt that was not asked."""
    built = LedgerBuilder(replace(plan(prompts, rules=[rule("win_rate")]), **changes))
    words = {"w": "win", "t": "tie", "l": "loss"}
    for asked, result in zip(prompts, results, strict=True):
        if result == ".":
            continue
        built.answer("gpt-4o", asked.id, "old").answer("gpt-5-mini", asked.id, "new")
        if result == "v":
            built.judge(asked.id, ("win", "unparsed"))
        else:
            built.judge(asked.id, (words[result],) * 2)
    return built.ledger


def compared(before, after, **changes):
    earlier = earlier_of(played(before), "gpt-5-mini", accepted=True)
    return flips(played(after, **changes), "gpt-5-mini", earlier)


def test_prompts_that_end_otherwise_are_listed_the_worst_first():
    found = compared("wwtlwl", "wltwtl")
    assert [(f.prompt.id, f.before.outcome, f.after.outcome) for f in found.flips] == [
        ("b", "win", "loss"),
        ("e", "win", "tie"),
        ("d", "loss", "win"),
    ]
    assert (found.compared, found.worse, found.better) == (6, 2, 1)
    assert found.chance == 1.0


def test_prompts_without_a_verdict_in_both_runs_are_not_compared():
    found = compared("wwvw.l", "lvww.l")
    assert [flip.prompt.id for flip in found.flips] == ["a"]
    assert found.compared == 3


def test_a_prompt_that_was_reworded_is_another_one():
    reworded = [prompt("a", "Another question?"), *PROMPTS[1:]]
    found = compared("wwwwww", "llwwww", prompts=reworded)
    assert [flip.prompt.id for flip in found.flips] == ["b"]


def test_what_else_changed_is_said():
    other = replace(plan(PROMPTS).baseline, fingerprint="f" * 32)
    assert compared("wwwwww", "wwwwww").changed == ()
    assert compared("wwwwww", "wwwwww", baseline=other).changed == ("baseline",)
    assert compared("wwwwww", "wwwwww", judges=()).changed == ("judges",)


def test_the_command_asks_one_prompt_again_and_names_the_candidate_where_there_are_more():
    assert compared("wwwwww", "lwwwww").flips[0].rerun == (
        "arenatest rerun suites/support.arena.toml a"
    )
    more = plan(PROMPTS, candidates=("gpt-5-mini", "it's"))
    again = compared("wwwwww", "lwwwww", candidates=more.candidates).flips[0]
    assert again.rerun.endswith("toml a --candidate gpt-5-mini")


def test_the_calls_of_both_runs_can_be_looked_at():
    flip = compared("wwwwww", "lwwwww").flips[0]
    assert flip.before.chat_id
    assert flip.after.chat_id
