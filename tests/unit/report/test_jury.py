import gzip
import json

import pytest

from arenatest.report.battles import battles
from arenatest.report.bodies import pack
from arenatest.report.jury import jury_report, named_votes
from arenatest.report.phrases import alpha_words, jury_words
from arenatest.report.suite_run import SuiteRun
from arenatest.report.terminal import terminal_lines
from arenatest.stats.agreement import krippendorff_alpha
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule
from fakes.reports import seen

JUDGES = ("x", "y", "z")
WIN, TIE, LOSS, FLIP = ("win", "win"), ("tie", "tie"), ("loss", "loss"), ("win", "loss")
AWAY, HALF, ILL = ("abstained", "abstained"), ("win", "abstained"), ("call", "win")


def fought(*said, judges=JUDGES, **jury):
    asked = [prompt(f"p{place}") for place in range(len(said))]
    builder = LedgerBuilder(plan(asked, judges=judges, **jury))
    for one, by_judge in zip(asked, said, strict=True):
        builder.answer("gpt-4o", one.id, "a").answer("gpt-5-mini", one.id, "b")
        for judge, results in zip(judges, by_judge, strict=True):
            builder.judge(one.id, results, judge=judge)
    return builder.ledger.plan, list(battles(builder.ledger))


def test_battles_are_counted_by_how_the_judges_voted():
    planned, seen = fought(
        *((WIN, WIN, WIN), (WIN, FLIP, LOSS), (TIE, FLIP, AWAY), (WIN, AWAY, AWAY)),
        *((WIN, LOSS, HALF), (AWAY, AWAY, ILL)),
        voting="majority",
    )
    report = jury_report(planned, seen)
    counted = (report.agreed, report.divided, report.single, report.short)
    assert (report.battles, *counted) == (6, 2, 2, 1, 1)
    assert (report.voting, report.quorum, report.judges, report.compared) == ("majority", 1, 3, 4)


def test_battles_below_the_quorum_are_told_apart():
    planned, seen = fought((WIN, AWAY, AWAY), (WIN, WIN, AWAY), quorum=2)
    report = jury_report(planned, seen)
    assert (report.short, report.single, report.agreed, report.compared) == (1, 0, 1, 1)
    assert (seen[0].outcome, seen[0].cause) == ("void", "fewer judges than the quorum")


def test_agreement_is_krippendorffs_alpha_of_ordered_sides():
    said = [(WIN, WIN, LOSS), (LOSS, LOSS, LOSS), (TIE, WIN, AWAY), (LOSS, FLIP, LOSS)]
    report = jury_report(*fought(*said))
    sides = [[1, 1, 0], [0, 0, 0], [0.5, 1, None], [0, 0.5, 0]]
    assert report.alpha == pytest.approx(krippendorff_alpha(sides, scale="ordinal"))
    assert report.alpha != pytest.approx(krippendorff_alpha(sides))


def test_agreement_is_unknown_where_nothing_differs():
    report = jury_report(*fought((WIN, WIN, WIN), (WIN, WIN, AWAY)))
    assert (report.alpha, report.compared) == (None, 2)
    assert alpha_words(report) == "Krippendorff's alpha is undefined: no two sides to compare."


def test_a_judge_alone_is_no_jury():
    assert jury_report(*fought((WIN,), judges=("x",))) is None


def test_the_vote_is_told_in_a_line():
    planned, seen = fought(
        *((WIN, WIN, WIN), (WIN, FLIP, LOSS), (WIN, AWAY, AWAY)), voting="majority", quorum=2
    )
    report = jury_report(planned, seen)
    assert jury_words(report) == (
        "Jury of 3, majority of votes, at least 2 votes: "
        "agreed on 1, divided on 1, too few votes on 1 of 3 battles."
    )
    assert alpha_words(report).endswith("over 2 battles: 1 is full agreement, 0 is chance.")


def test_each_battle_names_who_voted_how():
    _, (battle,) = fought((("win", "tie"), FLIP, HALF), voting="unanimous")
    votes = [("x", "won"), ("y", "tied"), ("z", "no vote")]
    assert (named_votes(battle), battle.outcome) == (votes, "tie")
    (chunk,) = pack([battle], budget=10**6).chunks
    body = json.loads(gzip.decompress(chunk))["battles"][0]
    assert body["votes"] == [list(vote) for vote in votes]


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ((AWAY, AWAY, AWAY), "judge abstained"),
        ((AWAY, HALF, AWAY), "judge abstained"),
        ((AWAY, ILL, AWAY), "judge's call failed"),
    ],
)
def test_a_battle_that_nobody_judged_says_why(said, cause):
    _, (battle,) = fought(said)
    assert (battle.outcome, battle.cause, battle.votes) == ("void", cause, (None, None, None))


def test_the_terminal_takes_no_abstention_for_a_failure():
    builder = LedgerBuilder(plan([prompt("p")], rules=[rule("win_rate")]))
    builder.answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b").judge("p", AWAY)
    lines = terminal_lines(seen(SuiteRun(ledger=builder.ledger, decisions=(decision(),))))
    assert not any("without a verdict" in text for _, text in lines)
