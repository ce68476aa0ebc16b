"""Parts of answers for people to look at: cut between words, with an ellipsis where more stood."""

from __future__ import annotations

LONGEST = 120
"""Most characters of an excerpt."""

_MORE = "…"
_ROOM = LONGEST - 2 * len(f"{_MORE} ")
_BEFORE = 30  # characters before the place that matters
_REACH = 20  # from a cut to the end of a word; longer ones, and scripts without spaces, are cut


def around(text: str, place: int) -> str:
    """Return what stands around a place, on one line.

    Examples:
        >>> around("The capital of France, as everybody knows, is Paris.", 41)
        '… of France, as everybody knows, is Paris.'
    """
    start = max(0, place - _BEFORE)
    if start > 0:
        gaps = [at for at in range(start - 1, min(start + _REACH, place)) if text[at].isspace()]
        start = gaps[0] + 1 if gaps else start
    return _cut(text, start, start + _ROOM)


def beginning(text: str) -> str:
    """Return how a text begins, on one line."""
    return _cut(text.strip(), 0, _ROOM)


def ending(text: str) -> str:
    """Return how a text ends, on one line."""
    bare = text.strip()
    return around(bare, len(bare) - _ROOM + _BEFORE) if len(bare) > _ROOM else beginning(bare)


def _cut(text: str, start: int, end: int) -> str:
    if end < len(text):
        gaps = [at for at in range(end, max(end - _REACH, start), -1) if text[at].isspace()]
        end = gaps[0] if gaps else end
    before, after = text[:start].strip(), text[end:].strip()
    shown = " ".join(text[start:end].split())
    return f"{f'{_MORE} ' if before else ''}{shown}{f' {_MORE}' if after else ''}"
