"""Whether a contestant says the same to different prompts, as no honest model does.

An answer that depended on nothing but the judge once led a public leaderboard. So a gate that such
a candidate would pass stays inconclusive. Where the other contestant says the same too, or the
references do, sameness is what the prompts ask for ("answer yes or no"), and nothing is withheld.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger

ENOUGH_PROMPTS = 10
"""Different prompts from which on sameness means something."""
SAME = 0.9
"""Share of different prompts with one and the same answer that no honest model reaches."""
DIFFERENT = 0.5
"""Largest such share of whoever is compared with, where prompts ask for different answers."""

_MARKS = re.compile(r"[\W_]+")
_ASCII_MARKS = {code: None for code in range(128) if not chr(code).isalnum()}
_LEAST_WORDS = 10  # of an answer that may be nearly the same: in a shorter one each word tells


class Sameness:
    """Follows one candidate and whom it is compared with, from prompt to prompt.

    Args:
        rule: A gate on the win rate.
        prompts: Those of the gate's slice.
    """

    __slots__ = ("_asked", "_enough", "_said", "_sides")

    def __init__(self, rule: Rule, prompts: Iterable[Prompt]) -> None:
        self._sides = (rule.candidate, rule.against)
        self._enough = len({question_of(prompt) for prompt in prompts}) >= ENOUGH_PROMPTS
        self._asked: set[tuple[str, ...]] = set()
        self._said: dict[str, Counter[str]] = {name: Counter() for name in (*self._sides, "")}

    def look(self, ledger: Ledger, prompts: Iterable[Prompt]) -> None:
        """Take settled prompts, each once."""
        for prompt in prompts if self._enough else ():
            question = question_of(prompt)
            if question in self._asked:
                continue
            self._asked.add(question)
            for name in self._sides:
                answered = ledger.answers.get(AnswerSlot(name, prompt.id))
                if answered is not None and answered.answer.ok:
                    self._said[name][bare(answered.answer.text)] += 1
            if prompt.reference is not None:
                self._said[""][bare(prompt.reference)] += 1

    @property
    def problem(self) -> str:
        """What the candidate does, for people; empty where it answers what it is asked."""
        ours, theirs = (self._said[name] for name in self._sides)
        if not ours or largest_share(ours) < SAME:
            return ""
        if largest_share(theirs) > DIFFERENT or largest_share(self._said[""]) >= SAME:
            return ""
        most, asked = max(ours.values()), ours.total()
        return (
            f"{self._sides[0]} gave one and the same answer to {most} of {asked} different prompts"
        )


def question_of(prompt: Prompt) -> tuple[str, ...]:
    """Return what makes prompts different: what is asked, not how they are labelled."""
    return tuple(message.content for message in prompt.messages)


def bare(text: str) -> str:
    """Return what makes texts the same: letters and digits, in any case; else all that is there."""
    folded = text.casefold()
    # Of ASCII, which most texts are, a table takes the marks out in a quarter of the time.
    kept = folded.translate(_ASCII_MARKS) if folded.isascii() else _MARKS.sub("", folded)
    return kept or text.strip()


def largest_share(texts: Mapping[str, int]) -> float:
    """Return the share of the most frequent text; 0 where there is none."""
    return max(texts.values()) / sum(texts.values()) if texts else 0.0


def nearly_the_same(texts: Sequence[str]) -> int:
    """Return how many texts consist of words that nine of ten of them share, but for a tenth.

    A constant text with a number or a name put in counts; short answers never do.
    """
    spread = Counter(chain.from_iterable(map(_words, texts)))
    core = {word for word, times in spread.items() if times >= SAME * len(texts)}
    if len(core) < SAME * _LEAST_WORDS:  # nearly always
        return 0
    return sum(
        len(words) >= _LEAST_WORDS and len(words & core) >= SAME * len(words)
        for words in map(_words, texts)
    )


def _words(text: str) -> set[str]:
    return set(text.casefold().split())
