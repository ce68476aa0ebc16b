"""Writes what was found as files of a suite: prompts, answers to replay, and what people said.

The clocks of others are left out: a suite could gate on recorded ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from arenatest.exchange.folder import whole_folder
from arenatest.imports.conversations import UNKNOWN
from arenatest.imports.found import Said, Voted
from arenatest.imports.grouping import Group
from arenatest.imports.heap import Heap
from arenatest.imports.losses import Losses
from arenatest.model.prompt import Prompt
from arenatest.suite.names import slug

PROMPTS, LABELS = "prompts.jsonl", "labels"

_LONGEST = 80  # characters of a file's name, before its suffix
_SURROGATE = re.compile("[\ud800-\udfff]")


def write_replays(
    heap: Heap, group: Group | None, folder: Path, losses: Losses
) -> Mapping[str, Path]:
    """Write ``prompts.jsonl``, a file of answers for each model, and labels for each pair.

    Args:
        heap: Everything found.
        group: Whose battles labels are written for; None for nobody's.
        folder: Appears whole or not at all.
        losses: Takes what a suite cannot hold.

    Returns:
        The file of each model.

    Raises:
        OptionError: The folder is not empty, or cannot be written.
    """
    names = _file_names(heap.answerers())
    with whole_folder(folder) as made:
        _write(made / PROMPTS, _records(heap, losses))
        for model, name in names.items():
            _write(made / name, _answers(heap, model))
        labels = {} if group is None else _labels_of(heap, group)
        files = _file_names(other for other, said in labels.items() if said)
        for other, name in files.items():
            (made / LABELS).mkdir(exist_ok=True)
            _write(made / LABELS / name, labels[other])
    return {model: folder / name for model, name in names.items()}


def _records(heap: Heap, losses: Losses) -> Iterator[dict[str, Any]]:
    """Yield the records of a dataset: a conversation is one, with its turns."""
    for prompt in heap.prompts():
        if prompt.turn:
            continue
        turns = [prompt] if prompt.conversation is None else heap.turns(prompt.conversation)
        texts = [message.content for one in turns for message in one.messages]
        if not texts or not all(text.strip() for text in texts):
            losses.miss("prompts without a text, for suites", prompt.id)
        elif any(map(_SURROGATE.search, texts)) or turns[0].messages[-1].role != "user":
            losses.miss("prompts that a suite cannot hold", prompt.id)
        else:
            yield _record(prompt, turns)


def _record(prompt: Prompt, turns: list[Prompt]) -> dict[str, Any]:
    references = [one.reference for one in turns]
    record: dict[str, Any] = {
        "id": prompt.conversation or prompt.id,
        "response": references if len(turns) > 1 and any(references) else prompt.reference,
        "category": prompt.category,
        "subset": prompt.subset,
        "family": prompt.family,
        "tags": list(prompt.tags) or None,
    }
    if prompt.conversation is not None:
        record["turns"] = [one.text for one in turns]
    elif len(prompt.messages) == 1:
        record["query"] = prompt.text
    else:
        record["messages"] = [asdict(message) for message in prompt.messages]
    return record


def _answers(heap: Heap, model: str) -> Iterator[dict[str, Any]]:
    for name in heap.prompts_of([model]):
        said = heap.said(model, name)
        if said is not None and said.answer.ok:
            yield _answer(said)


def _answer(said: Said) -> dict[str, Any]:
    answer = said.answer
    usage = None if answer.usage is None else asdict(answer.usage)
    return {
        "prompt_id": said.prompt,
        "text": answer.text,
        "reasoning": answer.reasoning or None,
        "finish": None if answer.finish == UNKNOWN else answer.finish,
        "model": answer.model or said.model,
        "usage": usage and {name: count for name, count in usage.items() if count is not None},
    }


def _labels_of(heap: Heap, group: Group) -> dict[str, list[dict[str, Any]]]:
    return {other: _labels(heap, group.baseline, other) for other in group.candidates}


def _labels(heap: Heap, baseline: str, candidate: str) -> list[dict[str, Any]]:
    """Return what people said, as the labels of a suite: each person once of each battle."""
    labels: dict[tuple[str, str], dict[str, Any]] = {}
    for number, vote in enumerate(heap.voted(baseline, candidate), start=1):
        person = vote.person or f"vote {number}"
        labels[vote.prompt, person] = {
            "prompt_id": vote.prompt,
            "candidate": candidate,
            "winner": _winner(vote),
            "annotator": person,
        }
    return list(labels.values())


def _winner(vote: Voted) -> str:
    return {1.0: vote.first, 0.0: vote.second}.get(vote.score, "tie")


def _file_names(models: Iterable[str]) -> dict[str, str]:
    """Return a file name for each model: no two are equal, also where case does not count."""
    names: dict[str, str] = {}
    taken = {PROMPTS, LABELS}
    for model in models:
        name = slug(model)
        if (
            len(name) > _LONGEST
            or name.startswith((".", "-"))
            or f"{name}.jsonl".casefold() in taken
        ):
            digest = sha256(model.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            name = f"{name[:_LONGEST].strip('.-')}-{digest}"
        names[model] = f"{name}.jsonl"
        taken.add(names[model].casefold())
    return names


def _write(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="ascii", newline="\n") as file:
        for record in records:
            known = {name: value for name, value in record.items() if value is not None}
            file.write(f"{json.dumps(known)}\n")
