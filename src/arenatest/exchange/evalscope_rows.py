"""The lines of EvalScope's files: predictions, reviews of answers, and reviews of battles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arenatest.model.answer import Answer
from arenatest.model.judgment import Judgment, Order

_STOPS: Mapping[str | None, str] = {
    "stop": "stop",
    "length": "max_tokens",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "tool_calls": "tool_calls",
}
_VOIDS: Mapping[str | None, str] = {
    "unparsed": "parse_error",
    "label": "parse_error",
    "call": "transport_error",
    "judge": "invalid_session",
    "abstained": "excluded",
}
"""Why there is no score, in EvalScope's words."""

Json = dict[str, Any]


def prediction(answer: Answer, messages: list[Json], model: str, index: int) -> Json:
    """Return the line of one answer; ``messages`` end with it."""
    usage: Json | None = None
    if answer.usage is not None:
        taken, given = answer.usage.input_tokens or 0, answer.usage.output_tokens or 0
        usage = {"input_tokens": taken, "output_tokens": given, "total_tokens": taken + given}
        usage["input_tokens_cache_read"] = answer.usage.cached_tokens
        usage["reasoning_tokens"] = answer.usage.reasoning_tokens
    timing = answer.timing
    message = messages[-1] | {"perf_metrics": _perf(answer)}
    return {
        "index": index,
        "model": model,
        "model_output": {
            "id": answer.response_id,
            "model": answer.model or model,
            "choices": [{"message": message, "stop_reason": _STOPS.get(answer.finish, "unknown")}],
            "usage": usage,
            "time": None if timing is None else timing.e2e,
        },
        "messages": messages,
    }


def review(messages: list[Json], index: int, reference: str | None) -> Json:
    """Return the line that says an answer is there: nobody gave it a score of its own."""
    text = messages[-1]["content"]
    return {
        "index": index,
        "target": [reference] if reference and reference.strip() else None,
        "messages": messages,
        "sample_score": {
            "score": {
                "value": {"answered": 1.0},
                "prediction": text,
                "extracted_prediction": text,
                "main_score_name": "answered",
            },
            "sample_id": index,
            "group_id": index,
        },
    }


def battle_score(games: Mapping[Order, Judgment]) -> float | None:
    """Return the candidate's mean score over both orders, 0 to 1; None where one is void."""
    scores = [judgment.candidate_score(order) for order, judgment in games.items()]
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if len(known) == len(scores) else None


def battle_scored(games: Mapping[Order, Judgment], names: tuple[str, str]) -> Json:
    """Return the ``score`` of a battle's line: its games, or why there are none.

    Args:
        games: By who sits in seat A.
        names: Of the candidate and of the baseline.
    """
    score = battle_score(games)
    candidate, baseline = names
    if score is None:
        void = next(judgment.void for judgment in games.values() if judgment.void is not None)
        return {"value": {}, "status": _VOIDS[void], "main_score_name": "score", "metadata": {}}
    seats = {Order.CANDIDATE_FIRST: names, Order.BASELINE_FIRST: (baseline, candidate)}
    played = [
        {"model_a": first, "model_b": second, "judgment": str(games[order].verdict)}
        for order, (first, second) in seats.items()
    ]
    return {
        "value": {"score": score},
        "main_score_name": "score",
        "metadata": {"battle_result": {"score": score, "games": played}},
    }


def judged_by(model: str, score: float | None) -> Json:
    """Return who judged a battle, and whether that came to a score."""
    scored = int(score is not None)
    return {"judge_models": [model], "scored": scored, "total": 1, "coverage": float(scored)}


def _perf(answer: Answer) -> Json | None:
    timing, usage = answer.timing, answer.usage
    if timing is None or timing.e2e is None:
        return None
    return {
        "latency": timing.e2e,
        "ttft": timing.ttft,
        "input_tokens": 0 if usage is None else usage.input_tokens or 0,
        "output_tokens": 0 if usage is None else usage.output_tokens or 0,
    }
