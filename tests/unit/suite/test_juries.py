import pytest

from arenatest.errors import SuiteError
from fakes.suites import JUDGE, changed, load

TWO = (JUDGE, JUDGE + JUDGE.replace('"method"\n', '"method"\nname = "second"\n'))


def with_run(*changes, **keys):
    written = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return changed(*changes, ("[baseline]", f"[run]\n{written}\n[baseline]"))


def test_a_jury_takes_the_mean_of_all_who_have_a_score_unless_the_suite_says_otherwise(tmp_path):
    plan = load(tmp_path).plan
    assert (plan.voting, plan.quorum) == ("mean", 1)
    plan = load(tmp_path, with_run(TWO, voting='"majority"', quorum=2)).plan
    assert (plan.voting, plan.quorum) == ("majority", 2)


def test_another_rule_is_another_plan(tmp_path):
    texts = [
        changed(TWO),
        with_run(TWO, voting='"unanimous"'),
        with_run(TWO, voting='"majority"'),
        with_run(TWO, quorum=2),
    ]
    assert len({load(tmp_path, text).plan.hash for text in texts}) == len(texts)
    explicit = load(tmp_path, with_run(TWO, voting='"mean"', quorum=1))
    assert explicit.plan.hash == load(tmp_path, texts[0]).plan.hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            with_run(TWO, quorum=3),
            "run.quorum: got 3, but the suite has 2 judges: every battle would be void\n"
            "  hint: give at most quorum = 2, or add judges",
        ),
        (
            with_run(quorum=2),
            "run.quorum: got 2, but the suite has 1 judge: every battle would be void\n"
            "  hint: give at most quorum = 1, or add judges",
        ),
        (with_run(TWO, quorum=0), "run.quorum: got 0, expected a number of at least 1"),
        (
            with_run(voting='"majorty"'),
            "run.voting: unknown value 'majorty', did you mean 'majority'?",
        ),
    ],
)
def test_a_jury_that_cannot_decide_is_a_mistake(tmp_path, text, expected):
    with pytest.raises(SuiteError) as caught:
        load(tmp_path, text)
    key = expected.partition(":")[0].removeprefix("run.")
    line = next(n for n, row in enumerate(text.split("\n"), 1) if row.startswith(key))
    assert str(caught.value) == f"suites/x.arena.toml:{line}: {expected}"
