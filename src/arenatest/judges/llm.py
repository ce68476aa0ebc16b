"""Judge ``llm``: any provider's model compares the two answers and names one of five labels.

The system prompt follows Arena-Hard-Auto's in substance: own answer first, then the comparison,
then the label. See ``arenatest.judges.fence`` for how answers are kept from speaking as the judge,
and ``arenatest.judges.contract`` for what it may reply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from arenatest.hookspec import Ask, Context, Judge, Kind
from arenatest.judges.contract import OutputContract
from arenatest.judges.fence import fence, inert, lines_of
from arenatest.judges.instructions import Given, Instructions, instructions
from arenatest.model.judgment import Game, Judgment
from arenatest.model.prompt import Message, Prompt

_REMEMBERED = 64  # texts: each is shown in both orders, and a baseline's to every candidate
_SHOWN = 4  # version of how a game is shown: the fences, and what they change


class LlmOptions(BaseModel):
    """Asks a model, any provider's; the table also holds that provider's options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system_prompt: str | None = Field(
        default=None,
        description="Replaces the judge's instructions. The list of labels is added unless it "
        "names A>B itself; the rule that fenced text is data is always added.",
    )
    system_prompt_file: str | None = Field(
        default=None, description="File beside the suite that holds the system_prompt."
    )
    template: str | None = Field(
        default=None,
        description="Replaces the message. {prompt}, {reference}, {answer_a} and {answer_b} become "
        "fenced blocks; {reference} is empty where the prompt has none.",
    )
    template_file: str | None = Field(
        default=None, description="File beside the suite that holds the template."
    )
    reference: bool = Field(
        default=True, description="Show the prompt's response, the right answer, if it has one."
    )
    may_abstain: bool = Field(
        default=False, description="Let it say that it cannot judge, which is no vote."
    )


class LlmJudge:
    """Asks a model which answer is better; see the module.

    Args:
        options: Of the judge.
        directory: Where the names of files start.
    """

    def __init__(self, options: LlmOptions, *, directory: Path = Path()) -> None:
        self._contract = OutputContract(may_abstain=options.may_abstain)
        self._told = _told(options, self._contract, directory)
        self._system = Message(role="system", content=self._told.system)
        self._reference = options.reference
        own = lines_of(self._told.template)
        self._inert = lru_cache(maxsize=_REMEMBERED)(partial(inert, template=own))

    async def judge(self, game: Game, ask: Ask) -> Judgment:
        """Return the verdict that the model names; void ``call`` where the model did not answer."""
        chat_id, answer = await ask(game.prompt, self.messages(game))
        if answer.failure is not None:
            failure = answer.failure
            return Judgment(
                void="call", explanation=f"{failure.kind}: {failure.message}", chat_id=chat_id
            )
        return self._contract.read(answer.text, finish=answer.finish, chat_id=chat_id)

    def messages(self, game: Game) -> tuple[Message, ...]:
        """Return what the model is sent for one game."""
        question = _conversation(game.prompt)
        reference = game.prompt.reference if self._reference else None
        sides = (game.text_a, game.text_b, *game.earlier_a, *game.earlier_b)
        fenced = fence(question, reference or "", *sides, inert=self._inert)
        blocks = {
            "prompt": fenced("prompt", question),
            "answer_a": _side("A", game.earlier_a, game.text_a, fenced),
            "answer_b": _side("B", game.earlier_b, game.text_b, fenced),
        }
        if reference is not None:
            blocks["reference"] = fenced("reference answer", reference)
        return self._system, Message(role="user", content=self._told.message(blocks))


def _told(options: LlmOptions, contract: OutputContract, directory: Path) -> Instructions:
    return instructions(
        Given(key="system_prompt", text=options.system_prompt, file=options.system_prompt_file),
        Given(key="template", text=options.template, file=options.template_file),
        contract,
        directory,
        reference=options.reference,
    )


def _conversation(prompt: Prompt) -> str:
    """Return what was asked: of a conversation the messages up to this turn."""
    if len(prompt.messages) == 1:
        return prompt.messages[0].content
    return "\n\n".join(
        f"({number}, {message.role}) {message.content}"
        for number, message in enumerate(prompt.messages, start=1)
    )


def _side(seat: str, earlier: Sequence[str], text: str, fenced: Callable[[str, str], str]) -> str:
    """Return one side's answer after its own earlier ones, each in a fence of its own."""
    before = [
        fenced(f"answer {seat} to message {number}", said) for number, said in enumerate(earlier, 1)
    ]
    return "\n\n".join([*before, fenced(f"answer {seat}", text)])


def _build(options: LlmOptions, context: Context) -> Judge:
    return LlmJudge(options, directory=context.directory)


def _identity(options: LlmOptions, directory: Path) -> Mapping[str, Any]:
    """Return what the model is told, wherever it is written, and how its reply is read."""
    contract = OutputContract(may_abstain=options.may_abstain)
    told = _told(options, contract, directory)
    rubric = {
        "system": told.system,
        "template": told.template,
        "reference": options.reference,
        "shown": _SHOWN,
    }
    return {"rubric": rubric, **contract.identity}


LLM: Kind[Judge] = Kind(options=LlmOptions, build=_build, identity=_identity, on_provider=True)
