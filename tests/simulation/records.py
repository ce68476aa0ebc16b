"""Puts simulated scores into the record of a run, as an engine would have left it.

A world is simulated thousands of times, so whatever does not change from run to run is made once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import (
    Answered,
    AnswerSlot,
    GameSlot,
    Ledger,
    Measured,
    MetricSlot,
    Run,
)
from arenatest.suite.order import battle_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASELINE = "old"
_ORDERS = (Order.CANDIDATE_FIRST, Order.BASELINE_FIRST)
_VOID = Judgment(void="unparsed")
_SAID = (  # by order, then by twice the candidate's score; a void comes last
    *(Judgment(verdict=said) for said in (Verdict.B_BETTER, Verdict.TIE, Verdict.A_BETTER)),
    _VOID,
    *(Judgment(verdict=said) for said in (Verdict.A_BETTER, Verdict.TIE, Verdict.B_BETTER)),
    _VOID,
)
_FAILED = Answered(
    answer=Answer(failure=Failure(kind="timeout", message="no answer")), chat_id="c", attempts=3
)
_RUN = Run(id="run", session="session", plan_hash="plan", started=0.0)


class Records:
    """Makes records of one plan, each with a permutation of its own.

    Args:
        prompts: In the order of their file.
        candidates: Who meets the baseline.
        judges: How many there are.
        plan: Further fields of the plan.
    """

    def __init__(
        self,
        prompts: Sequence[Prompt],
        *,
        candidates: Sequence[str] = ("new",),
        judges: int = 1,
        **plan: Any,
    ) -> None:
        self.prompts = tuple(prompts)
        seats = [f"judge-{number}" for number in range(judges)]
        self._plan = Plan(
            suite="simulated",
            description="",
            path="simulated.arena.toml",
            prompts=self.prompts,
            baseline=_contestant(BASELINE),
            candidates=tuple(map(_contestant, candidates)),
            judges=tuple(
                JudgeSeat(name=name, kind="python", fingerprint=name, settings={}) for name in seats
            ),
            metrics=(),
            rules=(),
            hash="plan",
            **plan,
        )
        ids, repeats = [prompt.id for prompt in prompts], range(self._plan.repeats)
        self._said = {
            name: {
                AnswerSlot(name, prompt, repeat): _said(name)
                for prompt, repeat in product(ids, repeats)
            }
            for name in (BASELINE, *candidates)
        }
        self._games = {
            name: [
                GameSlot(name, prompt, repeat, seat, 0, order)
                for prompt, repeat, seat, order in product(ids, repeats, seats, _ORDERS)
            ]
            for name in candidates
        }

    def ledger(self, chance: np.random.Generator) -> Ledger:
        """Return a record with nothing in it, and prompts in an order of its own."""
        seed = int(chance.integers(2**31))
        plan = replace(self._plan, seed=seed, prompts=battle_order(self.prompts, seed))
        return Ledger(run=_RUN, plan=plan)

    def judged(self, ledger: Ledger, scores: Mapping[str, NDArray[np.float64]]) -> None:
        """Write each candidate's scores: prompts x repeats x judges x orders; NaN is a void."""
        self.answered(ledger)
        for name, games in scores.items():
            said = np.where(np.isnan(games), 1.5, games) * 2.0 + np.array([0.0, 4.0])
            numbers = said.astype(int).ravel().tolist()
            judgments = [_SAID[number] for number in numbers]
            ledger.judgments.update(zip(self._games[name], judgments, strict=True))

    def answered(self, ledger: Ledger) -> None:
        """Write an answer in every place."""
        for answers in self._said.values():
            ledger.answers.update(answers)

    def failed(self, ledger: Ledger, name: str, which: NDArray[np.bool_]) -> None:
        """Let a contestant fail on some prompts, in the order of the file."""
        for place in np.flatnonzero(which).tolist():
            ledger.answers[AnswerSlot(name, self.prompts[place].id)] = _FAILED

    def measured(self, ledger: Ledger, metric: str, name: str, values: NDArray[np.float64]) -> None:
        """Write the values of a plugin's metric."""
        self.answered(ledger)
        for prompt, value in zip(self.prompts, values.tolist(), strict=True):
            ledger.measurements[MetricSlot(metric, name, prompt.id)] = Measured(value=value)

    def timed(
        self,
        ledger: Ledger,
        name: str,
        seconds: NDArray[np.float64],
        again: NDArray[np.bool_] | None = None,
    ) -> None:
        """Write times to the first token; infinite for a call that failed.

        Args:
            ledger: Where to.
            name: Whose times.
            seconds: In the order of the file.
            again: Which calls were made twice; None for none.
        """
        attempts = [1] * len(seconds) if again is None else (1 + again).tolist()
        for prompt, ttft, tries in zip(self.prompts, seconds.tolist(), attempts, strict=True):
            slot = AnswerSlot(name, prompt.id)
            ledger.timings[slot] = _FAILED if ttft == float("inf") else _timed(ttft, tries)

    def used(self, ledger: Ledger, name: str, tokens: NDArray[np.int64]) -> None:
        """Write how many tokens were generated."""
        for prompt, count in zip(self.prompts, tokens.tolist(), strict=True):
            ledger.answers[AnswerSlot(name, prompt.id)] = _used(count)


def prompts_of(n: int, **labels: Sequence[str]) -> tuple[Prompt, ...]:
    """Return ``n`` prompts; each label has a value for every one of them."""
    return tuple(
        Prompt(
            id=f"p{number}",
            messages=(Message(role="user", content=f"Question {number}?"),),
            **{label: values[number] for label, values in labels.items()},
        )
        for number in range(n)
    )


def until(ledger: Ledger, settled: frozenset[str]) -> Ledger:
    """Return a record as it was while only some prompts, by id, had settled."""
    return Ledger(
        run=ledger.run,
        plan=ledger.plan,
        answers={slot: kept for slot, kept in ledger.answers.items() if slot.prompt in settled},
        judgments={slot: kept for slot, kept in ledger.judgments.items() if slot.prompt in settled},
    )


def rule_of(metric: Any, stat: str, *, side: str, limit: float, **changes: Any) -> Rule:
    """Return a gate on the candidate ``new``."""
    values: dict[str, Any] = {
        "id": f"{metric.name}-{stat}",
        "candidate": "new",
        "against": BASELINE,
    }
    return Rule(metric=metric, stat=stat, side=side, limit=limit, **(values | changes))


def _contestant(name: str) -> Contestant:
    return Contestant(name=name, kind="python", fingerprint=name, settings={}, timeout=60.0)


def _said(name: str) -> Answered:
    return Answered(answer=Answer(text=f"{name} says", finish="stop"), chat_id="c")


def _timed(ttft: float, attempts: int) -> Answered:
    timing = Timing(source="measured", ttft=ttft, e2e=ttft)
    answer = Answer(text="text", finish="stop", timing=timing)
    return Answered(answer=answer, chat_id="c", attempts=attempts)


def _used(tokens: int) -> Answered:
    usage = Usage(input_tokens=20, output_tokens=tokens)
    return Answered(answer=Answer(text="text", finish="stop", usage=usage), chat_id="c")
