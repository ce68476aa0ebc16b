"""Runs in the shape of EvalScope's output folder, so that its arena can take them from there.

``predictions`` and ``reviews`` hold the answers of each model, ``reports`` name the datasets. The
judgments are the reviews of a model that is called as the judge is, as those of its arena are.
There the candidate's answer is in seat A first, then the baseline's.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arenatest.exchange.battles import Settled, settled_battles
from arenatest.exchange.elsewhere import both_orders, pages_of_one_run, replies
from arenatest.exchange.evalscope_reports import Reports
from arenatest.exchange.evalscope_rows import (
    battle_score,
    battle_scored,
    judged_by,
    prediction,
    review,
)
from arenatest.exchange.line_files import FileNames, LineFiles
from arenatest.exchange.losses import Losses
from arenatest.exchange.manifest import FilePart, file_part
from arenatest.exchange.source import Source
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.plan import Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered, AnswerSlot, Ledger

ARENA = "general_arena"
"""What EvalScope calls its arena among its benchmarks."""

_EQUAL = Judgment(verdict=Verdict.TIE, explanation="The answers are equal: no judge was asked.")


def write_evalscope(source: Source, folder: Path, losses: Losses) -> dict[str, FilePart]:
    """Write one run into a folder as EvalScope's ``outputs/TIME`` is.

    Raises:
        OptionError: There are several runs.
    """
    pages = pages_of_one_run(source, losses)
    with LineFiles(folder) as files:
        shape = _Shape(source, files, losses)
        for page in pages:
            shape.write(page)
        losses.add("name", "of a model, judge or dataset, written otherwise", count=shape.changed)
        written = files.close()
    for name, report in shape.reports.files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{json.dumps(report, indent=2)}\n", encoding="ascii")
        written[name] = file_part(path, 1)
    return written


class _Shape:
    def __init__(self, source: Source, files: LineFiles, losses: Losses) -> None:
        self._source, self._files, self._losses = source, files, losses
        self._fit = losses.fit_for_utf8
        self._models, self._datasets, self._subsets = FileNames(), FileNames(), FileNames()
        self._counts: Counter[tuple[str, str]] = Counter()
        self.reports = Reports()

    @property
    def changed(self) -> int:
        """How many names are not as the suite has them."""
        return self._models.changed + self._datasets.changed + self._subsets.changed

    def write(self, page: Ledger) -> None:
        """Write a page of answers with their judgments."""
        indices: dict[tuple[str, int], int] = {}
        for prompt in page.plan.prompts:
            for repeat in range(page.plan.repeats if prompt.turn == 0 else 0):
                place = self._place(page.plan, prompt)
                indices[prompt.id, repeat] = self._counts[place]
                self._counts[place] += 1
                self._answers(page, prompt, repeat, indices[prompt.id, repeat])
        said = replies(self._source, page)
        for settled in settled_battles(page):
            if settled.prompt.turn == 0:
                index = indices[settled.prompt.id, settled.repeat]
                if settled.battle.games or settled.battle.equal:
                    self._battle(page, settled, said, index)
                elif settled.battle.forfeit:
                    self._losses.add("battle", "decided by how an answer ended, without a game")

    def _place(self, plan: Plan, prompt: Prompt) -> tuple[str, str]:
        subset = self._subsets[prompt.subset or "default"]
        return self._datasets[prompt.dataset or plan.suite], subset

    def _answers(self, page: Ledger, prompt: Prompt, repeat: int, index: int) -> None:
        names = [contestant.name for contestant in page.plan.contestants]
        answered = {name: page.answers.get(AnswerSlot(name, prompt.id, repeat)) for name in names}
        good = {name: one for name, one in answered.items() if one is not None and one.answer.ok}
        dataset, subset = self._place(page.plan, prompt)
        meta = {"prompt": self._fit(prompt.id), "category": prompt.category, "repeat": repeat}
        for name, one in good.items():
            model = self._models[name]
            messages = self._messages(prompt, one, model)
            line = prediction(one.answer, messages, model, index) | {"metadata": meta}
            self._files.write(f"predictions/{model}/{dataset}_{subset}.jsonl", line)
            if len(good) == len(answered):  # its arena wants the same indices of all models
                line = review(messages, index, prompt.reference and self._fit(prompt.reference))
                self._files.write(f"reviews/{model}/{dataset}_{subset}.jsonl", line)
                self.reports.add(model, dataset, "answered", subset, 1.0)
        if good and len(good) < len(answered):
            self._losses.add("prompt", "without reviews, for not everybody answered")
        given = sum(one is not None for one in answered.values())
        self._losses.add("failed answer", count=given - len(good))

    def _messages(self, prompt: Prompt, one: Answered, model: str) -> list[dict[str, Any]]:
        asked = [{"role": m.role, "content": self._fit(m.content)} for m in prompt.messages]
        answer = {"role": "assistant", "content": self._fit(one.answer.text)}
        return [*asked, answer | {"source": "generate", "model": model}]

    def _battle(self, page: Ledger, settled: Settled, said: dict[str, str], index: int) -> None:
        plan = page.plan
        names = self._models[settled.candidate], self._models[plan.baseline.name]
        pair = f"{'&'.join(self._place(plan, settled.prompt))}@{'&'.join(names)}"
        place = (settled.candidate, settled.prompt.id, settled.repeat)
        for judge in plan.judges:
            for again in range(judge.repeats):
                model = self._models[judge.name] + (f"~{again + 1}" if again else "")
                games = dict.fromkeys(Order, _EQUAL)
                if not settled.battle.equal:
                    games = both_orders(page, place, judge, again)
                line = self._reviewed(settled, games, names, said)
                score = battle_score(games)
                line["sample_score"]["score"]["judge_summary"] = judged_by(model, score)
                line["sample_score"] |= {"sample_id": index, "group_id": index}
                self._files.write(f"reviews/{model}/{ARENA}_{pair}.jsonl", {"index": index} | line)
                if score is not None:
                    self.reports.add(model, ARENA, "win_rate", pair, score)

    def _reviewed(
        self,
        settled: Settled,
        games: Mapping[Order, Judgment],
        names: tuple[str, str],
        said: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return the line of a battle, but for its number."""
        ours, theirs = (self._fit(one.answer.text) for one in (settled.ours, settled.theirs))
        words = [said.get(game.chat_id or "") or game.explanation for game in games.values()]
        score = battle_scored(games, names) | {
            "prediction": ours,
            "extracted_prediction": ours,
            "explanation": self._fit("\n\n".join(words)),
        }
        candidate, baseline = names
        meta = {"answer_1": ours, "model_1": candidate, "model_2": baseline}
        return {
            "target": [theirs] if theirs.strip() else None,
            "messages": self._messages(settled.prompt, settled.ours, candidate),
            "sample_score": {"score": score, "sample_metadata": meta},
        }
