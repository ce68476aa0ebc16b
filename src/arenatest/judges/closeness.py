"""How close an answer is to a reference: recall, token F1, exact, contains, numeric. Pure.

Texts are compared by tokens: Unicode NFKC, lower case, no punctuation, no English articles. A CJK
character is a token of its own, for those scripts put no spaces between words.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

_ARTICLES = frozenset({"a", "an", "the"})
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)+|[{_CJK}]|[^\s{re.escape(string.punctuation)}{_CJK}]+")


def tokens(text: str, *, articles: bool = False) -> list[str]:
    """Return the tokens of a text.

    Args:
        text: Any text.
        articles: Whether to keep English articles.

    Examples:
        >>> tokens("The Earth's moon: 1,000 km away!")
        ['earths', 'moon', '1000', 'km', 'away']
        >>> tokens("\u6771\u4eac is Tokyo") == ["\u6771", "\u4eac", "is", "tokyo"]
        True
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = _APOSTROPHE.sub("", _THOUSANDS.sub("", plain))
    if not plain.isascii():  # marks belong to their letters; symbols and punctuation to no word
        plain = "".join(
            char if char.isascii() or unicodedata.category(char)[0] in "LMN" else " "
            for char in plain
        )
    found = _TOKEN.findall(plain)
    return found if articles else [token for token in found if token not in _ARTICLES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How much an answer and a reference share, each 0 to 1.

    Attributes:
        recall: Share of the reference's tokens that the answer holds.
        f1: Harmonic mean of recall and of the share of the answer's tokens that are the
            reference's; longer answers with equal recall have less.
        exact: Whether the tokens are the same, in order.
        contains: Whether the reference's tokens stand in the answer side by side.
    """

    recall: float
    f1: float
    exact: bool
    contains: bool


def overlap(reference: str, answer: str) -> Overlap:
    """Return what ``answer`` shares with ``reference``.

    Articles count only where the reference is made of nothing else (``A``), and where it has no
    token at all (an emoji, ``+``) the bare texts are compared.

    Examples:
        >>> overlap("The Pacific Ocean", "It is the Pacific.").recall
        0.5
    """
    wanted = tokens(reference)
    articles = not wanted
    if articles:
        wanted = tokens(reference, articles=True)
    if not wanted:
        return _bare_overlap(reference, answer)
    given = tokens(answer, articles=articles)
    shared = sum((Counter(wanted) & Counter(given)).values())
    return Overlap(
        recall=shared / len(wanted),
        f1=2 * shared / (len(wanted) + len(given)),
        exact=wanted == given,
        contains=_holds(given, wanted),
    )


def last_number(text: str) -> Number | None:
    """Return the last number of a text, or None.

    Reads ``1,000.5``, ``1.000,5``, ``-3``, ``50 %``, ``3/4``, ``1 1/2`` and ``\u00bd``.

    Examples:
        >>> last_number("3 + 4 makes 7.").value
        Fraction(7, 1)
        >>> last_number("about 12.5 %")
        Number(value=Fraction(25, 2), percent=True)
    """
    plain = unicodedata.normalize("NFKC", _VULGAR.sub(_spaced, text))
    plain = plain.replace("\u2044", "/").replace("\u2212", "-")
    match = None
    for match in _NUMBER.finditer(plain):  # noqa: B007  # the last one is what we are after
        pass
    if match is None or len(match[0]) > _LONGEST:
        return None
    return Number(value=_value(match), percent=match["percent"] is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as written; ``percent`` says that a percent sign follows it."""

    value: Fraction
    percent: bool = False

    def distance(self, other: Number) -> Fraction:
        """Return how far apart two are; 50 % is as good as 50 or as 0.5 where one has no sign."""
        apart = abs(self.value - other.value)
        if self.percent == other.percent:
            return apart
        scaled = self.value / 100 if self.percent else self.value * 100
        return min(apart, abs(scaled - other.value))


_VULGAR = re.compile(r"[\u00bc-\u00be\u2150-\u215e]")
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)])-[ \t]?(?=[$\u20ac\u00a3\u00a5]?[.\d]))?[$\u20ac\u00a3\u00a5]?"
    r"(?:(?:(?P<whole>\d+)[ \t]+)?(?P<over>\d+)/(?P<under>[1-9]\d*)(?![\d/])"
    r"|(?P<german>\d{1,3}(?:\.\d{3})+,\d+)"
    r"|(?P<plain>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?P<exponent>[eE][+-]?\d{1,2}(?!\d))?)"
    r"(?P<percent>[ \t]?%)?"
)


_LONGEST = 100  # characters: longer runs of digits are no number that anyone meant


def _spaced(found: re.Match[str]) -> str:
    return f" {found[0]}"  # NFKC would make eleven halves of one and a half


def _value(match: re.Match[str]) -> Fraction:
    if match["over"] is not None:
        value = int(match["whole"] or 0) + Fraction(int(match["over"]), int(match["under"]))
    elif match["german"] is not None:
        value = Fraction(match["german"].replace(".", "").replace(",", "."))
    else:
        value = Fraction(match["plain"].replace(",", "") + (match["exponent"] or ""))
    return -value if match["sign"] else value


def _holds(given: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return any(
        given[at] == wanted[0] and given[at : at + size] == wanted
        for at in range(len(given) - size + 1)
    )


def _bare_overlap(reference: str, answer: str) -> Overlap:
    wanted, given = (unicodedata.normalize("NFKC", text).strip() for text in (reference, answer))
    share = float(wanted in given)
    exact = wanted == given
    return Overlap(recall=share, f1=1.0 if exact else share / 2, exact=exact, contains=bool(share))
