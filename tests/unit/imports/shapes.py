"""Records as other programs write them, for tests of importers, and imports of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from arenatest.imports.bringing import Wanted, bring
from arenatest.imports.losses import Losses
from arenatest.imports.taking import Moment, Taken
from arenatest.store import Store

NOW = 1_800_000_000.0


def lines(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """A JSON Lines file of these records, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def imported(store: Store, source: str, *paths: Path, **wanted: Any) -> tuple[list[Taken], Losses]:
    """The runs that an import makes, and what it could not take over."""
    losses = Losses()
    moment = Moment(now=NOW, session="session", versions={"arenatest": "test"})
    runs = list(bring(store, Wanted(source=source, paths=paths, **wanted), moment, losses))
    return runs, losses


def message(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def asked_v2(uid: str) -> dict[str, Any]:
    """A question of Arena-Hard 2.0."""
    return {"uid": uid, "category": "hard_prompt", "subcategory": "coding", "prompt": f"ask {uid}"}


def answer_v2(uid: str, model: str, text: str | None = None) -> dict[str, Any]:
    """An answer of Arena-Hard 2.0."""
    said = {"answer": f"{model} on {uid}" if text is None else text}
    return {
        "uid": uid,
        "ans_id": "dgYCTvj3bz42JVPxnkZNB2",
        "model": model,
        "messages": [message("user", f"ask {uid}"), message("assistant", said)],
        "tstamp": 1744155079.5,
        "metadata": {"token_len": 179, "header_count": {"h1": 0}},
    }


def judged_v2(uid: str, model: str, *labels: str | None, baseline: str = "old") -> dict[str, Any]:
    """A judgment of Arena-Hard 2.0: the label of each game."""
    return {
        "uid": uid,
        "category": "hard_prompt",
        "judge": "gpt-4.1",
        "model": model,
        "baseline": baseline,
        "games": [
            {"score": label, "judgment": {"answer": f"My verdict: {label}"}, "prompt": []}
            for label in labels
        ],
    }


def answer_v1(question: object, model: str, *turns: str) -> dict[str, Any]:
    """An answer of Arena-Hard 0.1 or of FastChat."""
    return {
        "question_id": question,
        "answer_id": "YaEyk2qg6pxXLwAHUgWjeQ",
        "model_id": model,
        "choices": [{"index": 0, "turns": list(turns)}],
        "tstamp": 1711491874.25,
    }


def arena_hard(folder: Path, count: int = 3, *labels: str | None) -> Path:
    """A folder of Arena-Hard 2.0: `new` against `old` on some questions."""
    names = [f"q{number}" for number in range(count)]
    lines(folder / "question.jsonl", map(asked_v2, names))
    for model in ("old", "new"):
        lines(folder / f"model_answer/{model}.jsonl", (answer_v2(name, model) for name in names))
    judged = (judged_v2(name, "new", *(labels or ("B>A", "A>>B"))) for name in names)
    lines(folder / "model_judgment/gpt-4.1/new.jsonl", judged)
    return folder


def annotated(instruction: str, preference: object, **fields: Any) -> dict[str, Any]:
    """An annotation of AlpacaEval."""
    return {
        "instruction": instruction,
        "output_1": f"reference of {instruction}",
        "generator_1": "gpt4_1106_preview",
        "dataset": "helpful_base",
        "output_2": f"output of {instruction}",
        "generator_2": "mine",
        "annotator": "weighted_alpaca_eval_gpt4_turbo",
        "preference": preference,
        "raw_completion": {"text": "m"},
        **fields,
    }


def compared(question: int, g1: str, g2: str, *, turn: int = 1, **fields: Any) -> dict[str, Any]:
    """A judgment of a pair in MT-bench."""
    return {
        "question_id": question,
        "model_1": "alpaca-13b",
        "model_2": "gpt-4",
        "g1_winner": g1,
        "g2_winner": g2,
        "judge": ["gpt-4", "pair-v2"],
        "g1_user_prompt": "...",
        "g1_judgment": "first [[B]]",
        "g2_user_prompt": "...",
        "g2_judgment": "second [[A]]",
        "turn": turn,
        "tstamp": 1687222761.5,
        **fields,
    }


def vote(question: str, first: str, second: str, winner: str, **fields: Any) -> dict[str, Any]:
    """A vote of Chatbot Arena, without the conversations."""
    return {
        "question_id": question,
        "model_a": first,
        "model_b": second,
        "winner": winner,
        "judge": "arena_user_973",
        "turn": 1,
        "anony": True,
        "language": "English",
        "tstamp": 1682351591.25,
        **fields,
    }


def conversation(*texts: str) -> list[dict[str, Any]]:
    """Messages of the user and the assistant in turn."""
    return [message(("user", "assistant")[n % 2], text) for n, text in enumerate(texts)]


def generation(identity: str, **fields: Any) -> dict[str, Any]:
    """An observation of Langfuse, as blobs have it."""
    return {
        "id": identity,
        "trace_id": f"trace-{identity}",
        "type": "GENERATION",
        "start_time": "2025-05-29 13:46:19.500000",
        "end_time": "2025-05-29 13:46:20.750000",
        "completion_start_time": "2025-05-29 13:46:19.750000",
        "level": "DEFAULT",
        "status_message": "",
        "input": json.dumps([message("system", "Be kind."), message("user", "Hello?")]),
        "output": json.dumps(message("assistant", "Hello!")),
        "provided_model_name": "gpt-4o",
        "usage_details": {"input": 12, "output": 6, "total": 18, "input_cached_tokens": 4},
        "cost_details": {"input": 0.0001, "output": 0.0002},
        "total_cost": 0.0003,
        **fields,
    }
