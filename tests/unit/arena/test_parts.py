"""Contestants made of parts: calls, lanes, prices and reuse follow the part."""

from dataclasses import replace

from arenatest.arena.run import SuiteRun
from arenatest.model.answer import Usage
from arenatest.model.price import Price
from arenatest.model.record import AnswerSlot
from arenatest.store import open_store
from fakes.models import ScriptedProvider, contestant, said
from fakes.plans import plan_of, prompt_of
from fakes.runs import FakeJudge, FakeWatcher, conditions, naming, suite_of

PROMPTS = [prompt_of(f"{kind}{n}", category=kind) for n in range(4) for kind in ("sum", "poem")]


def parted_plan(**poet):
    plan = plan_of(PROMPTS)
    parts = tuple(
        contestant(
            "old",
            where=(("category", (kind,)),),
            price=Price(input=0.0, output=price),
            **{"fingerprint": f"fp-{kind}", **(poet if kind == "poem" else {})},
        )
        for kind, price in (("sum", 1e6), ("poem", 3e6))
    )
    return replace(plan, baseline=contestant("old", parts=parts))


def priced(text, model=None):
    def answer(call):
        usage = Usage(input_tokens=0, output_tokens=1)
        return said(f"{text} {call.prompt.id}", usage=usage, model=model)

    return answer


def run(folder, plan, models, session="session"):
    suite = suite_of(plan, models, FakeJudge(), folder=folder)
    made = SuiteRun(suite, open_store(folder / "store"), FakeWatcher(plan), conditions(session))
    made.start()
    assert made.join(20)
    made.check()
    return open_store(folder / "store").load(made.run.id)


def cast(**fields):
    return {
        "old[sum]": ScriptedProvider(priced("sums", "a"), endpoint="one"),
        "old[poem]": ScriptedProvider(priced("poet", "b"), endpoint="two", **fields),
        "new": naming("new"),
    }


def test_each_part_answers_its_own_prompts_in_the_contestants_name(tmp_path):
    models = cast()
    ledger = run(tmp_path, parted_plan(), models)
    for prompt in PROMPTS:
        said_by = ledger.answers[AnswerSlot("old", prompt.id)].answer.text.split()[0]
        assert said_by == {"sum": "sums", "poem": "poet"}[prompt.category]
    assert {c.prompt.category for c in models["old[sum]"].calls} == {"sum"}
    assert {c.prompt.category for c in models["old[poem]"].calls} == {"poem"}
    assert ledger.calls["old"] == 8


def test_prices_and_system_prompts_follow_the_part(tmp_path):
    models = cast()
    ledger = run(tmp_path, parted_plan(system="Rhyme."), models)
    costs = {p.id: ledger.answers[AnswerSlot("old", p.id)].cost for p in PROMPTS}
    assert {costs[p.id] for p in PROMPTS if p.category == "sum"} == {1.0}
    assert {costs[p.id] for p in PROMPTS if p.category == "poem"} == {3.0}
    assert {c.messages[0].role for c in models["old[poem]"].calls} == {"system"}
    assert {c.messages[0].role for c in models["old[sum]"].calls} == {"user"}


def test_two_models_behind_one_contestant_are_no_change_of_its_model(tmp_path):
    plan = parted_plan()
    run(tmp_path, plan, cast())
    again = cast()
    ledger = run(tmp_path, replace(plan, hash="other"), again, session="later")
    assert not again["old[sum]"].calls
    assert not again["old[poem]"].calls
    assert all(ledger.answers[AnswerSlot("old", p.id)].reused for p in PROMPTS)


def test_a_changed_part_is_asked_again_and_the_other_is_not(tmp_path):
    plan = parted_plan()
    run(tmp_path, plan, cast())
    again = cast()
    changed = replace(parted_plan(fingerprint="fp-new-poet"), hash="other")
    run(tmp_path, changed, again, session="later")
    assert not again["old[sum]"].calls
    assert len(again["old[poem]"].calls) == 4


def test_each_conversation_is_led_by_the_part_that_it_lies_in(tmp_path):
    talks = {
        kind: [prompt_of(f"{kind}/{n}", conversation=kind, turn=n, category=kind) for n in range(3)]
        for kind in ("sum", "poem")
    }
    models = cast()
    run(tmp_path, replace(parted_plan(), prompts=(*talks["sum"], *talks["poem"])), models)
    for label, name in (("old[sum]", "sums"), ("old[poem]", "poet")):
        calls, turns = models[label].calls, talks[label[4:-1]]
        assert [call.prompt.id for call in calls] == [turn.id for turn in turns]
        assert len({call.session for call in calls}) == 1
        heard = [m.content for m in calls[-1].messages if m.role == "assistant"]
        assert heard == [f"{name} {turn.id}" for turn in turns[:-1]]
