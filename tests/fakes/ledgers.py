"""Builds the record of a made-up run: what gates and reports are computed from, without a run."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.decision import Decision
from arenatest.model.judgment import Judgment, Order, Verdict, VoidCause
from arenatest.model.metric import BUILT_IN
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import Answered, AnswerSlot, GameSlot, Ledger, Run

STARTED = 1_790_000_000.0
RESULTS = {"win": 1.0, "tie": 0.5, "loss": 0.0}


def contestant(name: str, **settings: object) -> Contestant:
    return Contestant(
        name=name, kind="openai", fingerprint=f"{name:x<32}"[:32], settings=settings, timeout=120.0
    )


def plan(
    prompts: Sequence[Prompt],
    *,
    suite: str = "support",
    baseline: str = "gpt-4o",
    candidates: Sequence[str] = ("gpt-5-mini",),
    judges: Sequence[str] = ("sonnet",),
    rules: Sequence[Rule] = (),
    repeats: int = 1,
    **changes: object,
) -> Plan:
    return Plan(
        suite=suite,
        description="Answers to customers",
        path=f"suites/{suite}.arena.toml",
        prompts=tuple(prompts),
        baseline=contestant(baseline, model=f"{baseline}-2024-08-06", temperature=0),
        candidates=tuple(contestant(name, model=f"{name}-2025-08-07") for name in candidates),
        judges=tuple(
            JudgeSeat(name=name, kind="llm", fingerprint="j" * 32, settings={"model": name})
            for name in judges
        ),
        metrics=(),
        rules=tuple(rules),
        repeats=repeats,
        early_stop=False,
        hash="0123456789abcdef0123456789abcdef",
        **changes,
    )


def prompt(name: str, text: str = "", **labels: object) -> Prompt:
    asked = text or f"What is {name}?"
    return Prompt(id=name, messages=(Message(role="user", content=asked),), **labels)


def rule(name: str, candidate: str = "gpt-5-mini", **changes: object) -> Rule:
    values = {
        "id": name,
        "candidate": candidate,
        "metric": BUILT_IN["win_rate"],
        "stat": "rate",
        "side": "min",
        "limit": 0.45,
        "against": "gpt-4o",
    }
    return Rule(**(values | changes))


def decision(gate: str = "win_rate", **changes: object) -> Decision:
    values = {
        "suite": "support",
        "candidate": "gpt-5-mini",
        "gate": gate,
        "metric": "win_rate",
        "stat": "rate",
        "unit": "fraction",
        "side": "min",
        "threshold": 0.45,
        "decision": "pass",
        "passed": True,
        "value": 0.531,
        "low": 0.478,
        "high": 0.584,
        "level": 0.9,
        "n": 143,
        "planned": 200,
        "reason": "win rate 0.531 [0.478, 0.584], needs >= 0.45 (n=143 prompts): pass",
    }
    return Decision(**(values | changes))


class LedgerBuilder:
    """Fills the places of a plan one by one; chat ids count up, so that runs repeat exactly."""

    def __init__(self, plan: Plan, **run: object) -> None:
        values = {
            "id": "run-1",
            "session": "session-1",
            "plan_hash": plan.hash,
            "started": STARTED,
            "finished": STARTED + 75.0,
            "versions": {"arenatest": "0.1.0", "python": "3.11.2", "pytest": "9.2.0"},
        }
        self.ledger = Ledger(run=Run(**(values | run)), plan=plan)
        self._chats = 0

    def answer(
        self,
        who: str,
        prompt: str,
        text: str = "An answer.",
        *,
        ttft: float | None = 0.2,
        repeat: int = 0,
        **changes: object,
    ) -> LedgerBuilder:
        timing = None if ttft is None else Timing(ttft=ttft, ttfat=ttft, e2e=ttft * 3, reads=7)
        answer = Answer(
            text=text,
            finish="stop",
            usage=Usage(input_tokens=20, output_tokens=len(text) // 4 + 1),
            timing=timing,
            model=f"{who}-served",
        )
        self._place(AnswerSlot(who, prompt, repeat), answer, **({"cost": 0.0002} | changes))
        return self

    def failure(self, who: str, prompt: str, *, repeat: int = 0) -> LedgerBuilder:
        failure = Failure(kind="server", message="upstream is away", status=503, retryable=True)
        slot = AnswerSlot(who, prompt, repeat)
        self._place(slot, Answer(failure=failure), attempts=4)
        return self

    def _place(self, slot: AnswerSlot, answer: Answer, **changes: object) -> None:
        answered = Answered(answer=answer, chat_id=self._chat(), **changes)
        self.ledger.answers[slot] = answered
        self.ledger.timings[slot] = answered

    def judge(
        self,
        prompt: str,
        results: tuple[str, str],
        *,
        candidate: str = "gpt-5-mini",
        judge: str = "sonnet",
        repeat: int = 0,
        explanation: str = "Because it is so.",
    ) -> LedgerBuilder:
        """Add both games of a battle; a result is win, tie, loss or the cause of a void.

        The first result is that of the game with the baseline first.
        """
        orders = (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST)
        for order, result in zip(orders, results, strict=True):
            slot = GameSlot(candidate, prompt, repeat, judge, 0, order)
            self.ledger.judgments[slot] = judgment(order, result, explanation, self._chat())
        return self

    def _chat(self) -> str:
        self._chats += 1
        owner = f"{self._chats:08d}"
        self.ledger.calls["all"] = self._chats
        return f"chat-{owner}"


def judgment(order: Order, result: str, explanation: str = "", chat: str | None = None) -> Judgment:
    """Return what a judge says who finds ``result`` (win, tie, loss) or a void for its cause."""
    if result not in RESULTS:
        void: VoidCause = result  # type: ignore[assignment]
        return Judgment(void=void, explanation=explanation, chat_id=chat)
    score = RESULTS[result] if order is Order.CANDIDATE_FIRST else 1 - RESULTS[result]
    verdict = {1.0: Verdict.A_BETTER, 0.5: Verdict.TIE, 0.0: Verdict.B_BETTER}[score]
    return Judgment(verdict=verdict, explanation=explanation, chat_id=chat)
