"""Makes plans and records for the tests of the store; what a test is about, it says itself."""

from __future__ import annotations

from dataclasses import replace

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.decision import Decision
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.metric import BUILT_IN
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.price import Price
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    DecisionMade,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Measured,
    MeasurementPlaced,
    MetricSlot,
    Record,
    Run,
)
from arenatest.store.codec import plan_from_bytes, plan_to_bytes


def as_stored(plan: Plan) -> Plan:
    """Return a plan as a store gives it back."""
    packed = plan_to_bytes(plan)
    return plan_from_bytes(packed.body, lambda _digests: packed.prompts)


def plan(*, hash: str = "plan-1", prompts: int = 2) -> Plan:  # noqa: A002
    return Plan(
        suite="support",
        description="Answers to customers",
        path="suites/support.arena.toml",
        prompts=tuple(
            Prompt(id=f"p{i}", messages=(Message(role="user", content=f"What is {i}?"),))
            for i in range(prompts)
        ),
        baseline=contestant("old"),
        candidates=(contestant("new"), contestant("cheap")),
        judges=(JudgeSeat(name="jury", kind="llm", fingerprint="f-jury", settings={}),),
        metrics=(),
        rules=(
            Rule(
                id="win_rate",
                candidate="new",
                metric=BUILT_IN["win_rate"],
                stat="rate",
                side="min",
                limit=0.45,
                against="old",
                where=(("tag", ("kids", "adults")),),
                line=31,
            ),
        ),
        hash=hash,
    )


def contestant(name: str) -> Contestant:
    return Contestant(
        name=name,
        kind="openai",
        fingerprint=f"f-{name}",
        settings={"model": name, "params": {"temperature": 0}},
        price=Price(input=1.0, output=2.0),
        timeout=120.0,
    )


def run(id: str = "run-1", *, session: str = "s-1", started: float = 1000.0) -> Run:  # noqa: A002
    return Run(
        id=id,
        session=session,
        plan_hash="plan-1",
        started=started,
        versions={"arenatest": "0.1.0", "python": "3.11.9"},
    )


def answer(text: str = "Paris.", **changes: object) -> Answer:
    whole = Answer(
        text=text,
        finish="stop",
        usage=Usage(input_tokens=12, output_tokens=3),
        timing=Timing(
            queue_wait=0.001,
            connect=0.002,
            ttfb=0.1,
            ttft=0.25,
            ttfat=0.25,
            tpot=0.01,
            e2e=0.27,
            wall=0.28,
            icl=0.011,
            gaps=(0.009, 0.011),
            reads=3,
            connection_reused=True,
            lag=0.004,
            stream_lag=0.011,
            server=0.2,
            server_queue=0.05,
            load=0.01,
        ),
        model="gpt-4o-2024-08-06",
        request_id="req-1",
        response_id="chatcmpl-1",
    )
    return replace(whole, **changes)


def failed(kind: str = "server") -> Answer:
    return Answer(
        failure=Failure(
            kind=kind, message="HTTP 500: oops", status=500, retryable=True, retry_after=1.5
        )
    )


def generation(chat_id: str = "c-1", **changes: object) -> Generation:
    whole = Generation(
        chat_id=chat_id,
        run="run-1",
        role="answer",
        owner="new",
        key=f"k-{chat_id}",
        prompt="p0",
        repeat=0,
        attempt=1,
        final=True,
        started=1001.0,
        answer=answer(),
        cost=0.002,
    )
    return replace(whole, **changes)


def placed(chat_id: str = "c-1", **changes: object) -> AnswerPlaced:
    whole = AnswerPlaced(
        run="run-1", slot=AnswerSlot("new", "p0"), purpose="text", chat_id=chat_id, attempts=1
    )
    return replace(whole, **changes)


def judged(order: Order = Order.BASELINE_FIRST, **changes: object) -> JudgmentPlaced:
    whole = JudgmentPlaced(
        run="run-1",
        slot=GameSlot("new", "p0", 0, "jury", 0, order),
        key=f"g-{order}",
        judgment=Judgment(verdict=Verdict.A_BETTER, explanation="Clearer.", chat_id="j-1"),
        made=1002.0,
    )
    return replace(whole, **changes)


def measured(**changes: object) -> MeasurementPlaced:
    whole = MeasurementPlaced(
        run="run-1",
        slot=MetricSlot("polite", "new", "p0"),
        key="m-1",
        measured=Measured(value=0.75),
    )
    return replace(whole, **changes)


def decided(**changes: object) -> DecisionMade:
    whole = Decision(
        suite="support",
        candidate="new",
        gate="win_rate",
        metric="win_rate",
        stat="rate",
        unit="fraction",
        side="min",
        threshold=0.45,
        decision="pass",
        passed=True,
        value=0.531,
        low=0.478,
        high=None,
        level=0.9,
        n=143,
        planned=200,
        reason="win rate 0.531 [0.478, ...], needs >= 0.45",
        warnings=("3 voids",),
        line=31,
    )
    return DecisionMade(run="run-1", decision=replace(whole, **changes))


def one_of_each() -> list[Record]:
    return [
        generation("c-0", owner="old", answer=answer("London.")),
        generation("c-1"),
        placed("c-0", slot=AnswerSlot("old", "p0")),
        placed("c-1"),
        placed("c-1", purpose="timing"),
        generation("j-1", role="judge", owner="jury", answer=answer("[[A>B]]")),
        judged(),
        measured(),
        decided(),
    ]
