"""Names as parts of node ids."""

from __future__ import annotations

import re
import unicodedata

_OTHER = re.compile(r"[^\w.+-]+")


def slug(text: str) -> str:
    """Return ``text`` with only letters, digits and ``_ . + -``, as node ids need it.

    A run of other characters becomes one ``-``; at both ends it goes away. Letters and digits of
    every script stay. Different texts may have one slug: who uses it checks that it is unique.

    Examples:
        >>> slug("gpt::4o [new] @ 模型")
        'gpt-4o-new-模型'
        >>> slug("@@")
        '_'
    """
    normal = unicodedata.normalize("NFC", text)
    replaced = _OTHER.sub("-", normal)
    if _OTHER.match(normal):
        replaced = replaced[1:]
    if replaced.endswith("-") and not normal.endswith("-"):
        replaced = replaced[:-1]
    return replaced or "_"
