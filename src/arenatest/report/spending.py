"""What a run used up and what went wrong: calls, tokens, money, failures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from arenatest.gates.costs import cost_of
from arenatest.model.answer import Usage
from arenatest.model.plan import Contestant, Plan
from arenatest.model.price import Price
from arenatest.model.record import Answered, AnswerSlot, Bill, Ledger
from arenatest.model.said import all_said
from arenatest.report.ages import Age, ages


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One contestant or judge.

    Attributes:
        calls: Model calls made in this run, retries included; None for a part, whose calls are
            counted with those of the contestant.
        answers: Answers on record, failures included; None for a judge.
        reused: Answers that an earlier run bought.
        age: How old those are; None for a judge, for a part, and where nothing was reused.
        cached: The same by the level of the cache that gave them, the most frequent first.
        retried: Answers that took more than one call.
        finishes: How many answers ended how, in the server's word, the most frequent first; calls
            that failed before an end came are left out.
        input_tokens, output_tokens: Sums over the answers whose server counted; None if none did.
            A judge's are those of its calls in this run.
        cost: US dollars at the plan's prices, over the answers with a known cost; None if there is
            none. A judge's is what its calls in this run have cost.
        models: Names of the model as its servers gave them.
        parts: The same of each part, where it is made of parts.
    """

    name: str
    role: str
    calls: int | None
    answers: int | None = None
    failed: int = 0
    reused: int = 0
    age: Age | None = None
    cached: tuple[tuple[str, int], ...] = ()
    retried: int = 0
    finishes: tuple[tuple[str, int], ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    models: tuple[str, ...] = ()
    parts: tuple[Spending, ...] = ()

    @property
    def levels(self) -> str:
        """The levels of the cache with their counts, for people; empty where nothing was cached."""
        return ", ".join(f"{level} {count:,}" for level, count in self.cached)

    @property
    def unusual(self) -> str:
        """The ends other than ``stop`` with their counts, for people; empty where all stopped."""
        return ", ".join(f"{word} {count:,}" for word, count in self.finishes if word != "stop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Failures of one kind at one contestant; ``example`` is the first message."""

    contestant: str
    kind: str
    status: int | None
    count: int
    example: str


def spendings(ledger: Ledger) -> tuple[Spending, ...]:
    """Return what each contestant, then each judge used, in the plan's order."""
    mine: dict[str, list[Answered]] = defaultdict(list)
    for model, answered in _answers(ledger):
        cost = cost_of(answered, model.price)
        same = cost == answered.cost
        mine[model.label].append(answered if same else replace(answered, cost=cost))
    plan, old = ledger.plan, ages(ledger)
    roles = ["baseline", *("candidate" for _ in plan.candidates)]
    contestants = [
        replace(
            _spending(
                contestant.name,
                role,
                ledger.calls.get(contestant.name, 0),
                [answered for model in contestant.models for answered in mine[model.label]],
            ),
            age=old.get(contestant.name),
            parts=tuple(
                _spending(part.label, "part", None, mine[part.label]) for part in contestant.parts
            ),
        )
        for contestant, role in zip(plan.contestants, roles, strict=True)
    ]
    judges = [
        _judging(seat.name, ledger.calls.get(seat.name, 0), ledger.bills.get(seat.name))
        for seat in plan.judges
    ]
    return (*contestants, *judges)


def known_ages(spent: Iterable[Spending]) -> dict[str, Age]:
    """Return the ages of reused answers, by contestant, as they were found before."""
    return {one.name: one.age for one in spent if one.age is not None}


def priced(plan: Plan) -> tuple[tuple[str, Price], ...]:
    """Return the known prices: of each contestant's models, then of each judge's, once."""
    models = [(model.label, model.price) for c in plan.contestants for model in c.models]
    seats = [(seat.name, seat.price) for seat in plan.judges]
    known = [(name, price) for name, price in (*models, *seats) if price is not None]
    return tuple(dict.fromkeys(known))


def faults(ledger: Ledger) -> tuple[Fault, ...]:
    """Return the failures by contestant, kind and status, the most frequent first."""
    counts: Counter[tuple[str, str, int | None]] = Counter()
    examples: dict[tuple[str, str, int | None], str] = {}
    for model, answered in _answers(ledger):
        failure = answered.answer.failure
        if failure is not None:
            key = (model.label, failure.kind, failure.status)
            counts[key] += 1
            examples.setdefault(key, failure.message)
    return tuple(
        Fault(contestant=name, kind=kind, status=status, count=number, example=examples[key])
        for key, number in sorted(
            counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1], item[0][2] or 0)
        )
        for name, kind, status in (key,)
    )


