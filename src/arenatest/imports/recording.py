"""The records of an imported run, one after another: calls, answers in their places, verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arenatest.imports.conversations import UNKNOWN
from arenatest.imports.drafting import VOTES, Draft, preference_of
from arenatest.imports.found import Said
from arenatest.imports.heap import Heap
from arenatest.model.answer import Answer, Failure
from arenatest.model.identity import content_id
from arenatest.model.judgment import Judgment, Order
from arenatest.model.prompt import Prompt
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Measured,
    MeasurementPlaced,
    MetricSlot,
    Purpose,
    Record,
)

MISSING = Failure(kind="missing", message="the imported files hold no answer to this prompt")
_NO_GAME = Judgment(void="call", explanation="the imported files hold no judgment of this game")
_NO_VERDICT = Measured(error="the imported files hold no verdict")
_NO_NUMBER = Measured(error="the imported files hold no number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Gives the records of a draft.

    Attributes:
        heap: Everything found.
        draft: The run.
        run: Its id.
        started: What stands for times that no file says, in seconds since 1970.
    """

    heap: Heap
    draft: Draft
    run: str
    started: float

    def records(self) -> Iterator[Record]:
        """Yield the records, in an order that depends on nothing but what was found."""
        silent: dict[str, str] = {}
        for prompt in self.draft.plan.prompts:
            yield from self._answers(prompt, silent)
        for candidate in self.draft.plan.candidates:
            yield from self._games(candidate.name)
            yield from self._preferences(candidate.name)
        yield from self._votes()
        yield from self._numbers()

    def _answers(self, prompt: Prompt, silent: dict[str, str]) -> Iterator[Record]:
        """Yield the answers to a prompt.

        Args:
            prompt: The prompt.
            silent: By model, the call that stands for all of its answers without a text.
        """
        plan, ballot = self.draft.plan, self.draft.ballots.get(prompt.id)
        names = [one.name for one in plan.contestants]
        asked = prompt.id
        if ballot is not None:
            names, asked = [plan.baseline.name, ballot.candidate], ballot.vote.prompt
        for name in names:
            said = self.heap.said(name, asked)
            if said is not None:
                yield from self._placed(prompt.id, said)
            elif ballot is not None:
                yield from self._unknown(prompt.id, name, silent)
            elif prompt.id in self.draft.shared:
                said = Said(model=name, prompt=asked, answer=Answer(failure=MISSING))
                yield from self._placed(prompt.id, said)

    def _unknown(self, prompt: str, model: str, silent: dict[str, str]) -> Iterator[Record]:
        """Yield an answer that was voted on and whose text no file holds: one call is for all."""
        if model not in silent:
            chat_id = silent[model] = content_id("imported call", self.run, model)
            said = Said(model=model, prompt="", answer=Answer(text="", finish=UNKNOWN))
            yield self._call(chat_id, "", said, attempt=0)
        slot = AnswerSlot(model, prompt)
        yield AnswerPlaced(
            run=self.run, slot=slot, purpose="text", chat_id=silent[model], attempts=0
        )

    def _placed(self, prompt: str, said: Said) -> Iterator[Record]:
        slot = AnswerSlot(said.model, prompt)
        chat_id = content_id("imported call", self.run, said.model, prompt)
        called = int(said.answer.failure is not MISSING)
        yield self._call(chat_id, prompt, said, attempt=called)
        purposes: list[Purpose] = ["text"]
        if said.answer.timing is not None:
            purposes.append("timing")
        for purpose in purposes:  # not for ``both``: the run's id is a hash of its records
            yield AnswerPlaced(
                run=self.run, slot=slot, purpose=purpose, chat_id=chat_id, attempts=called
            )

    def _call(self, chat_id: str, prompt: str, said: Said, *, attempt: int) -> Generation:
        return Generation(
            chat_id=chat_id,
            run=self.run,
            role="answer",
            owner=said.model,
            key=content_id("imported answer", self.draft.source, said.model, prompt),
            prompt=prompt,
            repeat=0,
            attempt=attempt,
            final=True,
            started=self.started if said.at is None else said.at,
            answer=said.answer,
            cost=said.cost,
        )

    def _games(self, candidate: str) -> Iterator[Record]:
        plan, baseline = self.draft.plan, self.draft.plan.baseline.name
        if not any(r.candidate == candidate and r.metric.name == "win_rate" for r in plan.rules):
            return
        seats = {seat.name: seat.repeats for seat in plan.judges}
        missing = {
            GameSlot(candidate, prompt, 0, judge, again, order)
            for prompt in self.draft.shared
            for judge, repeats in seats.items()
            for again in range(repeats)
            for order in Order
        }
        for game in self.heap.fought(baseline, candidate):
            first = game.first == baseline
            order = Order.BASELINE_FIRST if first else Order.CANDIDATE_FIRST
            slot = GameSlot(candidate, game.prompt, 0, game.judge, game.again, order)
            missing.discard(slot)
            yield self._judged(slot, game.judgment)
        for slot in sorted(missing):
            yield self._judged(slot, _NO_GAME)

    def _judged(self, slot: GameSlot, judgment: Judgment) -> JudgmentPlaced:
        return JudgmentPlaced(
            run=self.run,
            slot=slot,
            key=content_id("imported game", self.run, *slot),
            judgment=judgment,
            made=self.started,
        )

    def _preferences(self, candidate: str) -> Iterator[Record]:
        plan, baseline = self.draft.plan, self.draft.plan.baseline.name
        ruled = {rule.metric.name for rule in plan.rules if rule.candidate == candidate}
        missing = {
            MetricSlot(metric.name, candidate, prompt)
            for metric in plan.metrics
            if metric.of == "battle" and metric.name in ruled and metric.name != VOTES
            for prompt in self.draft.shared
        }
        for said in self.heap.preferred(baseline, candidate):
            slot = MetricSlot(preference_of(said.judge), candidate, said.prompt)
            missing.discard(slot)
            score = said.score
            if score is not None and said.first == baseline:
                score = 1.0 - score
            yield self._measured(slot, _NO_VERDICT if score is None else Measured(value=score))
        for slot in sorted(missing):
            yield self._measured(slot, _NO_VERDICT)

    def _votes(self) -> Iterator[Record]:
        for name, ballot in self.draft.ballots.items():
            vote = ballot.vote
            score = vote.score if vote.first == ballot.candidate else 1.0 - vote.score
            slot = MetricSlot(VOTES, ballot.candidate, name)
            yield self._measured(slot, Measured(value=score))

    def _numbers(self) -> Iterator[Record]:
        plan = self.draft.plan
        names = [one.name for one in plan.contestants]
        missing = {
            MetricSlot(metric.name, name, prompt)
            for metric in plan.metrics
            if metric.of == "answer"
            for name in names
            for prompt in self.draft.shared
        }
        asked = {prompt.id for prompt in plan.prompts}
        for score in self.heap.scored(names):
            if score.prompt not in asked:
                continue
            slot = MetricSlot(score.metric, score.model, score.prompt)
            missing.discard(slot)
            known = score.value is not None
            yield self._measured(slot, Measured(value=score.value) if known else _NO_NUMBER)
        for slot in sorted(missing):
            yield self._measured(slot, _NO_NUMBER)

    def _measured(self, slot: MetricSlot, measured: Measured) -> MeasurementPlaced:
        key = content_id("imported value", self.run, *slot)
        return MeasurementPlaced(run=self.run, slot=slot, key=key, measured=measured)
