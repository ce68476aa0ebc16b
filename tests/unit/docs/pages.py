"""Reads the documentation: its pages, their code blocks, tables and links.

The info string of a block may name a file after the language, as in ```` ```python models.py ````:
GitHub ignores it, and the tests write such a file where the page's suites look for it. Blocks of
one page that name the same file are parts of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
)

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block of code."""

    page: Path
    line: int
    language: str
    file: str | None
    code: str

    def __str__(self) -> str:
        return f"{self.page.stem}-{self.line}"


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _BLOCK.sub("", text(page))


def blocks(page: Path, language: str | None = None) -> list[Block]:
    content = text(page)
    return [
        Block(page, content.count("\n", 0, match.start()) + 1, match[1], match[2], match[3])
        for match in _BLOCK.finditer(content)
        if language in (None, match[1])
    ]


def files(page: Path) -> dict[str, str]:
    """The files that the page's blocks name, by name."""
    found: dict[str, str] = {}
    for block in blocks(page):
        if block.file is not None:
            found[block.file] = found.get(block.file, "") + block.code
    return found


def section(page: Path, heading: str) -> str:
    """The text under a heading, up to the next one of its level or above."""
    content = text(page)
    match = re.search(rf"^(#+) {re.escape(heading)}$", content, re.MULTILINE)
    assert match, f"{page.name} has no heading {heading!r}"
    rest = content[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(content: str, first: str) -> list[list[str]]:
    """The rows of all tables in ``content`` whose first column is headed ``first``."""
    found: list[list[str]] = []
    inside = False
    for line in content.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")] if "|" in line else []
        if not cells:
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and set(line) - set("|- "):
            found.append(cells)
    return found


def links(page: Path) -> list[str]:
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub gives to the page's headings."""
    headings = _HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
