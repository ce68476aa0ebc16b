"""Gets a contestant's answer to a prompt: from the record, an earlier run, or by asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from arenatest.arena.calls import Asked, Caller
from arenatest.arena.cast import Cast, Target
from arenatest.arena.journal import Journal
from arenatest.arena.keys import answer_key, copies, sent
from arenatest.arena.on_record import OnRecord
from arenatest.arena.reuse import Reuse
from arenatest.arena.stops import Unwanted
from arenatest.model.answer import Answer, Failure
from arenatest.model.prompt import Message, Prompt
from arenatest.model.record import (
    Answered,
    AnswerPlaced,
    AnswerSlot,
    Generation,
    Ledger,
    Purpose,
)


class Answers:
    """Fills the places of answers and of timings in the ledger.

    Args:
        ledger: Where answers are placed.
        cast: Who can be asked.
        caller: Makes the calls.
        journal: Puts records on disk.
        reuse: What earlier runs bought, and where this one's answers are left for others.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        cast: Cast,
        caller: Caller,
        journal: Journal,
        reuse: Reuse,
    ) -> None:
        self._ledger = ledger
        self._cast = cast
        self._caller = caller
        self._journal = journal
        self._reuse = reuse
        self._copies = copies(ledger.plan)
        self._finishes = ledger.plan.finishes
        self.missing: set[AnswerSlot] = set()
        """Answers and clocks of contestants that are not to be asked, and are not on record."""

    async def preload(self, names: Iterable[str]) -> None:
        """Look up what earlier runs bought: in one go for each turn of the conversations."""
        if not self._reuse.active:
            return
        contestants, blocks = list(names), self._ledger.plan.blocks
        for depth in range(max(map(len, blocks), default=0)):
            keys = [
                self._key(self._cast.target(name, block[depth]), messages, block[depth], repeat)
                for block in blocks
                if len(block) > depth
                for name in contestants
                for repeat in range(self._ledger.plan.repeats)
                if AnswerSlot(name, block[depth].id, repeat) not in self._ledger.answers
                and (messages := self._messages(name, block[: depth + 1], repeat))
            ]
            await self._reuse.load_answers(keys)

    def known(self, name: str, turns: Sequence[Prompt], repeat: int) -> Answer | None:
        """Return the answer to the last of ``turns`` if it takes no call to have it."""
        found = self._ledger.answers.get(AnswerSlot(name, turns[-1].id, repeat))
        if found is None and self._reuse.active and name in self._cast.targets:
            messages = self._messages(name, turns, repeat)
            if messages:
                target = self._cast.target(name, turns[-1])
                key = self._key(target, messages, turns[-1], repeat)
                found = self._recorded(target, key)
        return None if found is None else found.answer

    def before(self, name: str, turns: Sequence[Prompt], repeat: int) -> tuple[str, ...]:
        """Return what a contestant said to the turns before the last, as far as it is known."""
        known = (self.known(name, turns[:number], repeat) for number in range(1, len(turns)))
        return tuple([answer.text for answer in known if answer is not None])

    async def get(
        self,
        name: str,
        turns: Sequence[Prompt],
        repeat: int,
        *,
        rank: int,
        timed: bool,
        wanted: Callable[[], bool],
    ) -> None:
        """Place the answer to the last of ``turns``; with ``timed`` also a fresh call's clocks.

        Raises:
            Stop: Nothing more may be bought, or it is not ``wanted`` any more.
            Unwanted: It is not on record, and this contestant is not to be asked.
        """
        prompt = turns[-1]
        slot = AnswerSlot(name, prompt.id, repeat)
        ledger = self._ledger
        if slot in ledger.answers and (not timed or slot in ledger.timings):
            return
        target = self._cast.target(name, prompt)
        messages = self._messages(name, turns, repeat)
        if not messages:
            self._check_asked(slot)
            await self._give_up(slot, target)
            return
        asked = self._asked(target, prompt, messages, repeat=repeat, rank=rank, wanted=wanted)
        if slot not in ledger.answers:  # which may be asked again where its clock stays
            await self._text(slot, asked, timed=timed and slot not in ledger.timings)
        if timed and slot not in ledger.timings:
            ledger.timings[slot] = await self._ask(slot, asked, "timing")

    async def time(
        self,
        name: str,
        turns: Sequence[Prompt],
        repeat: int,
        *,
        rank: int,
        nonce: str,
        wanted: Callable[[], bool],
    ) -> None:
        """Place the clocks of a call made for them alone: its text is never judged.

        Args:
            name: Who is asked.
            turns: The conversation up to the prompt that is timed; its earlier turns must have
                their answers.
            repeat: Which repeat of the timing, not of the battle.
            rank: The prompt's position in the plan.
            nonce: What the user's first message is to begin with; empty for nothing.
            wanted: Whether an undecided gate still needs it.

        Raises:
            Stop: Nothing more may be bought, or it is not ``wanted`` any more.
            Unwanted: It is not on record, and this contestant is not to be asked.
        """
        prompt = turns[-1]
        slot, timings = AnswerSlot(name, prompt.id, repeat), self._ledger.timings
        if slot in timings:
            return
        self._check_asked(slot)
        target = self._cast.target(name, prompt)
        messages = begun_with(nonce, self._messages(name, turns, 0))
        if not messages:
            timings[slot] = await self._unasked(slot, target, "timing")
            return
        asked = self._asked(target, prompt, messages, repeat=repeat, rank=rank, wanted=wanted)
        timings[slot] = await self._ask(slot, asked, "timing")

    async def warm_up(self, target: Target, prompt: Prompt, number: int, *, nonce: str) -> None:
        """Make a call whose answer and clocks nobody looks at; it is recorded and paid for.

        Raises:
            Stop: Nothing more may be bought.
        """
        name = target.contestant.name
        messages = begun_with(nonce, self._messages(name, (prompt,), 0))
        asked = self._asked(target, prompt, messages, repeat=number, rank=0, wanted=lambda: True)
        await self._caller.ask(asked._replace(role="warmup"))

    def under_load(self, name: str, prompt: Prompt, number: int, *, nonce: str) -> Asked:
        """Return what one request of a level asks: its text is never judged, nor used again."""
        target = self._cast.target(name, prompt)
        messages = begun_with(nonce, self._messages(name, (prompt,), 0))
        asked = self._asked(target, prompt, messages, repeat=number, rank=0, wanted=lambda: True)
        return asked._replace(role="load")

    def _asked(
        self,
        target: Target,
        prompt: Prompt,
        messages: tuple[Message, ...],
        *,
        repeat: int,
        rank: int,
        wanted: Callable[[], bool],
    ) -> Asked:
        return Asked(
            target=target,
            prompt=prompt,
            messages=messages,
            key=self._key(target, messages, prompt, repeat) if self._reuse.leaves else "",
            role="answer",
            repeat=repeat,
            rank=rank,
            wanted=wanted,
        )

    def _recorded(self, target: Target, key: str) -> Answered | None:
        """Return an earlier answer; one that counts as a failure here is tried again."""
        found = self._reuse.answer(target.contestant.fingerprint, key)
        return None if found is None or not self._finishes.taken(found.answer).ok else found

    async def _text(self, slot: AnswerSlot, asked: Asked, *, timed: bool) -> None:
        if asked.prompt.conversation is not None:  # its earlier turns may be new since the look-up
            await self._reuse.load_answers([asked.key])
        found = self._recorded(asked.target, asked.key)
        if found is not None:
            brought = self._reuse.brought(asked.key)
            self._journal.post(*brought, self._placed(slot, found, "text"))
            self._ledger.answers[slot] = found
            return
        answered = await self._ask(slot, asked, "both" if timed else "text")
        self._ledger.answers[slot] = answered
        if timed:
            self._ledger.timings[slot] = answered

    def _check_asked(self, slot: AnswerSlot) -> None:
        if isinstance(self._cast.targets[slot.contestant][0].provider, OnRecord):
            self.missing.add(slot)
            raise Unwanted

    async def _ask(self, slot: AnswerSlot, asked: Asked, purpose: Purpose) -> Answered:
        self._check_asked(slot)
        if purpose == "timing":
            asked = asked._replace(role="timing")
        answered = await self._caller.ask(
            asked, lambda answered: (self._placed(slot, answered, purpose),)
        )
        contestant = asked.target.contestant.fingerprint
        self._reuse.saw_model(contestant, answered.answer.model)
        if purpose != "timing":
            call = partial(self._call, slot, asked, answered)
            self._reuse.keep(contestant, asked.key, answered, call)
        taken = self._finishes.taken(answered.answer)
        return answered if taken is answered.answer else replace(answered, answer=taken)

    def _call(
        self, slot: AnswerSlot, asked: Asked, answered: Answered, started: float
    ) -> Generation:
        """Return the call behind a new answer, as others may use it."""
        return Generation(
            chat_id=answered.chat_id,
            run=self._ledger.run.id,
            role="answer",
            owner=slot.contestant,
            key=asked.key,
            prompt=slot.prompt,
            repeat=slot.repeat,
            attempt=answered.attempts,
            final=True,
            started=started,
            answer=answered.answer,
            cost=answered.cost,
        )

    async def _give_up(self, slot: AnswerSlot, target: Target) -> None:
        """Place a failure without a call: there is nothing to go on from."""
        purpose: Purpose = "both"
        apart = self._ledger.plan.latency.dedicated  # where clocks have places of their own
        if apart or slot in self._ledger.timings:
            purpose = "text"
        answered = await self._unasked(slot, target, purpose)
        self._ledger.answers[slot] = answered
        if purpose == "both":
            self._ledger.timings[slot] = answered

    async def _unasked(self, slot: AnswerSlot, target: Target, purpose: Purpose) -> Answered:
        return await self._caller.give_up(
            target,
            Failure(kind="conversation", message="an earlier turn failed"),
            prompt=slot.prompt,
            repeat=slot.repeat,
            place=lambda answered: (self._placed(slot, answered, purpose),),
        )

    def _placed(self, slot: AnswerSlot, answered: Answered, purpose: Purpose) -> AnswerPlaced:
        return AnswerPlaced(
            run=self._ledger.run.id,
            slot=slot,
            purpose=purpose,
            chat_id=answered.chat_id,
            attempts=answered.attempts,
            reused=answered.reused,
            level=answered.level,
        )

    def _key(
        self, target: Target, messages: tuple[Message, ...], prompt: Prompt, repeat: int
    ) -> str:
        copy = self._copies[prompt.id]
        return answer_key(target.contestant, messages, repeat=repeat, copy=copy)

    def _messages(self, name: str, turns: Sequence[Prompt], repeat: int) -> tuple[Message, ...]:
        """Return what to send to a contestant.

        Empty where an earlier turn of the conversation has no answer to go on from.
        """
        replies = []
        for number in range(1, len(turns)):
            reply = self.known(name, turns[:number], repeat)
            if reply is None or not reply.ok:
                return ()
            replies.append(reply.text)
        return sent(self._cast.target(name, turns[-1]).contestant, turns, replies)


def begun_with(nonce: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return messages whose first one of the user begins with a nonce."""
    place = next((n for n, one in enumerate(messages) if one.role == "user"), None)
    if not nonce or place is None:
        return messages
    marked = replace(messages[place], content=f"{nonce}{messages[place].content}")
    return (*messages[:place], marked, *messages[place + 1 :])
