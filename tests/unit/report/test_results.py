import json

import jsonschema
import pytest
from pydantic import ValidationError

from arenatest.report.results import results, results_json, results_schema
from arenatest.report.results_model import Results
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule


def report(*decisions):
    prompts = [prompt("a", category="x"), prompt("b", category="y")]
    builder = LedgerBuilder(plan(prompts, rules=[rule("first"), rule("second")]))
    builder.answer("gpt-4o", "a", "1").answer("gpt-5-mini", "a", "2").judge("a", ("win", "loss"))
    builder.answer("gpt-4o", "b", "1").failure("gpt-5-mini", "b")
    return view(
        [SuiteRun(ledger=builder.ledger, decisions=decisions)], finished=1.79e9, command="pytest"
    )


def test_the_file_follows_its_published_schema():
    jsonschema.validate(json.loads(results_json(report(decision("first")))), results_schema())


def test_gates_stand_in_the_suites_order_with_unrounded_numbers():
    one, two = decision("first", value=1 / 3), decision("second")
    forth, back = results(report(one, two)), results(report(two, one))
    assert forth.gates == back.gates
    assert [gate.gate for gate in forth.gates] == ["first", "second"]
    assert forth.gates[0].value == 1 / 3


def test_the_same_record_gives_the_same_bytes():
    assert results_json(report(decision("first"))) == results_json(report(decision("first")))


def test_battles_are_counted_with_the_causes_of_voids():
    (battles,) = results(report()).battles
    assert (battles.tie, battles.void) == (1, 1)
    assert battles.voids == {"candidate's call failed": 1}


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError):
        Results.model_validate({**results(report()).model_dump(), "extra": 1})


def test_text_that_cannot_be_encoded_is_still_valid_json():
    made = report(decision("first", reason="x\ud800"))
    assert json.loads(results_json(made))["gates"][0]["reason"] == "x\ud800"