def voids(ledger: Ledger) -> tuple[Fault, ...]:
    """Return the games that failed by judge and cause, the most frequent first.

    An abstention is no failure: a jury may be made of judges that each know a part.
    """
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for slot, said in all_said(ledger):
        if said.void is not None and said.void != "abstained":
            key = (slot.judge, said.void)
            counts[key] += 1
            examples.setdefault(key, said.explanation)
    return tuple(
        Fault(contestant=name, kind=kind, status=None, count=number, example=examples[name, kind])
        for (name, kind), number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def unmeasured(ledger: Ledger) -> tuple[Fault, ...]:
    """Return the values that are missing by metric, the most frequent first."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for slot, measured in ledger.measurements.items():
        if measured.error:
            counts[slot.metric] += 1
            examples.setdefault(slot.metric, measured.error)
    return tuple(
        Fault(contestant=name, kind="metric", status=None, count=number, example=examples[name])
        for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _answers(ledger: Ledger) -> list[tuple[Contestant, Answered]]:
    """Answers and timed calls, each call once, in the plan's order, with who gave them."""
    plan = ledger.plan
    found: list[tuple[Contestant, Answered]] = []
    for contestant in plan.contestants:
        seen: set[str] = set()
        for prompt in plan.prompts:
            for repeat in range(plan.repeats):
                slot = AnswerSlot(contestant.name, prompt.id, repeat)
                for answered in (ledger.answers.get(slot), ledger.timings.get(slot)):
                    if answered is not None and answered.chat_id not in seen:
                        seen.add(answered.chat_id)
                        found.append((contestant.model_for(prompt), answered))
    return found


def _judging(name: str, calls: int, bill: Bill | None) -> Spending:
    """Return what a judge used: its calls of this run, whatever became of them."""
    if bill is None:
        return Spending(name=name, role="judge", calls=calls)
    return Spending(
        name=name,
        role="judge",
        calls=bill.calls,
        input_tokens=bill.input_tokens,
        output_tokens=bill.output_tokens,
        cost=bill.cost,
    )


def _spending(name: str, role: str, calls: int | None, answers: list[Answered]) -> Spending:
    usages = [a.answer.usage for a in answers if a.answer.usage is not None]
    costs = [a.cost for a in answers if a.cost is not None]
    return Spending(
        name=name,
        role=role,
        calls=calls,
        answers=len(answers),
        failed=sum(not a.answer.ok for a in answers),
        reused=sum(a.reused for a in answers),
        cached=_counted(a.level or "store" for a in answers if a.reused),
        retried=sum(a.attempts > 1 for a in answers),
        finishes=_counted(a.answer.finish for a in answers if a.answer.finish is not None),
        input_tokens=_total(usages, "input_tokens"),
        output_tokens=_total(usages, "output_tokens"),
        cost=sum(costs) if costs else None,
        models=tuple(sorted({a.answer.model for a in answers if a.answer.model is not None})),
    )


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])))


def _total(usages: list[Usage], field: str) -> int | None:
    counts = [number for usage in usages if (number := getattr(usage, field)) is not None]
    return sum(counts) if counts else None
