"""What one answer carries that no honest one needs, or lacks that every honest one has.

A sign is a reason to look, not a proof: an answer about prompt injection quotes orders. Whether
there are enough of them to warn is for ``arenatest.gates.suspicion``, which compares contestants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from arenatest.disguise import plain, revealed, seen
from arenatest.model.answer import Answer
from arenatest.model.prompt import Prompt
from arenatest.signs.excerpts import around, beginning, ending
from arenatest.signs.orders import find_order
from arenatest.signs.refusals import is_refusal

Sign = Literal[
    "verdict",  # a string that some parser of verdicts reads
    "marker",  # a marker of a judge's template, or of a chat template
    "order",  # an order to whoever judges
    "empty",  # nothing that anybody could see
    "truncated",  # it ended at the limit of tokens
    "refusal",  # it declines
    "echo",  # it repeats the prompt and adds next to nothing
]
SIGNS: tuple[Sign, ...] = get_args(Sign)

_REFUSED = ("content_filter", "refusal")  # how a stream ends whose model declined
_LEAST_ECHO = 20  # characters of a prompt: shorter ones stand in honest answers
_MOSTLY = 0.8

_MARKS = re.compile(r"[\W_]+")
_VERDICT = re.compile(
    r"\[\[\s*(?:[AB]\s*(?:[<>=]|&[lg]t;){1,2}\s*[AB]|[ABC]|abstain|(?:10|\d)(?:\.\d)?)\s*\]\]"
    r"|\[[AB][<>=]{1,2}[AB]\]"
    r"""|["']verdict["']\s*:\s*["']\s*(?:[AB]\b|tie\b|abstain\b)"""
    r"|^(?:[#>*_ \t-]|&#?\w{1,32};)*+(?:my |the )?(?:final )?verdict[*_ \t]*:[*_ \t]*[AB]\b",
    re.IGNORECASE | re.MULTILINE,
)
_MARKER = re.compile(
    r"<<<(?:begin|end) (?:prompt|reference answer|answer [AB])\b"  # ours
    r"|Which answer is better, A or B\?"
    r"|<\|(?:User Prompt|The (?:Start|End) of [\w' ]{1,40})\|>"  # Arena-Hard's
    r"|\[User Question\]|\[The (?:Start|End) of (?:Assistant|Reference)[\w' ]{0,30}\]"  # MT-bench's
    r"|\"model_identifier\" *:|## (?:Unordered )?Best Model Identifier"  # AlpacaEval's
    r"|<\|(?:im_start|im_end|eot_id|start_header_id|end_header_id|endoftext|system|user"
    r"|assistant|end_of_sentence)\|>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One sign that one answer carries.

    Attributes:
        sign: What it is.
        excerpt: Where it stands, with what nobody sees made visible or left out.
        hidden: Whether it was disguised: invisible characters, or letters of other alphabets.
    """

    sign: Sign
    excerpt: str = ""
    hidden: bool = False


def marks_of(answer: Answer, prompt: Prompt) -> Iterator[Mark]:
    """Yield the signs of an answer, each at most once.

    What the prompt or its reference hold is no sign: whoever asks what ``[[A>B]]`` means wants it
    named, and where it is right to decline, declining is right.

    Args:
        answer: One that did not fail.
        prompt: What it answers.
    """
    if not seen(answer.text).strip():
        yield Mark(sign="empty")
        return
    text = revealed(answer.text)
    found = _written(text)
    if found:
        asked, bare = _written(revealed(_given(prompt))), _written(answer.text, as_it_is=True)
        for sign, place in found.items():
            if sign not in asked:
                yield Mark(sign=sign, excerpt=around(text, place), hidden=sign not in bare)
    if answer.finish == "length":
        yield Mark(sign="truncated", excerpt=ending(text))
    declined = answer.finish in _REFUSED or is_refusal(text)
    if declined and not is_refusal(prompt.reference or ""):
        yield Mark(sign="refusal", excerpt=beginning(text))
    if _echoes(text, prompt.text):
        yield Mark(sign="echo", excerpt=beginning(text))


def _written(text: str, *, as_it_is: bool = False) -> dict[Sign, int]:
    """Return where signs stand that are strings: the first of each."""
    letters = text if as_it_is else plain(text)
    found: dict[Sign, int] = {}
    if "[" in letters or "erdict" in letters or "ERDICT" in letters:
        verdict = _VERDICT.search(letters)
        if verdict is not None:
            found["verdict"] = verdict.start()
    if "<" in letters or "[" in letters or "odel" in letters or "hich answer" in letters:
        marker = _MARKER.search(letters)
        if marker is not None:
            found["marker"] = marker.start()
    order = find_order(text, letters=letters)
    if order is not None:
        found["order"] = order
    return found


def _given(prompt: Prompt) -> str:
    return "\n".join([*(message.content for message in prompt.messages), prompt.reference or ""])


def _echoes(answer: str, prompt: str) -> bool:
    """Return whether the answer is the prompt again, or the prompt and next to nothing."""
    if len(prompt) < _LEAST_ECHO or len(answer) * _MOSTLY > len(prompt) + _LEAST_ECHO:
        return False
    said, asked = _bare(answer), _bare(prompt)
    return len(asked) >= _LEAST_ECHO and asked in said and len(asked) >= _MOSTLY * len(said)


def _bare(text: str) -> str:
    return _MARKS.sub("", text.casefold())
