from arenatest.report.battles import battles
from arenatest.report.panel import judge_reports
from fakes.ledgers import LedgerBuilder, plan, prompt


def reports(*results, judges=("sonnet",)):
    prompts = [prompt(f"p{place}") for place in range(len(results))]
    builder = LedgerBuilder(plan(prompts, judges=judges))
    for asked, by_judge in zip(prompts, results, strict=True):
        builder.answer("gpt-4o", asked.id, "a").answer("gpt-5-mini", asked.id, "b")
        for judge, result in zip(judges, by_judge, strict=True):
            builder.judge(asked.id, result, judge=judge)
    return judge_reports(builder.ledger.plan.judges, list(battles(builder.ledger)))


def test_the_table_crosses_both_orders():
    (report,) = reports([("win", "win")], [("win", "loss")], [("tie", "win")])
    assert report.table == ((1, 0, 1), (1, 0, 0), (0, 0, 0))
    assert (report.flips, report.pairs, report.agreeing) == (1, 3, 1)


def test_a_judge_that_always_names_the_first_seat_is_seen():
    (report,) = reports([("loss", "win")], [("loss", "win")])
    assert (report.first_share, report.flip_rate) == (1.0, 1.0)


def test_voids_lower_the_share_that_can_be_read():
    (report,) = reports([("win", "unparsed")], [("win", "win")])
    assert (report.parse_rate, dict(report.voids), report.pairs) == (0.75, {"unparsed": 1}, 1)


def test_an_abstention_does_not_lower_the_share_that_can_be_read():
    (report,) = reports([("abstained", "abstained")], [("win", "unparsed")], [("win", "win")])
    assert (report.abstained, report.games, report.parse_rate) == (2, 6, 0.75)
    (away,) = reports([("abstained", "abstained")])
    assert (away.abstained, away.parse_rate) == (2, None)


def test_a_judge_without_games_has_no_rates():
    (report,) = reports()
    assert (report.parse_rate, report.flip_rate, report.first_share) == (None, None, None)


def test_judges_that_name_different_winners_are_counted():
    mine, other = reports(
        [("win", "win"), ("loss", "loss")], [("win", "win"), ("win", "win")], judges=("x", "y")
    )
    assert (mine.disagreements, other.disagreements) == (1, 1)
