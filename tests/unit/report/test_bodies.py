import base64
import gzip
import json
import random
from dataclasses import replace

from arenatest.model.metric import MetricSpec
from arenatest.model.record import Measured, MetricSlot
from arenatest.report.battles import battles
from arenatest.report.bodies import CHUNK, LONGEST, pack
from fakes.ledgers import LedgerBuilder, plan, prompt

AMPLE = 25_000_000


def opened(packed):
    return json.loads(gzip.decompress(packed))


def fight(results, text="b", noise=0):
    prompts = [prompt(f"p{place:03d}") for place in range(len(results))]
    builder = LedgerBuilder(plan(prompts))
    chance = random.Random(7)
    for asked, result in zip(prompts, results, strict=True):
        answer = text + asked.id + chance.randbytes(noise).hex()
        builder.answer("gpt-4o", asked.id, "a").answer("gpt-5-mini", asked.id, answer)
        builder.judge(asked.id, result)
    return list(battles(builder.ledger))


def test_every_battle_has_its_place_in_a_chunk():
    packed = pack(fight([("win", "win")] * (CHUNK + 1)), budget=AMPLE)
    assert [len(opened(chunk)["battles"]) for chunk in packed.chunks] == [CHUNK, 1]
    assert packed.left_out == 0


def test_the_same_battles_give_the_same_bytes():
    assert pack(fight([("win", "loss")]), budget=AMPLE) == pack(
        fight([("win", "loss")]), budget=AMPLE
    )


def test_the_keys_of_every_object_stand_in_order():
    planned = plan([prompt("p")], judges=("sonnet", "haiku"))
    part = replace(planned.candidates[0], where=(("category", ("",)),))
    whole = replace(planned.candidates[0], parts=(part,))
    builder = LedgerBuilder(replace(planned, candidates=(whole,)))
    builder.answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b")
    for judge in ("sonnet", "haiku"):
        builder.judge("p", ("win", "win"), judge=judge)
    (battle,) = battles(builder.ledger)
    packed = pack([replace(battle, forfeit="as if it were one")], budget=AMPLE)
    for part in (packed.index, *packed.chunks):
        text = gzip.decompress(part)
        assert json.dumps(json.loads(text), sort_keys=True) == json.dumps(json.loads(text))
    (body,) = opened(packed.chunks[0])["battles"]
    assert {"by", "forfeit", "votes"} <= set(body)


def test_what_metrics_measured_stands_with_the_answer_it_was_measured_on():
    metrics = tuple(
        MetricSpec(name=name, unit=unit, direction="lower")
        for name, unit in (("words", "words"), ("gain", "characters"))
    )
    builder = LedgerBuilder(replace(plan([prompt("p"), prompt("q")]), metrics=metrics))
    builder.answer("gpt-4o", "p", "a").answer("gpt-5-mini", "p", "b").answer("gpt-4o", "q", "c")
    values = builder.ledger.measurements
    values[MetricSlot("words", "gpt-4o", "p")] = Measured(value=1.0)
    values[MetricSlot("words", "gpt-5-mini", "p")] = Measured(value=2.5)
    values[MetricSlot("gain", "gpt-5-mini", "p")] = Measured(error="ValueError: no")
    first, second = opened(pack(list(battles(builder.ledger)), budget=AMPLE).chunks[0])["battles"]
    assert first["values"] == [
        ["words 1 words"],
        ["words 2.50 words", "gain: no value, ValueError: no"],
    ]
    assert second["values"] == [[], []]


def test_a_shared_answer_is_held_once():
    builder = LedgerBuilder(plan([prompt("p")], candidates=("x", "y")))
    for name in ("gpt-4o", "x", "y"):
        builder.answer(name, "p", name)
    chunk = opened(pack(list(battles(builder.ledger)), budget=AMPLE).chunks[0])
    assert [answer["text"] for answer in chunk["answers"]] == ["gpt-4o", "x", "y"]
    assert [body["b"] for body in chunk["battles"]] == [0, 0]


def test_a_tight_budget_keeps_losses_before_disagreements_before_voids_before_the_rest():
    kinds = [("win", "win"), ("unparsed", "win"), ("win", "loss"), ("loss", "loss")]
    fought = fight(kinds * 10, noise=1_000)
    packed = pack(fought, budget=20_000)
    kept = {
        fought[place].outcome
        for place, body in enumerate(opened(packed.chunks[0])["battles"])
        if body is not None
    }
    assert 0 < packed.left_out < len(fought)
    assert "loss" in kept
    assert "win" not in kept
    size = sum(len(base64.b64encode(part)) for part in (*packed.chunks, packed.index, packed.chats))
    assert 15_000 < size <= 20_000


def test_the_index_says_which_bodies_are_there():
    packed = pack(fight([("win", "win")] * 3), budget=0)
    assert opened(packed.index)["body"] == [0, 0, 0]
    assert packed.left_out == 3


def test_a_text_beyond_all_measure_is_cut_and_says_so():
    chunk = opened(pack(fight([("win", "win")], "x" * 1_000_000), budget=AMPLE).chunks[0])
    assert len(chunk["answers"][1]["text"]) < LONGEST + 100
    assert chunk["answers"][1]["text"].endswith("⟦cut here: 1,000,004 characters in all⟧")


def test_chat_ids_of_answers_and_judgments_can_be_found():
    assert opened(pack(fight([("win", "win")]), budget=AMPLE).chats) == [
        ["chat-00000001", "chat-00000002", "chat-00000003", "chat-00000004"]
    ]
