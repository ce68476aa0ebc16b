"""Show why every battle is judged in both orders: a small model as judge names a seat.

A local model judges pairs of recorded answers of which one is sense and the other fluent nonsense
(sampled at temperature 1.2), with arenatest's own judge ``llm``, in both orders. A grammar holds it
to the five labels, so that every reply can be read. Run it with::

    python benchmarks/position_bias.py --pairs 60
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from pathlib import Path

from arenatest.hookspec import Call, Context, Provider
from arenatest.judges.llm import LlmJudge, LlmOptions
from arenatest.judges.reference import ReferenceJudge
from arenatest.model.answer import Answer
from arenatest.model.judgment import Game, Order, Verdict
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.local import LOCAL, LocalOptions

SUITES = Path(__file__).resolve().parent.parent / "suites"
GRAMMAR = "root ::= " + " | ".join(f'"[[{label}]]"' for label in Verdict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--baseline", type=Path, default=SUITES / "recorded/smollm2-hot.jsonl")
    parser.add_argument("--candidate", type=Path, default=SUITES / "recorded/smollm2-brief.jsonl")
    parser.add_argument("--model", default="smollm2-135m")
    asyncio.run(compare(parser.parse_args()))


async def compare(options: argparse.Namespace) -> None:
    context = Context(
        directory=Path(), environ=dict(os.environ), clock=time.perf_counter, shared={}
    )
    provider = LOCAL.build(LocalOptions(model=options.model), context)
    pairs = differing_pairs(options.baseline, options.candidate)[: options.pairs]
    seats: Counter[str] = Counter()
    scores: dict[Order, float] = dict.fromkeys(Order, 0.0)
    reference = flips = 0.0
    await provider.open()
    try:
        for prompt, baseline, candidate in pairs:
            verdicts = [
                await judged(provider, prompt, baseline, candidate, order) for order in Order
            ]
            seats.update(_seat(verdict) for verdict in verdicts)
            games = list(zip(verdicts, Order, strict=True))
            for verdict, order in games:
                scores[order] += _candidate_score(verdict, order)
            flips += {_candidate_score(*game) for game in games} == {0.0, 1.0}
            reference += await by_reference(prompt, baseline, candidate)
    finally:
        await provider.close()
    report(len(pairs), seats, scores, flips, reference)


def report(
    pairs: int, seats: Counter[str], scores: dict[Order, float], flips: float, reference: float
) -> None:
    named = ", ".join(f"{seat} {count}" for seat, count in sorted(seats.items()))
    print(f"{pairs} pairs, {2 * pairs} judgments; named: {named}")
    for order, score in scores.items():
        print(f"candidate's win rate, {order} only: {score / pairs:.3f}")
    both = sum(scores.values()) / (2 * pairs)
    print(f"candidate's win rate, both orders: {both:.3f}; flips {flips:.0f} of {pairs}")
    print(f"candidate's win rate by the reference judge: {reference / pairs:.3f}")


def differing_pairs(baseline: Path, candidate: Path) -> list[tuple[Prompt, str, str]]:
    """Return the prompts with both answers where they differ, in the order of the data."""
    first, second = _texts(baseline), _texts(candidate)
    rows = map(json.loads, (SUITES / "quickstart.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        (
            Prompt(
                id=row["id"],
                messages=(Message(role="user", content=row["query"]),),
                reference=row["response"],
            ),
            first[row["id"]],
            second[row["id"]],
        )
        for row in rows
        if first[row["id"]] != second[row["id"]]
    ]


async def judged(
    provider: Provider, prompt: Prompt, baseline: str, candidate: str, order: Order
) -> Verdict:
    async def ask(prompt: Prompt, messages: tuple[Message, ...]) -> tuple[str, Answer]:
        params = {"temperature": 0, "max_tokens": 8, "grammar": GRAMMAR}
        call = Call(chat_id="judge", prompt=prompt, messages=messages, params=params, timeout=300.0)
        return "judge", await provider.answer(call)

    game = _game(prompt, baseline, candidate, order)
    said = await LlmJudge(LlmOptions()).judge(game, ask)
    if said.verdict is None:
        raise SystemExit(f"{prompt.id}: {said.void}: {said.explanation}")
    return said.verdict


async def by_reference(prompt: Prompt, baseline: str, candidate: str) -> float:
    order = Order.BASELINE_FIRST
    game = _game(prompt, baseline, candidate, order)
    said = await ReferenceJudge("recall").judge(game, _no_model)
    return said.candidate_score(order) or 0.0


async def _no_model(prompt: Prompt, messages: tuple[Message, ...]) -> tuple[str, Answer]:
    raise AssertionError


def _game(prompt: Prompt, baseline: str, candidate: str, order: Order) -> Game:
    texts = (baseline, candidate) if order is Order.BASELINE_FIRST else (candidate, baseline)
    return Game(prompt=prompt, text_a=texts[0], text_b=texts[1])


def _candidate_score(verdict: Verdict, order: Order) -> float:
    score = verdict.score_of_a
    return score if order is Order.CANDIDATE_FIRST else 1.0 - score


def _seat(verdict: Verdict) -> str:
    return {1.0: "first answer", 0.5: "tie", 0.0: "second answer"}[verdict.score_of_a]


def _texts(path: Path) -> dict[str, str]:
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["prompt_id"]: line["text"] for line in lines}


if __name__ == "__main__":
    main()
