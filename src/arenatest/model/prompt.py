"""What one battle asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
Where = tuple[tuple[str, tuple[str, ...]], ...]
"""A slice: keys ``dataset``, ``subset``, ``category``, ``tag``, each with its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What one battle asks of both contestants.

    A record with several ``turns`` becomes one prompt a turn. Their ``messages`` then hold the
    user's messages up to that turn; the engine puts each contestant's own replies between them.

    Attributes:
        id: Stable and unique in the suite.
        messages: The conversation up to and including what is asked, without the contestant's
            system prompt.
        reference: The answer that is known to be right, where there is one.
        dataset, subset, category, tags: Where it comes from and its labels; gates slice by them.
        family: Prompts of one family share a template or a source and are not independent.
        conversation: Shared by the turns of one conversation, else None.
        turn: Position in its conversation, from 0.
        system: The system prompt of the contestant that is asked; set on the copy a provider gets.
    """

    id: str
    messages: tuple[Message, ...]
    reference: str | None = None
    dataset: str | None = None
    subset: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    family: str | None = None
    conversation: str | None = None
    turn: int = 0
    system: str | None = None

    @property
    def text(self) -> str:
        """The last message of the user; empty if there is none."""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), "")

    def lies_in(self, where: Where) -> bool:
        """Whether the prompt is in a slice: any value of a key will do, every key must."""
        for key, wanted in where:
            if key == "tag":
                if not set(wanted) & set(self.tags):
                    return False
            elif getattr(self, key) not in wanted:
                return False
        return True

    @property
    def cluster(self) -> str:
        """The unit of evidence: prompts of one cluster are not independent."""
        if self.family is not None:
            return f"family:{self.family}"
        if self.conversation is not None:
            return f"conversation:{self.conversation}"
        return f"prompt:{self.id}"
