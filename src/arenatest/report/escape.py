"""Text of models, suites and servers is hostile: make it safe for each place where it is shown.

HTML has its own defences (``arenatest.report.html``); here are the sinks that have none.
"""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters except tab and line feed
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, zero width
    "\ud800-\udfff\ufffe\uffff"  # not encodable, or not allowed in XML
    "\U000e0000-\U000e007f"  # tags: invisible ASCII
    "]"
    "|(?:(?<=[\x00-\x7f\u200c\u200d])|^)[\u200c\u200d]"  # joiners where nothing is to be joined
)
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, links
    r"|\x1b[PX^_][^\x1b\x9c]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"
)
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)", re.MULTILINE)
_PUNCTUATION = re.compile(r"([\\`*_\[\]~$])|^([#+\-=])|(?<=^\d)(?=[.)])")
_LINKS = re.compile(r":(?=//|[\w+-]+:)|(?<=\bwww)\.")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "&#64;"})


def visible(text: str) -> str:
    r"""Return ``text`` with what cannot be seen written out; tabs and line feeds stay.

    Control characters, bidirectional overrides, zero-width characters, tags and lone surrogates
    can hide text, reverse it or break an encoder. A joiner stays where it joins two characters
    beyond ASCII, as emoji and several scripts need it.

    Examples:
        >>> visible("pay \u202e001$")
        'pay ⟦U+202E⟧001$'
    """
    return _HIDDEN.sub(_code, text)


def for_terminal(text: str) -> str:
    r"""Return ``text`` that neither steers a terminal nor gives orders to a CI service.

    GitHub takes ``::error`` after any leading white space for a command, Azure and TeamCity take
    ``##vso[`` and ``##teamcity[`` anywhere in a line: a space breaks each.

    Examples:
        >>> for_terminal("\x1b[31mred\x1b[0m\n ::error::x")
        'red\n : :error::x'
    """
    return _COMMAND.sub(_defused, visible(_ANSI.sub("", text)))


def for_junit(text: str) -> str:
    """Return ``text`` that XML 1.0 can hold; the writer of the XML escapes its markup."""
    return visible(_ANSI.sub("", text))


def for_markdown(text: str) -> str:
    """Return ``text`` as one line of Markdown that shows it literally, in a table cell too.

    Nothing in it becomes markup, a link, a mention, an image, a formula or a column.
    """
    flat = " ".join(for_terminal(text).split())
    marked = _PUNCTUATION.sub(lambda found: f"\\{found.group()}", flat).translate(_ENTITIES)
    return _LINKS.sub(lambda found: f"&#{ord(found.group())};", marked)


def _code(match: re.Match[str]) -> str:
    return f"⟦U+{ord(match.group()):04X}⟧"


def _defused(match: re.Match[str]) -> str:
    return f"{match.group()} "
