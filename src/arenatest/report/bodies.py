"""The battles as the page's script reads them: a columnar index, and bodies in compressed chunks.

Everything is JSON, gzipped and in base64, so that no text of a model ever stands in the markup.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from arenatest.model.answer import Answer
from arenatest.model.judgment import Judgment
from arenatest.model.prompt import Prompt
from arenatest.model.record import Answered
from arenatest.report.battles import Battle, Seated
from arenatest.report.jury import named_votes
from arenatest.report.phrases import measured_words

CHUNK = 100
"""Battles in one chunk: larger ones open slower and are hardly smaller."""
LONGEST = 200_000
"""Characters of one text that the report holds; ``arenatest show`` prints the whole."""

Chosen = Collection[int]  # the places of battles whose bodies come in

_GZIP = 16  # tells zlib to write gzip's header, which holds no time
_LEVEL = 5  # of gzip: within 2 % of the default at two thirds of its time
_PACKED = 0.55  # base64 of gzip over JSON, for ordinary prose: the first guess of a budget
_TRIES = 4  # of fitting a budget: a guess, then what was measured
_AMPLE = 0.85  # of the budget used is enough
_EXCERPT = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What is embedded, in base64: gzipped JSON.

    Attributes:
        index: Columns of all battles.
        chats: The chat ids of every battle, in the index's order.
        chunks: Bodies, ``CHUNK`` battles each; null for those left out.
        left_out: Battles whose body did not fit the budget.
    """

    index: bytes
    chats: bytes
    chunks: tuple[bytes, ...]
    left_out: int


def pack(battles: Sequence[Battle], *, budget: int) -> Packed:
    """Return the battles packed into at most about ``budget`` bytes.

    The index always holds all of them. Bodies come in by what a reader looks for: losses, then
    orders that disagree, then voids, then the rest.
    """
    index = _index(battles, range(len(battles)))
    sizes: list[int] = []
    chats = _packed(_listed(_chats(battles, sizes)))
    chosen, chunks = _fitted(battles, sizes, budget - _embedded(chats) - _embedded(index))
    left_out = len(battles) - len(chosen)
    if left_out:
        index = _index(battles, chosen)
    return Packed(index=index, chats=chats, chunks=chunks, left_out=left_out)


def _fitted(
    battles: Sequence[Battle], sizes: Sequence[int], budget: int
) -> tuple[Chosen, tuple[bytes, ...]]:
    """Return which bodies come in and their chunks: as many as fit, at most ``budget`` bytes."""
    best: tuple[Chosen, tuple[bytes, ...]] = ((), _chunks(battles, ()))
    share = _PACKED
    for _ in range(_TRIES):
        chosen = _chosen(battles, sizes, budget / share)
        chunks = _chunks(battles, chosen)
        size = sum(map(_embedded, chunks))
        if size <= budget and len(chosen) >= len(best[0]):
            best = (chosen, chunks)
        full = len(best[0]) == len(battles) or _AMPLE * budget <= size <= budget
        if full or not chosen:
            break
        share = 1.04 * size / sum(sizes[place] for place in chosen)
    return best


def _chunks(battles: Sequence[Battle], chosen: Chosen) -> tuple[bytes, ...]:
    return tuple(
        _packed([_json(_chunk(battles[start : start + CHUNK], chosen, start))])
        for start in range(0, len(battles), CHUNK)
    )


def _chosen(battles: Sequence[Battle], sizes: Sequence[int], room: float) -> Chosen:
    if sum(sizes) <= room:
        return range(len(battles))
    chosen: set[int] = set()
    for place in sorted(range(len(battles)), key=lambda place: (urgency(battles[place]), place)):
        if sizes[place] <= room:
            room -= sizes[place]
            chosen.add(place)
    return chosen


def urgency(battle: Battle) -> int:
    """Return how early a reader wants to see this battle: 0 first."""
    if battle.outcome == "loss":
        return 0
    if battle.disagree:
        return 1
    return {"void": 2, "win": 3, "tie": 4}.get(battle.outcome, 5)


def _chats(battles: Iterable[Battle], sizes: list[int]) -> Iterator[list[str]]:
    """Yield the chat ids of each battle; about how large it is, is noted on the way."""
    for battle in battles:
        answered = [one for one in (battle.baseline, battle.answered) if one is not None]
        said = [judgment for _, judgment in battle.games]
        sizes.append(_size(battle.prompt, [one.answer for one in answered], said))
        calls = [judgment.chat_id for judgment in said]
        yield [one.chat_id for one in answered] + [call for call in calls if call is not None]


def _size(prompt: Prompt, answers: Iterable[Answer], said: Iterable[Judgment]) -> int:
    return (
        600
        + sum([min(answer.length + len(answer.reasoning), LONGEST) for answer in answers])
        + sum([min(len(judgment.explanation), LONGEST) + 80 for judgment in said])
        + sum([len(message.content) for message in prompt.messages])
    )


def _index(battles: Sequence[Battle], chosen: Chosen) -> bytes:
    suites = _Names(battle.suite for battle in battles)
    candidates = _Names(battle.candidate for battle in battles)
    categories = _Names(battle.prompt.category or "" for battle in battles)
    excerpts = (" ".join(battle.prompt.text[:_EXCERPT].split()) for battle in battles)
    parts: dict[str, Iterable[str]] = {
        "chunk": [_json(CHUNK)],
        "suites": [_json(suites.names)],
        "candidates": [_json(candidates.names)],
        "categories": [_json(categories.names)],
        "id": _listed(battle.id for battle in battles),
        "prompt": _listed(battle.prompt.id for battle in battles),
        "suite": _listed(suites.places),
        "candidate": _listed(candidates.places),
        "category": _listed(categories.places),
        "outcome": _listed(battle.outcome for battle in battles),
        "score": _listed(battle.score for battle in battles),
        "disagree": _listed(int(battle.disagree) for battle in battles),
        "failed": _listed(int(_failed(battle)) for battle in battles),
        "excerpt": _listed(excerpts),
        "body": _listed(int(place in chosen) for place in range(len(battles))),
    }
    return _packed(_object(parts))


