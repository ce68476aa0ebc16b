"""What a call or a game is, by content: equal keys may share one answer or judgment."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.hookspec import Sample
from arenatest.model.identity import canonical_json, content_id, text_id
from arenatest.model.judgment import Game
from arenatest.model.plan import Contestant, JudgeSeat, Plan
from arenatest.model.prompt import Message, Prompt
from arenatest.suite.suite import MetricSetup


def sent(
    contestant: Contestant, turns: Sequence[Prompt], replies: Sequence[str]
) -> tuple[Message, ...]:
    """Return what a contestant is asked: the system prompt, and its own replies in between.

    Args:
        contestant: Its template shapes the last message.
        turns: The prompt, after the earlier turns of its conversation.
        replies: What it said to those.
    """
    messages = list(turns[0].messages)
    for reply, turn in zip(replies, turns[1:], strict=True):
        messages += [Message(role="assistant", content=reply), turn.messages[-1]]
    if contestant.template is not None and messages:
        last = messages[-1]
        shaped = contestant.template.replace("{prompt}", last.content)
        messages[-1] = Message(role=last.role, content=shaped)
    if contestant.system is not None:
        messages.insert(0, Message(role="system", content=contestant.system))
    return tuple(messages)


def answer_key(
    contestant: Contestant, messages: Sequence[Message], *, repeat: int, copy: int
) -> str:
    """Return the identity of one answer: who is asked what, which repeat, which copy of a prompt.

    Args:
        contestant: Its fingerprint holds provider, model, parameters and system prompt.
        messages: All that is sent.
        repeat: Which repeat of the battle.
        copy: Which of several prompts with equal messages: each is asked for itself.
    """
    sent = [[m.role, m.content] for m in messages]
    return content_id("answer", contestant.fingerprint, sent, repeat, copy)


def game_key(seat: JudgeSeat, game: Game, *, copy: int) -> str:
    """Return the identity of one game: the judge, what it sees, which repeat, which copy."""
    asked = [[m.role, m.content] for m in game.prompt.messages]
    shown = [seat.fingerprint, asked, game.prompt.reference, game.text_a, game.text_b]
    earlier = [game.earlier_a, game.earlier_b] if game.earlier_a or game.earlier_b else []
    return content_id("game", *shown, game.repeat, copy, *earlier)


def asking_key(key: str, messages: Sequence[Message]) -> str:
    """Return the identity of one call of a judge: the game's key, and what its model is sent.

    A message says first how long it is, so that no two conversations make one text.
    """
    sent = [f"{m.role} {len(m.content)} {m.content}" for m in messages]
    return text_id("\n".join(["judge call", key, *sent]))


def measurement_key(setup: MetricSetup, sample: Sample) -> str:
    """Return the identity of one value of a plugin's metric: the metric, and what it looks at."""
    asked = [[m.role, m.content] for m in sample.prompt.messages]
    other = None if sample.baseline is None else sample.baseline.text
    reference, text = sample.prompt.reference, sample.answer.text
    return content_id("metric", setup.fingerprint, asked, reference, text, other)


def session_id(run: str, contestant: Contestant, prompt: Prompt, repeat: int, role: str) -> str:
    """Return the identity of a conversation; calls for timing alone have others than those judged.

    Args:
        run: The run's id.
        contestant: With whom.
        prompt: Any of its turns.
        repeat: Which repeat of the battle.
        role: What the call is for.
    """
    talk = prompt.id if prompt.conversation is None else ("turns", prompt.conversation)
    return text_id(repr(("session", run, contestant.name, talk, repeat, role)))


def copies(plan: Plan) -> dict[str, int]:
    """Return for each prompt's id how many earlier prompts of the plan ask exactly the same."""
    seen: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for prompt in sorted(plan.prompts, key=lambda p: p.id):
        asked = canonical_json([[m.role, m.content] for m in prompt.messages])
        numbers[prompt.id] = seen.get(asked, 0)
        seen[asked] = numbers[prompt.id] + 1
    return numbers
