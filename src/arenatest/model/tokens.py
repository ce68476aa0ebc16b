"""Rules of thumb for tokens, where no server has counted them yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arenatest.model.answer import Usage
from arenatest.model.prompt import Message

BYTES = 4
"""Of UTF-8, for one token: English has about 4 letters a token, Chinese about 3 bytes."""
MESSAGE = 4
"""Tokens around each message."""
ANSWER = 250
"""Output tokens of an answer of which nothing is known."""
LONG_ANSWER = 1_000
"""Output tokens of a long one."""
BOUNDS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
"""Parameters by which a server is told how many tokens an answer may have."""


def text_tokens(text: str) -> int:
    """Return about how many tokens a text has.

    Examples:
        >>> text_tokens("Which answer is better, A or B?")
        8
    """
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES)


def message_tokens(messages: Iterable[Message]) -> int:
    """Return about how many input tokens a request with these messages has."""
    return sum(MESSAGE + text_tokens(message.content) for message in messages)


def output_bound(params: Mapping[str, object]) -> int | None:
    """Return how many output tokens the parameters allow; None where they do not say.

    Examples:
        >>> output_bound({"temperature": 0, "max_tokens": 512}), output_bound({})
        (512, None)
    """
    bounds = [params[name] for name in BOUNDS if name in params]
    return min((b for b in bounds if isinstance(b, int) and b > 0), default=None)


def expected_usage(messages: Iterable[Message], params: Mapping[str, object]) -> Usage:
    """Return the tokens that one call will probably take."""
    bound = output_bound(params)
    return Usage(
        input_tokens=message_tokens(messages),
        output_tokens=ANSWER if bound is None else min(ANSWER, bound),
    )