class _Names:
    """A column of repeated names: each once, and where it stands."""

    def __init__(self, column: Iterable[str]) -> None:
        known: dict[str, int] = {}
        self.places = [known.setdefault(name, len(known)) for name in column]
        self.names = list(known)


def _failed(battle: Battle) -> bool:
    return _is_failure(battle.baseline) or _is_failure(battle.answered)


def _is_failure(answered: Answered | None) -> bool:
    return answered is not None and not answered.answer.ok


def _chunk(battles: Sequence[Battle], chosen: Chosen, start: int) -> dict[str, object]:
    prompts: dict[int, int] = {}  # by identity: within a run equal places hold the same object
    answers: dict[int, int] = {}
    texts: dict[str, list[dict[str, object]]] = {"answers": [], "prompts": []}

    def prompt_place(battle: Battle) -> int:
        key = id(battle.prompt)
        if key not in prompts:
            prompts[key] = len(prompts)
            texts["prompts"].append(_prompt(battle.prompt))
        return prompts[key]

    def answer_place(answered: Answered | None) -> int | None:
        if answered is None:
            return None
        key = id(answered)
        if key not in answers:
            answers[key] = len(answers)
            texts["answers"].append(_answer(answered))
        return answers[key]

    bodies = [
        {
            "b": answer_place(battle.baseline),
            **({"by": battle.parts} if any(battle.parts) else {}),
            "c": answer_place(battle.answered),
            **({} if battle.forfeit is None else {"forfeit": battle.forfeit}),
            "g": [_game(game) for game in battle.games],
            "p": prompt_place(battle),
            "repeat": battle.repeat,
            "same": battle.identical,
            **({"values": _values(battle)} if battle.plan.metrics else {}),
            **({"votes": named_votes(battle)} if _by_jury(battle) else {}),
            "why": battle.cause,
        }
        if start + place in chosen
        else None
        for place, battle in enumerate(battles)
    ]
    return {"answers": texts["answers"], "battles": bodies, "prompts": texts["prompts"]}


def _values(battle: Battle) -> list[list[str]]:
    """Return in words what metrics measured on each side's answer."""
    return [[_cut(measured_words(*one)) for one in side] for side in battle.values]


def _by_jury(battle: Battle) -> bool:
    return len(battle.plan.judges) > 1 and bool(battle.votes)


def _prompt(prompt: Prompt) -> dict[str, object]:
    return {
        "id": prompt.id,
        "labels": [
            f"{name} {value}"
            for name, value in (
                ("dataset", prompt.dataset),
                ("subset", prompt.subset),
                ("category", prompt.category),
                ("tags", ", ".join(prompt.tags)),
            )
            if value
        ],
        "messages": [[message.role, _cut(message.content)] for message in prompt.messages],
        "reference": None if prompt.reference is None else _cut(prompt.reference),
    }


def _answer(answered: Answered) -> dict[str, object]:
    answer = answered.answer
    timing, usage = answer.timing, answer.usage
    return {
        "attempts": answered.attempts,
        "chat": answered.chat_id,
        "cost": answered.cost,
        "e2e": None if timing is None else timing.e2e,
        "failure": _failure(answer),
        "finish": answer.finish,
        "in": None if usage is None else usage.input_tokens,
        "model": answer.model,
        "out": None if usage is None else usage.output_tokens,
        "reasoning": _cut(answer.reasoning),
        "request": answer.request_id,
        "reused": answered.reused,
        "text": _cut(answer.text),
        "ttft": None if timing is None else timing.ttft,
    }


def _failure(answer: Answer) -> str | None:
    failure = answer.failure
    if failure is None:
        return None
    status = f" (HTTP {failure.status})" if failure.status is not None else ""
    return f"{failure.kind}{status}: {failure.message}"


def _game(game: Seated) -> dict[str, object]:
    (judge, again, order), said = game
    return {
        "chat": said.chat_id,
        "judge": judge,
        "order": order,
        "repeat": again,
        "score": said.candidate_score(order),
        "verdict": said.verdict,
        "void": said.void,
        "why": _cut(said.explanation),
    }


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n⟦cut here: {len(text):,} characters in all⟧"


def _object(parts: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield an object as JSON, its parts piece by piece."""
    comma = "{"
    for name in sorted(parts):
        yield f"{comma}{_json(name)}:"
        yield from parts[name]
        comma = ","
    yield "}"


def _listed(values: Iterable[object]) -> Iterator[str]:
    """Yield a list as JSON, piece by piece: nobody need hold all of thousands of values."""
    values, comma = iter(values), ""
    yield "["
    while piece := list(islice(values, CHUNK)):
        yield comma + _json(piece)[1:-1]
        comma = ","
    yield "]"


def _json(value: object) -> str:
    """Return JSON, each object's keys as they stand: in order, so that nobody has to sort them."""
    return _JSON.encode(value)


def _packed(pieces: Iterable[str]) -> bytes:
    gzip = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | _GZIP)
    body = [gzip.compress(piece.encode("utf-8", "backslashreplace")) for piece in pieces]
    return b"".join((*body, gzip.flush()))


def _embedded(body: bytes) -> int:
    """Return how many bytes of the page it takes, in base64."""
    return 4 * -(-len(body) // 3)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
