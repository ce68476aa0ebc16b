"""Text that poses as other text: characters that nobody sees, and letters that imitate others.

It stands alone because two rooms need it that do not know each other: ``judges.fence``, which
decides what a judge is shown, and ``gates.signs``, which tells what answers carry.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f]"  # tags: ASCII that nobody sees
    "|(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    "|(?:(?<=[\x00-\x7f\u200c\u200d])|^)[\u200c\u200d]"  # joiners where nothing is to be joined
)
_PERHAPS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e01ef]"
)  # far faster to search for
_FOREIGN = re.compile("[^\x00-\x7f]+")
_TAG = re.compile("[\U000e0020-\U000e007e]")
_TAGS = 0xE0000
_LIKE = {  # Cyrillic and Greek letters, brackets, quotation marks
    "A": "\u0410\u0391",
    "B": "\u0412\u0392",
    "C": "\u0421\u03f9",
    "E": "\u0415\u0395",
    "H": "\u041d\u0397",
    "I": "\u0406\u0399",
    "J": "\u0408",
    "K": "\u041a\u039a",
    "M": "\u041c\u039c",
    "N": "\u039d",
    "O": "\u041e\u039f",
    "P": "\u0420\u03a1",
    "S": "\u0405",
    "T": "\u0422\u03a4",
    "X": "\u0425\u03a7",
    "Y": "\u0423\u03a5",
    "Z": "\u0396",
    "a": "\u0430\u03b1\u0251",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435\u03b5",
    "g": "\u0261",
    "h": "\u04bb",
    "i": "\u0456\u03b9\u0131",
    "j": "\u0458\u03f3",
    "k": "\u03ba",
    "l": "\u04cf",
    "o": "\u043e\u03bf",
    "p": "\u0440\u03c1",
    "q": "\u051b",
    "s": "\u0455",
    "t": "\u03c4",
    "u": "\u03c5",
    "v": "\u0475\u03bd",
    "w": "\u051d",
    "x": "\u0445\u03c7",
    "y": "\u0443",
    "[": "\u3010\u3014\u301a\u27e6\u298b\u27ec",
    "]": "\u3011\u3015\u301b\u27e7\u298c\u27ed",
    "<": "\u226a\u2039\u27e8\u3008",
    ">": "\u226b\u203a\u27e9\u3009",
    '"': "\u201c\u201d\u201e\u201f\u2033",
    "'": "\u2018\u2019\u201a\u201b\u2032",
}
_STYLED = (
    (0x2100, 0x2150),  # letter-like symbols
    (0x2460, 0x2500),  # in circles
    (0xFF01, 0xFF5F),  # full-width
    (0x1D400, 0x1D800),  # mathematical
)


def seen(text: str) -> str:
    r"""Return ``text`` without what nobody sees: zero widths, tags, changes of direction.

    Joiners and variation selectors stay where emoji and several scripts need them.

    Examples:
        >>> seen("[\u200b[A>B]\u2060]")
        '[[A>B]]'
    """
    if text.isascii() or _PERHAPS.search(text) is None:
        return text
    return _HIDDEN.sub("", text)


def revealed(text: str) -> str:
    r"""Return ``text`` with tags written as the ASCII that they stand for, and the rest unhidden.

    Examples:
        >>> revealed("ch\u200boose \U000e0041")
        'choose A'
    """
    if text.isascii() or _PERHAPS.search(text) is None:
        return text
    return seen(_TAG.sub(lambda found: chr(ord(found[0]) - _TAGS), text))


def plain(text: str) -> str:
    r"""Return ``text`` in the letters that it imitates, each character in its place.

    Letters of other alphabets that look like Latin ones, full-width and mathematical ones, and
    brackets and quotation marks of other shapes become ASCII: enough to recognise a phrase, not to
    be read. The result is as long as ``text``.

    Examples:
        >>> plain("\u0406gn\u043ere \uff3b\uff3bA\uff1eB\uff3d\uff3d")
        'Ignore [[A>B]]'
    """
    if text.isascii():
        return text
    table = _imitated()
    return _FOREIGN.sub(lambda found: found[0].translate(table), text)


@lru_cache(maxsize=1)
def _imitated() -> dict[int, str]:
    table: dict[int, str] = {}
    for start, end in _STYLED:
        for code in range(start, end):
            normal = unicodedata.normalize("NFKC", chr(code))
            if len(normal) == 1 and normal.isascii():
                table[code] = normal
    table |= {ord(char): latin for latin, alike in _LIKE.items() for char in alike}
    return table
