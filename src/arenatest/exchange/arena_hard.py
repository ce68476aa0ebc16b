"""Runs in the shape of Arena-Hard-Auto: questions, answers and judgments under ``data/SUITE``.

Its first game has the baseline's answer in seat A, its second one the candidate's. A verdict is
about the seats, as ours is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from arenatest.exchange.battles import Settled, settled_battles
from arenatest.exchange.elsewhere import both_orders, pages_of_one_run, replies
from arenatest.exchange.line_files import FileNames, LineFiles
from arenatest.exchange.losses import Losses
from arenatest.exchange.manifest import FilePart
from arenatest.exchange.source import Source
from arenatest.model.judgment import Judgment, Order
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger
from arenatest.model.tokens import text_tokens

UNCATEGORIZED = "uncategorized"
"""The category of prompts without one: Arena-Hard wants one."""
EQUAL = "The answers are equal: a tie, for which no judge was asked."

_ORDERS = (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST)
_CODE = re.compile(r"```.*?```", re.DOTALL)


def write_arena_hard(source: Source, folder: Path, losses: Losses) -> dict[str, FilePart]:
    """Write one run into a folder that can be laid beside Arena-Hard-Auto's scripts.

    Raises:
        OptionError: There are several runs.
    """
    pages = pages_of_one_run(source, losses)
    with LineFiles(folder) as files:
        shape = _Shape(source, files, losses)
        for page in pages:
            shape.write(page)
        losses.add("name", "of a model or judge, written otherwise", count=shape.names.changed)
        return files.close()


class _Shape:
    def __init__(self, source: Source, files: LineFiles, losses: Losses) -> None:
        self._source, self._files, self._losses = source, files, losses
        self.names = FileNames()

    def write(self, page: Ledger) -> None:
        """Write a page of questions with all that was answered and judged."""
        self._root = f"data/{FileNames()[page.plan.suite]}"
        for prompt in page.plan.prompts:
            if prompt.turn == 0:
                for repeat in range(page.plan.repeats):
                    self._answers(page, prompt, repeat)
        said = replies(self._source, page)
        for settled in settled_battles(page):
            if settled.prompt.turn == 0:
                self._judgments(page, settled, said)

    def _answers(self, page: Ledger, prompt: Prompt, repeat: int) -> None:
        fit = self._losses.fit_for_utf8
        uid = fit(_uid(prompt, repeat))
        question = {"uid": uid, "category": fit(_category(prompt)), "prompt": fit(prompt.text)}
        self._files.write(f"{self._root}/question.jsonl", question)
        for contestant in page.plan.contestants:
            answered = page.answers.get(AnswerSlot(contestant.name, prompt.id, repeat))
            if answered is not None and answered.answer.ok:
                model = self.names[contestant.name]
                row: dict[str, Any] = {
                    "uid": uid,
                    "ans_id": answered.chat_id,
                    "model": model,
                    "messages": [
                        *({"role": m.role, "content": fit(m.content)} for m in prompt.messages),
                        {"role": "assistant", "content": _said(answered, fit)},
                    ],
                    "tstamp": answered.started,
                    "metadata": _style(answered),
                }
                self._files.write(f"{self._root}/model_answer/{model}.jsonl", row)
            elif answered is not None:
                self._losses.add("failed answer")

    def _judgments(self, page: Ledger, settled: Settled, said: dict[str, str]) -> None:
        if settled.battle.forfeit:
            self._losses.add("battle", "decided by how an answer ended, without a game")
        if settled.battle.forfeit or not (settled.battle.games or settled.battle.equal):
            return
        place = (settled.candidate, settled.prompt.id, settled.repeat)
        model = self.names[settled.candidate]
        for judge in page.plan.judges:
            for again in range(judge.repeats):
                name = self.names[judge.name] + (f"~{again + 1}" if again else "")
                games = [_tie(), _tie()]
                if not settled.battle.equal:
                    both = both_orders(page, place, judge, again)
                    games = [self._game(both[order], said) for order in _ORDERS]
                row = {
                    "uid": self._losses.fit_for_utf8(_uid(settled.prompt, settled.repeat)),
                    "category": self._losses.fit_for_utf8(_category(settled.prompt)),
                    "judge": name,
                    "model": model,
                    "baseline": self.names[page.plan.baseline.name],
                    "games": games,
                }
                self._files.write(f"{self._root}/model_judgment/{name}/{model}.jsonl", row)

    def _game(self, judgment: Judgment, said: dict[str, str]) -> dict[str, Any]:
        text = said.get(judgment.chat_id or "") or judgment.explanation
        if judgment.verdict is None:
            self._losses.add("void judgment", "with which Arena-Hard drops a battle")
        score = None if judgment.verdict is None else judgment.verdict.value
        return {"score": score, "judgment": {"answer": self._losses.fit_for_utf8(text)}}


def _uid(prompt: Prompt, repeat: int) -> str:
    return f"{prompt.id}~{repeat + 1}" if repeat else prompt.id


def _category(prompt: Prompt) -> str:
    return prompt.category or UNCATEGORIZED


def _tie() -> dict[str, Any]:
    return {"score": "A=B", "judgment": {"answer": EQUAL}}


def _said(answered: Answered, fit: Any) -> dict[str, str]:
    answer = answered.answer
    thought = {"thought": fit(answer.reasoning)} if answer.reasoning else {}
    return {**thought, "answer": fit(answer.text)}


def _style(answered: Answered) -> dict[str, Any]:
    """Return what Arena-Hard controls for: tokens, headings, lists and bold, outside of code."""
    text = _CODE.sub("", answered.answer.text)
    usage = answered.answer.usage
    counted = None if usage is None else usage.output_tokens
    return {
        "token_len": text_tokens(answered.answer.text) if counted is None else counted,
        "header_count": {f"h{n}": len(_headings(text, n)) for n in range(1, 7)},
        "list_count": {
            "ordered": len(re.findall(r"(?m)^[ \t]*\d+\.[ \t]", text)),
            "unordered": len(re.findall(r"(?m)^[ \t]*[-*+][ \t]", text)),
        },
        "bold_count": {
            "**": len(re.findall(r"\*\*[^*\n]+\*\*", text)),
            "__": len(re.findall(r"__[^_\n]+__", text)),
        },
    }


def _headings(text: str, depth: int) -> list[str]:
    return re.findall(rf"(?m)^#{{{depth}}}[ \t]", text)
