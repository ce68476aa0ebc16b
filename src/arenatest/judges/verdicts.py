"""Read the verdict out of what a judge wrote.

Two spellings are read: ``[[A>B]]`` as in Arena-Hard, and a JSON object with a key ``verdict``. A
judge that may abstain writes ``abstain`` in the place of the label.
The last one wins, because judges think aloud before they decide. Of a reply that was cut off it is
the last word only where nothing follows: else it may be one of those thoughts. What cannot be read
is a void and never a tie: in other tools judges that answered nothing were counted as hundreds of
ties.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arenatest.model.judgment import ABSTAIN, Judgment, Verdict

PARSER_VERSION = 3
"""Enters the judge's fingerprint: judgments read by another parser are not reused."""

_BRACKETED = re.compile(r"\[\[([^\[\]\n]{1,40})\]\]")
_LABEL_LIKE = re.compile(r"[A-Za-z<>=~ ]{1,20}")
_KEY = re.compile(r'"verdict"\s*:')  # as it stands: an escaped one may be a quotation
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_OBJECT = re.compile(r'\{\s*"')  # how an object with a key begins
_CLOSING = re.compile(  # a sentence, a quotation or markup; what follows a space may open one
    r"""(?:[!)\]}*_~`"'$\\\u201d\u2019\u00bb\u3002\uff01\uff09]|\.(?!\.)|</\w+>"""
    r"""|\s++(?=[)\]}`]|</))*+"""
)
_ATTEMPTS = 1000  # objects tried in one reply, the last ones: a failed try costs a look at all
_LABELS = {
    **{verdict.value: verdict for verdict in Verdict},
    "A<<B": Verdict.B_MUCH_BETTER,
    "A<B": Verdict.B_BETTER,
    "B=A": Verdict.TIE,
    "B<A": Verdict.A_BETTER,
    "B<<A": Verdict.A_MUCH_BETTER,
}
_CUT_OFF = {
    "length": "reply cut off at its token limit, with no verdict at its end "
    "(raise max_tokens in the judge's params)",
    "content_filter": "reply cut off by a content filter, with no verdict at its end",
    "refusal": "reply ended in a refusal, with no verdict at its end",
}
"""How a reply ends that was not brought to its end, in the words of ``Answer.finish``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A label as it stood in the text, and where that ends: later ones win."""

    end: int
    label: Any
    reasoning: str = ""


def read_verdict(
    text: str,
    *,
    may_abstain: bool = False,
    finish: str | None = None,
    chat_id: str | None = None,
) -> Judgment:
    """Return what a judge's reply says, or a void: ``unparsed``, ``label`` or ``abstained``.

    Args:
        text: The reply; thoughts between ``<think>`` tags are ignored.
        may_abstain: Whether ``abstain`` is taken for what it says; else it is no label.
        finish: Why it ended, as ``Answer.finish``. Of a reply that was cut off nothing counts but
            what stands at its end; None is taken for a whole one.
        chat_id: The model call that gave it.

    Examples:
        >>> read_verdict("At first [[A>B]], but on reflection: [[B>>A]]").verdict
        <Verdict.B_MUCH_BETTER: 'B>>A'>
        >>> read_verdict("Both are fine.").void
        'unparsed'
        >>> read_verdict("[[C]]").void
        'label'
        >>> read_verdict("[[Abstain]]", may_abstain=True).void
        'abstained'
        >>> read_verdict("At first [[A>B]], but on ref", finish="length").void
        'unparsed'
        >>> read_verdict("**[[A>B]]**", finish="length").verdict
        <Verdict.A_BETTER: 'A>B'>
    """
    said = _spoken(text)
    found = max((*_bracketed(said), *_objects(said)), key=lambda one: one.end, default=None)
    cut_off = _CUT_OFF.get(finish or "")
    if cut_off and (found is None or not _concludes(found, said, text)):
        explanation = f"{cut_off}: {said}" if said else cut_off
        return Judgment(void="unparsed", explanation=explanation, chat_id=chat_id)
    if found is None:
        return Judgment(void="unparsed", explanation=said, chat_id=chat_id)
    explanation = found.reasoning or said
    if may_abstain and _abstains(found.label):
        return Judgment(void="abstained", explanation=explanation, chat_id=chat_id)
    verdict = parse_label(found.label)
    if verdict is None:
        return Judgment(void="label", explanation=explanation, chat_id=chat_id)
    return Judgment(verdict=verdict, explanation=explanation, chat_id=chat_id)


def parse_label(label: object) -> Verdict | None:
    """Return the verdict that a label means, in either direction of writing it, or None.

    Examples:
        >>> parse_label(" a < b ")
        <Verdict.B_BETTER: 'B>A'>
        >>> parse_label("C") is None
        True
    """
    if not isinstance(label, str):
        return None
    plain = "".join(html.unescape(label).upper().split())
    return _LABELS.get(plain.removeprefix("[[").removesuffix("]]"))


def _abstains(label: object) -> bool:
    if not isinstance(label, str):
        return False
    return label.strip().removeprefix("[[").removesuffix("]]").strip().casefold() == ABSTAIN


def _spoken(text: str) -> str:
    """Return what follows the thoughts, whose beginning may be missing."""
    if "<" not in text:
        return text.strip()
    said = _THOUGHT.sub("", text)
    ends = [match.end() for match in _THOUGHT_END.finditer(said)]
    return (said[ends[-1] :] if ends else said).strip()


def _concludes(found: _Found, said: str, text: str) -> bool:
    """Return whether a reply that was cut off had nothing more to say than what was found."""
    if any(said.count(opened) > said.count(closed) for opened, closed in ("{}", "[]")):
        return False  # it stands in an object or a list that would have gone on
    thoughts = [match.end() for match in _THOUGHT.finditer(text)]
    if thoughts and not text[thoughts[-1] :].strip():
        return False  # it had begun to think again
    return _CLOSING.fullmatch(said, found.end) is not None


def _bracketed(text: str) -> Iterator[_Found]:
    for match in _BRACKETED.finditer(text):
        label = html.unescape(match[1])
        if _LABEL_LIKE.fullmatch(label):  # a matrix [[1, 2]] is not an attempt at a verdict
            yield _Found(end=match.end(), label=label)


def _objects(text: str) -> Iterator[_Found]:
    keys = [match.start() for match in _KEY.finditer(text)]
    if not keys:
        return
    decoder = json.JSONDecoder(strict=False)  # models write raw newlines into their strings
    end = 0
    starts = [match.start() for match in _OBJECT.finditer(text, 0, keys[-1] + 1)]
    for start in starts[-_ATTEMPTS:]:
        if start < end:
            continue
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if "verdict" in value and _KEY.search(text, start, end):
            reasoning = value.get("reasoning")
            yield _Found(
                end=end,  # brackets inside its own reasoning do not come after it
                label=value["verdict"],
                reasoning=reasoning if isinstance(reasoning, str) else "",
            )
