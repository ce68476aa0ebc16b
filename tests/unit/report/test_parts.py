"""A contestant made of parts is one contestant, and the report names who answered."""

import json
from dataclasses import replace

import pytest

from arenatest.report.battles import battles
from arenatest.report.bodies import pack
from arenatest.report.html import html_page
from arenatest.report.results import results
from arenatest.report.spending import faults, spendings
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, contestant, decision, plan, prompt, rule
from unit.report.test_bodies import opened

PROMPTS = [prompt("a", category="sums"), prompt("b", category="poems")]


@pytest.fixture
def builder():
    parts = tuple(
        replace(contestant("gpt-4o", model=model), where=(("category", (kind,)),), fingerprint=kind)
        for kind, model in (("sums", "o3"), ("poems", "gemini"))
    )
    planned = plan(PROMPTS, rules=[rule("win_rate")])
    whole = replace(planned.baseline, kind="parts", parts=parts)
    made = LedgerBuilder(replace(planned, baseline=whole))
    for asked, cost in (("a", 0.5), ("b", 0.25)):
        made.answer("gpt-4o", asked, "ours", cost=cost).answer("gpt-5-mini", asked, "theirs")
        made.judge(asked, ("loss", "loss"))
    return made


def report(builder):
    run = SuiteRun(ledger=builder.ledger, decisions=(decision(),))
    return view([run], finished=1.79e9, command="pytest --arena")


def test_spending_is_that_of_the_whole_and_of_each_part(builder):
    base, candidate, _ = spendings(builder.ledger)
    assert (base.name, base.role, base.answers, base.cost) == ("gpt-4o", "baseline", 2, 0.75)
    assert [(one.name, one.role, one.answers, one.cost) for one in base.parts] == [
        ("gpt-4o[sums]", "part", 1, 0.5),
        ("gpt-4o[poems]", "part", 1, 0.25),
    ]
    assert candidate.parts == ()


def test_failures_are_those_of_the_part(builder):
    builder.failure("gpt-4o", "b")
    (fault,) = faults(builder.ledger)
    assert fault.contestant == "gpt-4o[poems]"


def test_each_battle_says_who_answered(builder):
    assert [battle.parts for battle in battles(builder.ledger)] == [
        ("gpt-4o[sums]", None),
        ("gpt-4o[poems]", None),
    ]


def test_a_battle_keeps_its_link_when_another_part_changes(builder):
    first, second = (battle.id for battle in battles(builder.ledger))
    whole = builder.ledger.plan.baseline
    other = replace(whole.parts[1], fingerprint="new")
    changed = replace(whole, parts=(whole.parts[0], other), fingerprint="whole")
    builder.ledger.plan = replace(builder.ledger.plan, baseline=changed)
    again = [battle.id for battle in battles(builder.ledger)]
    assert again[0] == first
    assert again[1] != second


def test_the_page_names_the_part_beside_the_answer_in_the_costs_and_in_the_settings(builder):
    text = html_page(report(builder)).decode()
    assert "<h4>Baseline: gpt-4o[sums] " in text
    assert '<th scope="row">gpt-4o[poems]</th><td>part</td>' in text
    assert '<th scope="row">gpt-4o[sums]</th><td>openai</td>' in text
    bodies = opened(pack(list(battles(builder.ledger)), budget=10**7).chunks[0])["battles"]
    assert [body["by"] for body in bodies] == [["gpt-4o[sums]", None], ["gpt-4o[poems]", None]]


def test_the_results_hold_the_parts(builder):
    base, candidate = results(report(builder)).contestants
    assert (base.name, base.kind, base.answers, candidate.parts) == ("gpt-4o", "parts", 2, [])
    first, second = (json.loads(part.model_dump_json()) for part in base.parts)
    assert first["where"] == {"category": ["sums"]}
    assert (second["fingerprint"], second["answers"], second["cost"]) == ("poems", 1, 0.25)
