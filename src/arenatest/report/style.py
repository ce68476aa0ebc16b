"""Counts what makes an answer look more than it says: length, headings, list items, bold words.

As Arena-Hard-Auto counts them (``utils/add_markdown_info.py``): code is left out, and what is
counted stands in relation to the length, so that a long answer is not also called a decorated one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}[ \t]", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


class Style(NamedTuple):
    """How an answer looks: its length in characters, and for each of them headings and so on."""

    length: float
    headings: float
    lists: float
    bold: float


def style_of(text: str) -> Style:
    r"""Return how a text in Markdown looks.

    Examples:
        >>> style_of("# Why\n- **one**\n- no\n\n- 2")
        Style(length=24.0, headings=0.04, lists=0.12, bold=0.04)
    """
    prose = _CODE.sub("", text) if "```" in text else text
    size = len(text)
    headings = len(_HEADING.findall(prose)) if "#" in prose else 0
    bold = len(_BOLD.findall(prose)) if "**" in prose or "__" in prose else 0
    items = len(_ITEM.findall(prose))
    return Style(float(size), headings / (size + 1), items / (size + 1), bold / (size + 1))
