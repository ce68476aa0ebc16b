"""Made-up plans and records for gates, written as one word a battle or one number a call."""

from __future__ import annotations

from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.metric import BUILT_IN, MetricSpec
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

POLITE = MetricSpec(name="polite", unit="fraction", direction="higher", range=(0.0, 1.0))
STARS = MetricSpec(name="stars", unit="stars", direction="higher", range=(1.0, 5.0))
WORDS = MetricSpec(name="words", unit="words", direction="lower")

WIN, TIE, LOSS, VOID, ABSTAINED = "win", "tie", "loss", "void", "abstained"
BATTLES = {
    "win": (WIN, WIN),
    "tie": (TIE, TIE),
    "loss": (LOSS, LOSS),
    "flip": (WIN, LOSS),
    "half": (WIN, TIE),
    "void": (WIN, VOID),
    "unread": (VOID, VOID),
    "abstained": (ABSTAINED, ABSTAINED),
    "half abstained": (WIN, ABSTAINED),
}
_FOR_CANDIDATE = {
    (WIN, Order.CANDIDATE_FIRST): Verdict.A_BETTER,
    (WIN, Order.BASELINE_FIRST): Verdict.B_BETTER,
    (LOSS, Order.CANDIDATE_FIRST): Verdict.B_BETTER,
    (LOSS, Order.BASELINE_FIRST): Verdict.A_BETTER,
}


def contestant(name):
    return Contestant(name=name, kind="python", fingerprint=name, settings={}, timeout=10.0)


def prompts(n, **labels):
    return tuple(prompt(i, **labels) for i in range(n))


def prompt(i, **labels):
    return Prompt(id=f"p{i}", messages=(Message(role="user", content=f"Question {i}?"),), **labels)


def plan(asked, *, judges=("judge",), candidates=("new", "other"), strength=False, **changes):
    asked = prompts(asked) if isinstance(asked, int) else tuple(asked)
    seats = tuple(
        judge
        if isinstance(judge, JudgeSeat)
        else JudgeSeat(name=judge, kind="python", fingerprint=judge, strength=strength, settings={})
        for judge in judges
    )
    values = {
        "suite": "support",
        "description": "",
        "path": "support.arena.toml",
        "prompts": asked,
        "baseline": contestant("old"),
        "candidates": tuple(map(contestant, candidates)),
        "judges": seats,
        "metrics": (POLITE, STARS, WORDS),
        "rules": (),
        "hash": "plan",
    }
    return Plan(**(values | changes))


def rule(metric="win_rate", stat="rate", *, side="min", limit=0.45, **changes):
    spec = metric if isinstance(metric, MetricSpec) else BUILT_IN[metric]
    values = {
        "id": spec.name if stat == "rate" else f"{spec.name}-{stat}",
        "candidate": "new",
        "metric": spec,
        "stat": stat,
        "side": side,
        "limit": limit,
        "against": "old",
    }
    return Rule(**(values | changes))


def answered(text="text", *, attempts=1, reused=False, cost=None, **fields):
    answer = Answer(text=text, **({"finish": "stop"} | fields))
    return Answered(answer=answer, chat_id="c", attempts=attempts, reused=reused, cost=cost)


def failed(kind="timeout"):
    answer = Answer(failure=Failure(kind=kind, message="no answer"))
    return Answered(answer=answer, chat_id="c", attempts=3)


def verdict(word, order):
    if word == VOID:
        return Judgment(void="unparsed")
    if word == ABSTAINED:
        return Judgment(void="abstained")
    return Judgment(verdict=_FOR_CANDIDATE.get((word, order), Verdict.TIE))


class Scene:
    """A record that is filled prompt by prompt."""

    def __init__(self, planned, *, stopped=None):
        self.plan = planned
        run = Run(id="r", session="s", plan_hash=planned.hash, started=0.0, stopped=stopped)
        self.ledger = Ledger(run=run, plan=planned)

    def battle(self, i, word, *, candidate="new", repeat=0, judges=None):
        """Fill one battle: a word of ``BATTLES`` for all judges or a word for each.

        Further words: ``equal``, ``blank`` (both are empty), ``failed``, ``excused`` (the
        baseline failed), ``lost`` (both).
        """
        name = f"p{i}"
        ours, theirs = answered(f"{candidate} {i}"), answered(f"old {i}")
        if word == "equal":
            ours = theirs
        if word == "blank":
            ours = theirs = answered("")
        if word in ("failed", "lost"):
            ours = failed()
        if word in ("excused", "lost"):
            theirs = failed()
        self.ledger.answers[AnswerSlot(candidate, name, repeat)] = ours
        self.ledger.answers[AnswerSlot("old", name, repeat)] = theirs
        if word not in ("equal", "blank", "failed", "excused", "lost"):
            words = judges or [word] * len(self.plan.judges)
            for seat, said in zip(self.plan.judges, words, strict=True):
                self.games(name, said, seat, candidate=candidate, repeat=repeat)
        return self

    def games(self, name, word, seat, *, candidate, repeat):
        for again in range(seat.repeats):
            for order, said in zip(
                (Order.CANDIDATE_FIRST, Order.BASELINE_FIRST), BATTLES[word], strict=True
            ):
                slot = GameSlot(candidate, name, repeat, seat.name, again, order)
                self.ledger.judgments[slot] = verdict(said, order)

    def battles(self, words, **options):
        for i, word in enumerate(words):
            self.battle(i, word, **options)
        return self

    def clock(self, i, seconds, *, who="new", repeat=0, source="measured", **changes):
        """Fill one timed call; ``inf`` is a call that failed, None one without that clock."""
        slot = AnswerSlot(who, f"p{i}", repeat)
        if seconds == float("inf"):
            self.ledger.timings[slot] = failed()
        else:
            timing = Timing(source=source, ttft=seconds, e2e=seconds)
            self.ledger.timings[slot] = answered(timing=timing, **changes)
        return self

    def clocks(self, seconds, **options):
        for i, one in enumerate(seconds):
            self.clock(i, one, **options)
        return self

    def answer(self, i, *, who="new", repeat=0, tokens=None, **changes):
        usage = Usage(input_tokens=tokens, output_tokens=tokens)
        slot = AnswerSlot(who, f"p{i}", repeat)
        self.ledger.answers[slot] = answered(usage=usage, **changes)
        return self

    def failure(self, i, *, who="new", repeat=0):
        self.ledger.answers[AnswerSlot(who, f"p{i}", repeat)] = failed()
        return self

    def measured(self, i, value, *, metric="polite", who="new", repeat=0, error=""):
        slot = MetricSlot(metric, who, f"p{i}", repeat)
        self.ledger.answers[AnswerSlot(who, f"p{i}", repeat)] = answered()
        self.ledger.measurements[slot] = Measured(value=value, error=error)
        return self
