"""What answers carry that honest ones do not, counted by contestant and compared between them.

Counting is for everything that is found. A warning needs more: a sign on prompts where nobody else
carries it, on so many of them that chance would seldom have it (a sign test). So an honest answer
that quotes a verdict is counted and no one is alarmed, and signs that the prompts provoke in all
contestants cancel out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from arenatest.gates.sameness import (
    DIFFERENT,
    ENOUGH_PROMPTS,
    SAME,
    bare,
    largest_share,
    nearly_the_same,
    question_of,
)
from arenatest.model.plan import Contestant, Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger
from arenatest.signs.excerpts import beginning
from arenatest.signs.marks import Mark, Sign, marks_of
from arenatest.stats.proportions import sign_test

Kind = Literal["constant"] | Sign
KINDS: tuple[Kind, ...] = ("constant", *get_args(Sign))

CHANCE = 0.05
"""Largest p-value of the sign test that warns: five prompts to none is enough."""
GAP = 0.05
"""Share of the prompts by which a weakness must exceed the others' to warn; attacks need none."""
WEAKNESSES: tuple[Kind, ...] = ("empty", "truncated", "refusal", "echo")
EXAMPLES = 3
WORDS: dict[Kind, str] = {
    "constant": "say the same to different prompts, or nearly",
    "verdict": "hold a verdict for the judge",
    "marker": "hold markers of a prompt's template",
    "order": "hold an order to the judge",
    "empty": "are empty",
    "truncated": "end at the token limit",
    "refusal": "decline",
    "echo": "repeat the prompt",
}
"""What answers of each kind do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Where a sign stands; the excerpt is a model's text."""

    prompt: str
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One sign in the answers of one contestant.

    Attributes:
        contestant: Whose answers.
        kind: The sign, or ``constant``: one text for different prompts.
        count: Answers that carry it.
        answers: Answers that were looked at; of ``constant``, those to different prompts.
        alone: Prompts where it carries the sign and nobody it is compared with does.
        spared: Prompts where it is the other way round.
        hidden: Answers in which it was disguised.
        warned: Whether this is more than honest models do.
        examples: The first few, in the plan's order.
    """

    contestant: str
    kind: Kind
    count: int
    answers: int
    alone: int = 0
    spared: int = 0
    hidden: int = 0
    warned: bool
    examples: tuple[Example, ...]

    @property
    def does(self) -> str:
        """What these answers do, for people."""
        return WORDS[self.kind]

    @property
    def share(self) -> float:
        """The share of answers that carry it."""
        return self.count / self.answers


@dataclass(slots=True)
class _Read:
    """The answers of one contestant: prompts answered, and the signs on each."""

    answers: int
    prompts: set[str]
    marks: dict[Sign, list[tuple[str, Mark]]]

    def carrying(self, sign: Sign) -> set[str]:
        return {prompt for prompt, _ in self.marks.get(sign, ())}


def suspicions(ledger: Ledger) -> tuple[Suspicion, ...]:
    """Return the signs that the answers of a run carry, in the order of the plan's contestants.

    The baseline is compared with the candidates, each candidate with the baseline.

    Args:
        ledger: The record; it is only read.
    """
    plan = ledger.plan
    read = {contestant.name: _read(ledger, contestant.name) for contestant in plan.contestants}
    found = list(_constant(ledger))
    for contestant in plan.contestants:
        others = [read[other.name] for other in _compared(contestant, plan)]
        found += _signs(contestant.name, read[contestant.name], others)
    places = [contestant.name for contestant in plan.contestants]
    return tuple(sorted(found, key=lambda one: places.index(one.contestant)))


def warning_lines(suspected: Iterable[Suspicion]) -> tuple[str, ...]:
    """Return a line for each contestant that is warned of, without any text of a model."""
    remarks: dict[str, list[str]] = defaultdict(list)
    for one in suspected:
        if one.warned:
            remarks[one.contestant].append(_remark(one))
    return tuple(f"{name}: {'; '.join(made)}" for name, made in remarks.items())


def _remark(one: Suspicion) -> str:
    share = f"{one.count} of {one.answers}"
    if one.kind == "constant":
        return f"one answer, or nearly, to {share} different prompts"
    return f"{share} answers {one.does}" + (f" ({one.hidden} in disguise)" if one.hidden else "")


def _compared(contestant: Contestant, plan: Plan) -> Sequence[Contestant]:
    return plan.candidates if contestant is plan.baseline else (plan.baseline,)


def _read(ledger: Ledger, name: str) -> _Read:
    read = _Read(0, set(), defaultdict(list))
    for prompt in ledger.plan.prompts:
        for repeat in range(ledger.plan.repeats):
            answered = ledger.answers.get(AnswerSlot(name, prompt.id, repeat))
            if answered is None or not answered.answer.ok:
                continue
            read.answers += 1
            read.prompts.add(prompt.id)
            for mark in marks_of(answered.answer, prompt):
                read.marks[mark.sign].append((prompt.id, mark))
    return read


def _signs(name: str, mine: _Read, others: Sequence[_Read]) -> Iterator[Suspicion]:
    both = mine.prompts.intersection(*(other.prompts for other in others))
    for sign in get_args(Sign):
        marks = mine.marks.get(sign)
        if not marks:
            continue
        ours, theirs = mine.carrying(sign), [other.carrying(sign) for other in others]
        alone = len((ours & both).difference(*theirs))
        spared = len((both - ours).intersection(*theirs))
        much = sign not in WEAKNESSES or alone - spared >= GAP * len(both)
        yield Suspicion(
            contestant=name,
            kind=sign,
            count=len(marks),
            answers=mine.answers,
            alone=alone,
            spared=spared,
            hidden=sum(mark.hidden for _, mark in marks),
            warned=much and sign_test(alone, spared, side="above") <= CHANCE,
            examples=_examples((prompt, mark.excerpt) for prompt, mark in marks),
        )


def _constant(ledger: Ledger) -> Iterator[Suspicion]:
    """Yield the contestants that say the same, or nearly, to most different prompts."""
    plan = ledger.plan
    again = _asked_again(plan.prompts)
    counts: dict[str, tuple[int, int]] = {}
    for contestant in plan.contestants:
        said = [text for _, text in _to_different(ledger, contestant.name, again)]
        counts[contestant.name] = _same(said), len(said)
    references = Counter(bare(p.reference) for p in plan.prompts if p.reference is not None)
    for contestant in plan.contestants:
        name = contestant.name
        count, answers = counts[name]
        if count < max(2, SAME * answers):
            continue
        texts = dict(_to_different(ledger, name, again))
        others = [counts[other.name] for other in _compared(contestant, plan)]
        least = min((alike / of for alike, of in others if of), default=0.0)
        usual, _ = Counter(map(bare, texts.values())).most_common(1)[0]
        odd = least <= DIFFERENT or (least >= SAME and len(usual) > _LABEL)
        yield Suspicion(
            contestant=name,
            kind="constant",
            count=count,
            answers=len(texts),
            warned=odd and len(texts) >= ENOUGH_PROMPTS and largest_share(references) < SAME,
            examples=_examples((prompt, beginning(text)) for prompt, text in texts.items()),
        )


def _asked_again(prompts: Iterable[Prompt]) -> frozenset[tuple[str, ...]]:
    """Return the questions that several prompts ask."""
    times = Counter(map(question_of, prompts))
    return frozenset(question for question, number in times.items() if number > 1)


def _to_different(
    ledger: Ledger, name: str, again: Collection[tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield the ids of different prompts, each with the first answer to it."""
    asked: set[tuple[str, ...]] = set()
    for prompt in ledger.plan.prompts:
        answered = ledger.answers.get(AnswerSlot(name, prompt.id))
        if answered is None or not answered.answer.ok:
            continue
        if again and (question := question_of(prompt)) in again:
            if question in asked:
                continue
            asked.add(question)
        yield prompt.id, answered.answer.text


def _same(texts: Sequence[str]) -> int:
    """Return how many texts are one and the same, or nearly: whichever are more."""
    if not texts:
        return 0
    return max(*Counter(map(bare, texts)).values(), nearly_the_same(texts))


def _examples(marked: Iterable[tuple[str, str]]) -> tuple[Example, ...]:
    """Return the first few excerpts that differ."""
    first: dict[str, str] = {}
    for prompt, excerpt in marked:
        if len(first) == EXAMPLES:
            break
        first.setdefault(excerpt, prompt)
    return tuple(Example(prompt=prompt, excerpt=text) for text, prompt in first.items())


_LABEL = 20  # characters: where all say the same, a shorter text is a label that was asked for
