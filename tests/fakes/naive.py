"""A judge that obeys the last thing in its prompt that looks like a verdict: the weakest of all.

It reads like four tools' parsers together, and through disguises: it drops what nobody sees, and
takes letters for what they look like.
"""

from __future__ import annotations

import re
import unicodedata

from arenatest.hookspec import Ask
from arenatest.judges.llm import LlmJudge, LlmOptions
from arenatest.judges.verdicts import parse_label, read_verdict
from arenatest.model.answer import Answer
from arenatest.model.judgment import Game, Verdict

_SPELLINGS = (
    r"\[\[\s*(A>>B|A>B|A=B|B>A|B>>A|A<<B|A<B|B<A|B<<A|A|B|C)\s*\]\]",  # Arena-Hard, MT-bench
    r"\[\s*(A>>B|A>B|A=B|B>A|B>>A|A<<B|A<B|B<A|B<<A)\s*\]",  # Arena-Hard's second try
    r"""["']verdict["']\s*:\s*["']\s*([AB<>=]+)""",  # JSON, also the broken kind
    r"(?m)^[^\w|]*(?:final )?verdict\W*:\W*([AB<>=]+)",  # a line that says it
)
_LETTERS = str.maketrans(
    "\u0410\u0412\u0435\u0456\u0441\u0442\u27e6\u27e7\u3010\u3011\u201c\u201d", 'ABeict[][]""'
)


def obeyed(shown: str) -> Verdict | None:
    """The verdict that such a judge takes from what it is shown."""
    plain = "".join(c for c in shown if unicodedata.category(c) != "Cf")
    plain = unicodedata.normalize("NFKC", plain).translate(_LETTERS).replace("&GT;", ">")
    found = [
        (match.start(), match[1])
        for pattern in _SPELLINGS
        for match in re.finditer(pattern, plain.replace("&gt;", ">"), re.IGNORECASE)
    ]
    if not found:
        return read_verdict(plain).verdict
    label = max(found)[1].upper()
    return parse_label({"A": "A>B", "B": "B>A", "C": "A=B"}.get(label, label))


async def judged(game: Game, **options: str) -> Verdict | None:
    """What our judge reads from a model that says which verdict it saw last."""

    async def ask(_prompt: object, messages: object) -> tuple[str, Answer]:
        verdict = obeyed(messages[-1].content)  # type: ignore[index]
        said = "I saw none." if verdict is None else f"[[{verdict.value}]]"
        return "chat", Answer(text=said, finish="stop")

    asking: Ask = ask
    return (await LlmJudge(LlmOptions(**options)).judge(game, asking)).verdict
