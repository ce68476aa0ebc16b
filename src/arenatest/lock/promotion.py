"""Promotes a candidate to baseline in the text of a suite: lines move, and all others stay.

Nothing is parsed here but by tomli: the scanner of ``suite.toml_lines`` says where tables stand,
whole lines are moved, comments and layout with them, and tomli reads the result back to see that it
says exactly what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli

from arenatest.errors import OptionError
from arenatest.suite.secrets import Location
from arenatest.suite.toml_lines import Lines

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = re.compile(r"(\s*\[\[?\s*)candidates(?=\s*\.)")
_NAME = re.compile(r"""^(\s*name\s*=\s*)("(?:\\.|[^"\\])*"|'[^']*')""")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A table with the lines from its header to the next one; comments right above it are its."""

    location: Location
    header: int
    start: int
    end: int


def promote(text: str, candidate: str, *, keep: str | None = None) -> str:
    """Return a suite's text with a candidate as its baseline.

    Args:
        text: Of a suite file that is right.
        candidate: Name of the candidate.
        keep: The name under which its table stays among the candidates; None removes the table.

    Raises:
        OptionError: The tables are written in a way in which lines cannot simply be moved.
    """
    lines = _LINE.findall(text)
    blocks = _blocks(text, lines)
    index = _index(text, candidate)
    old = [block for block in blocks if block.location[0] == "baseline"]
    new = [block for block in blocks if block.location[:2] == ("candidates", index)]
    if not old or not new or old[0].location != ("baseline",) or len(new[0].location) != 2:  # noqa: PLR2004
        raise _cannot()
    replaced: dict[int, list[str]] = {}
    for block in old:
        replaced.update((place, []) for place in range(block.start, block.end))
    replaced[old[0].start] = _promoted(lines, old, new)
    if keep is None:
        for block in new:
            replaced.update((place, []) for place in range(block.start, block.end))
    else:
        place = Lines(text).known["candidates", index, "name"] - 1
        replaced[place] = [_NAME.sub(lambda found: f"{found[1]}{_quoted(keep)}", lines[place])]
    made = "".join(line for place, one in enumerate(lines) for line in replaced.get(place, [one]))
    _check(text, made, index, keep)
    return made


def _blocks(text: str, lines: Sequence[str]) -> list[_Block]:
    headers: dict[int, Location] = {}
    for location, line in Lines(text).known.items():
        if lines[line - 1].lstrip().startswith("[") and len(location) > len(
            headers.get(line - 1, ())
        ):
            headers[line - 1] = location
    starts = {place: _start(lines, place) for place in sorted(headers)}
    ends = [*list(starts.values())[1:], len(lines)]
    return [
        _Block(location=headers[place], header=place, start=start, end=end)
        for (place, start), end in zip(starts.items(), ends, strict=True)
    ]


def _start(lines: Sequence[str], header: int) -> int:
    """Return where the comments begin that stand right above a header."""
    while header > 0 and lines[header - 1].lstrip().startswith("#"):
        header -= 1
    return header


def _promoted(lines: Sequence[str], old: Sequence[_Block], new: Sequence[_Block]) -> list[str]:
    """Return the candidate's lines under the baseline's header."""
    first = old[0]
    made = [*lines[first.start : first.header + 1], *lines[new[0].header + 1 : new[0].end]]
    for block in new[1:]:
        header = _HEADER.sub(r"\1baseline", lines[block.header], count=1)
        above = lines[block.start : block.header]
        made += [*above, header, *lines[block.header + 1 : block.end]]
    while made and not made[-1].strip():
        made.pop()
    if made and not made[-1].endswith("\n"):
        made[-1] += "\n"
    return [*made, *_blank_end(lines, old[-1])]


def _blank_end(lines: Sequence[str], block: _Block) -> list[str]:
    end = block.end
    while end > block.header + 1 and not lines[end - 1].strip():
        end -= 1
    return list(lines[end : block.end])


def _index(text: str, candidate: str) -> int:
    tables: Sequence[Mapping[str, Any]] = tomli.loads(text)["candidates"]
    names = [table["name"] for table in tables]
    if candidate not in names:
        raise OptionError(f"got {candidate!r}, expected a candidate: {', '.join(names)}")
    return names.index(candidate)


def _check(text: str, made: str, index: int, keep: str | None) -> None:
    """Refuse what does not say the old suite with the candidate in its new place."""
    meant = tomli.loads(text)
    promoted = meant["candidates"][index]
    meant["baseline"] = promoted
    if keep is None:
        meant["candidates"] = [t for n, t in enumerate(meant["candidates"]) if n != index]
        if not meant["candidates"]:
            del meant["candidates"]
    else:
        meant["candidates"][index] = {**promoted, "name": keep}
    try:
        said = tomli.loads(made)
    except tomli.TOMLDecodeError:
        raise _cannot() from None
    if said != meant:
        raise _cannot()


def _cannot() -> OptionError:
    return OptionError(
        "the suite cannot be edited line by line: [baseline] or the candidate is no plain table\n"
        '  hint: write them as [baseline] and [[candidates]], with name = "..." on its own line'
    )


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
