import json

import pytest

from arenatest.model.record import AnswerSlot
from unit.imports.shapes import generation, imported, lines, message


def calls(store, taken):
    return store.load(taken.run.id).timings


def test_a_generation_is_a_call_with_clocks_tokens_and_cost(store, tmp_path):
    file = lines(tmp_path / "observations.jsonl", [generation("o1")])
    (taken,), losses = imported(store, "langfuse", file)
    ((slot, call),) = calls(store, taken).items()
    timing, usage = call.answer.timing, call.answer.usage
    assert (timing.source, timing.ttft, timing.e2e) == ("unfit", 0.25, 1.25)
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (12, 6, 4)
    assert (call.cost, call.answer.text, slot.contestant) == (0.0003, "Hello!", "gpt-4o")
    (prompt,) = taken.draft.plan.prompts
    assert [(one.role, one.content) for one in prompt.messages] == [
        ("system", "Be kind."),
        ("user", "Hello?"),
    ]
    assert taken.run.started == pytest.approx(1748526379.5)
    assert not losses.counts


def test_camel_case_pages_traces_and_tables_say_the_same(store, tmp_path):
    camel = {
        "id": "o1",
        "traceId": "t",
        "type": "GENERATION",
        "startTime": "2025-05-29T13:46:19.500Z",
        "endTime": "2025-05-29T13:46:20.750Z",
        "completionStartTime": "2025-05-29T13:46:19.750Z",
        "model": "gpt-4o",
        "input": {"messages": [message("user", "Hello?")]},
        "output": {"role": "assistant", "content": "Hello!"},
        "usageDetails": {"input": 12, "output": 6},
        "totalCost": 0.0003,
    }
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"data": [camel], "meta": {"page": 1}}))
    trace = tmp_path / "trace.json"
    trace.write_text(json.dumps({"id": "t", "observations": [{**camel, "id": "o2"}]}))
    table = tmp_path / "table.csv"
    table.write_text(
        "id,type,startTime,latency,timeToFirstToken,input,output,providedModelName,"
        "promptTokens,completionTokens,totalCost\n"
        "o3,GENERATION,2025-05-29T13:46:19.500Z,1.25,0.25,Hello?,Hello!,gpt-4o,12,6,0.0003\n"
    )
    (taken,), losses = imported(store, "langfuse", page, trace, table)
    found = [
        (c.answer.timing.ttft, c.answer.timing.e2e, c.answer.usage.output_tokens, c.cost)
        for c in calls(store, taken).values()
    ]
    assert found == [(0.25, 1.25, 6, 0.0003)] * 3
    assert len({prompt.cluster for prompt in taken.draft.plan.prompts}) == 1
    assert not losses.counts


def test_an_error_is_a_failure_with_its_words(store, tmp_path):
    failed = generation("o1", level="ERROR", status_message="429 Too Many Requests", output="")
    (taken,), _ = imported(store, "langfuse", lines(tmp_path / "o.jsonl", [failed]))
    ((_, call),) = store.load(taken.run.id).answers.items()
    assert (call.answer.failure.kind, call.answer.failure.message) == (
        "provider",
        "429 Too Many Requests",
    )


def test_what_is_no_generation_is_counted(store, tmp_path):
    rows = [
        generation("o1"),
        generation("o1"),
        generation("o2", type="SPAN"),
        generation("o3", provided_model_name=""),
        generation("o4", input=""),
        {"id": "t", "name": "trace", "input": "x", "output": "y", "latency": 3},
        {"id": "s", "name": "quality", "value": 1, "data_type": "NUMERIC"},
        generation("o5", input=json.dumps([message("tool", "3")])),
    ]
    _, losses = imported(store, "langfuse", lines(tmp_path / "o.jsonl", rows))
    assert losses.counts == {
        "generations repeated in the files": 1,
        "observations of other kinds than generations": 1,
        "generations without the name of a model": 1,
        "generations without an input": 1,
        "traces without observations: export these": 1,
        "scores": 1,
        "records that cannot be read": 1,
    }


def test_a_negative_or_missing_time_is_unknown_and_never_zero(store, tmp_path):
    odd = generation("o1", completion_start_time=None, end_time="2025-05-29 13:46:18.000000")
    (taken,), _ = imported(store, "langfuse", lines(tmp_path / "o.jsonl", [odd]))
    (prompt,) = taken.draft.plan.prompts
    answered = store.load(taken.run.id).answers[AnswerSlot("gpt-4o", prompt.id)]
    assert answered.answer.timing is None
