"""What two runs have in common: prompts, contestants, verdicts and clocks, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

from arenatest.history.noise import by_cluster
from arenatest.lock.flips import Fought, fought
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger
from arenatest.report.latency import seconds_of, timed_calls

Timed = dict[str, dict[AnswerSlot, Answered]]
Times = dict[AnswerSlot, float]


@dataclass(slots=True)
class Pairing:
    """What two records have in common, the later one's order kept."""

    before: Ledger
    after: Ledger
    prompts: list[Prompt] = field(init=False)
    _timed: tuple[Timed, Timed] = field(init=False)

    def __post_init__(self) -> None:
        self._timed = timed_calls(self.before), timed_calls(self.after)
        then = {prompt.id: prompt for prompt in self.before.plan.prompts}
        self.prompts = [
            prompt for prompt in self.after.plan.prompts if _same(then.get(prompt.id), prompt)
        ]

    @property
    def ledgers(self) -> tuple[Ledger, Ledger]:
        """The earlier and the later record."""
        return self.before, self.after

    @property
    def candidates(self) -> list[str]:
        """Names of the candidates of both."""
        then = {candidate.name for candidate in self.before.plan.candidates}
        return [one.name for one in self.after.plan.candidates if one.name in then]

    @property
    def contestants(self) -> list[str]:
        """Names of all that took part in both."""
        then = {contestant.name for contestant in self.before.plan.contestants}
        return [one.name for one in self.after.plan.contestants if one.name in then]

    def scores(self, candidate: str) -> list[tuple[Prompt, Fought, Fought]]:
        """Return the prompts with a verdict in both runs."""
        then, now = (fought(ledger, candidate) for ledger in self.ledgers)
        return [
            (prompt, then[prompt.id], now[prompt.id])
            for prompt in self.prompts
            if prompt.id in then and prompt.id in now
        ]

    def is_same(self, candidate: str, prompt: str) -> bool:
        """Return whether both runs hold the same calls for both sides of a battle."""
        chats = [
            [
                None if answered is None else answered.chat_id
                for name in (ledger.plan.baseline.name, candidate)
                for answered in [ledger.answers.get(AnswerSlot(name, prompt))]
            ]
            for ledger in self.ledgers
        ]
        return chats[0] == chats[1]

    def clocks(self, contestant: str, clock: str) -> tuple[Times, Times]:
        """Return a contestant's times that may be used, by place, of the earlier and later run."""
        then, now = (
            seconds_of(ledger, timed.get(contestant, {}), clock)
            for ledger, timed in zip(self.ledgers, self._timed, strict=True)
        )
        return then, now

    def log_ratios(self, contestant: str, clock: str) -> list[float]:
        """Return log(after / before) of each cluster; calls that both runs hold are left out."""
        then, now = (
            _by_prompt(timed.get(contestant, {}), times)
            for timed, times in zip(self._timed, self.clocks(contestant, clock), strict=True)
        )
        return by_cluster(
            (prompt.cluster, now[prompt.id][1] - then[prompt.id][1])
            for prompt in self.prompts
            if prompt.id in then
            and prompt.id in now
            and then[prompt.id][0].isdisjoint(now[prompt.id][0])
        )


def _same(then: Prompt | None, now: Prompt) -> bool:
    return then is not None and (then.messages, then.reference) == (now.messages, now.reference)


def _by_prompt(
    calls: Mapping[AnswerSlot, Answered], times: Times
) -> dict[str, tuple[frozenset[str], float]]:
    """Return the chat ids and the mean logarithm of a contestant's times, by prompt."""
    found: dict[str, list[tuple[str, float]]] = {}
    for slot, seconds in times.items():
        if seconds > 0.0:
            found.setdefault(slot.prompt, []).append((calls[slot].chat_id, math.log(seconds)))
    return {
        prompt: (frozenset(chat for chat, _ in pairs), fmean(value for _, value in pairs))
        for prompt, pairs in found.items()
    }
