"""Prompts whose battles end otherwise than in an earlier run: what got worse, what got better."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from arenatest.gates.battles import read_battle
from arenatest.model.identity import content_id
from arenatest.model.plan import Contestant, Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import AnswerSlot, Ledger
from arenatest.stats.proportions import sign_test

Outcome = Literal["win", "tie", "loss"]

_EVEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fought:
    """How the battle on one prompt ended.

    Attributes:
        asked: Identity of what was asked: a prompt that was reworded is another one.
        score: Mean over the repeats that gave a verdict, 0 to 1 for the candidate.
        chat_id: The candidate's call, of the first repeat.
    """

    asked: str
    score: float
    chat_id: str

    @property
    def outcome(self) -> Outcome:
        """Seen from the candidate."""
        return "win" if self.score > _EVEN else "loss" if self.score < _EVEN else "tie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier run says of one candidate: little enough to hold it beside a ledger.

    Attributes:
        accepted: Whether it is the run that the lock file names; else the latest one before.
        contestants: The baseline and the candidate, as they were then.
        judges: Fingerprints.
        fought: By prompt id; battles without a verdict are left out.
    """

    run: str
    started: float
    accepted: bool
    contestants: tuple[Contestant, Contestant]
    judges: tuple[str, ...]
    fought: Mapping[str, Fought]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One prompt whose battle ended otherwise.

    Attributes:
        rerun: The shell command that asks it again.
    """

    prompt: Prompt
    before: Fought
    after: Fought
    rerun: str

    @property
    def change(self) -> float:
        """How much the score rose, -1 to 1."""
        return self.after.score - self.before.score


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """One candidate's battles beside those of an earlier run.

    Attributes:
        changed: What is not as it was: ``baseline``, ``candidate``, ``judges``.
        compared: Prompts with a verdict in both runs.
        flips: The worst first.
    """

    candidate: str
    earlier: Earlier
    changed: tuple[str, ...]
    compared: int
    flips: tuple[Flip, ...]

    @property
    def worse(self) -> int:
        """How many ended worse for the candidate."""
        return sum(flip.change < 0 for flip in self.flips)

    @property
    def better(self) -> int:
        """How many ended better."""
        return len(self.flips) - self.worse

    @property
    def chance(self) -> float:
        """The exact sign test's p-value: small where more turned one way than chance explains."""
        return sign_test(self.worse, self.better)


def earlier_of(ledger: Ledger, candidate: str, *, accepted: bool) -> Earlier:
    """Return what is to be remembered of an earlier run."""
    plan = ledger.plan
    return Earlier(
        run=ledger.run.id,
        started=ledger.run.started,
        accepted=accepted,
        contestants=(plan.baseline, _named(plan, candidate)),
        judges=tuple(seat.fingerprint for seat in plan.judges),
        fought=fought(ledger, candidate),
    )


def flips(ledger: Ledger, candidate: str, earlier: Earlier) -> Flips:
    """Return what turned since an earlier run, of what stands in ``ledger``."""
    plan = ledger.plan
    now = fought(ledger, candidate)
    found = []
    compared = 0
    for prompt in plan.prompts:
        before, after = earlier.fought.get(prompt.id), now.get(prompt.id)
        if before is None or after is None or before.asked != after.asked:
            continue
        compared += 1
        if before.outcome != after.outcome:
            rerun = rerun_command(plan, candidate, prompt.id)
            found.append(Flip(prompt=prompt, before=before, after=after, rerun=rerun))
    found.sort(key=lambda flip: flip.change)
    return Flips(
        candidate=candidate,
        earlier=earlier,
        changed=_changed(plan, candidate, earlier),
        compared=compared,
        flips=tuple(found),
    )


def fought(ledger: Ledger, candidate: str) -> dict[str, Fought]:
    """Return how the battles of one candidate ended, by prompt; those without a verdict are not."""
    plan = ledger.plan
    ended: dict[str, Fought] = {}
    if not plan.judges:
        return ended
    for prompt in plan.prompts:
        battles = [
            read_battle(ledger, candidate, prompt.id, repeat, plan=plan)
            for repeat in range(plan.repeats)
        ]
        scores = [b.score for b in battles if b is not None and b.score is not None]
        answered = ledger.answers.get(AnswerSlot(candidate, prompt.id, 0))
        if scores and answered is not None:
            ended[prompt.id] = Fought(
                asked=_asked(prompt), score=sum(scores) / len(scores), chat_id=answered.chat_id
            )
    return ended


def rerun_command(plan: Plan, candidate: str, prompt: str) -> str:
    """Return the command that asks one prompt again, as it is typed into a shell."""
    words = ["arenatest", "rerun", plan.path, prompt]
    if len(plan.candidates) > 1:
        words += ["--candidate", candidate]
    return shlex.join(words)


def _changed(plan: Plan, candidate: str, earlier: Earlier) -> tuple[str, ...]:
    before, now = earlier.contestants, (plan.baseline, _named(plan, candidate))
    changed = [
        what
        for what, old, new in zip(("baseline", "candidate"), before, now, strict=True)
        if old.fingerprint != new.fingerprint
    ]
    if earlier.judges != tuple(seat.fingerprint for seat in plan.judges):
        changed.append("judges")
    return tuple(changed)


def _named(plan: Plan, candidate: str) -> Contestant:
    return next(one for one in plan.candidates if one.name == candidate)


def _asked(prompt: Prompt) -> str:
    said = [[message.role, message.content] for message in prompt.messages]
    return content_id("asked", said, prompt.reference)
