"""EvalScope: a task's output folder with ``predictions``, ``reviews`` and ``reports``.

Below ``predictions`` and ``reviews`` there is a folder for each model, and in it a file for each
dataset and subset. Reviews of ``general_arena`` are battles; ``DATASET&SUBSET@MODEL&BASELINE`` in
the name of their file says between whom.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from arenatest.imports.conversations import UNKNOWN, messages_of, text_of
from arenatest.imports.files import read_rows
from arenatest.imports.found import Fought, Found, Preferred, Said, Scored
from arenatest.imports.losses import Losses, parsed
from arenatest.imports.rows import Row, count_of, name_of, number_of
from arenatest.imports.verdicts import labelled
from arenatest.model.answer import Answer, Failure, Timing, Usage
from arenatest.model.prompt import Message, Prompt
from arenatest.suite.mistakes import Mistake, got

_ARENA = re.compile(r"general_arena_(?P<dataset>.+)&(?P<subset>[^@]*)@(?P<pair>.+)")
_FIRST_USER = re.compile(r"\*\*User\*\*: \n")  # how older versions flatten their messages
_FINISHES = {"stop": "stop", "max_tokens": "length", "content_filter": "content_filter"}
_BOTH = 2


def read(files: Sequence[Path], losses: Losses, baseline: str | None) -> Iterator[Found]:
    """Yield what files hold."""
    del baseline  # the files say it
    for file in files:
        if file.absolute().parent.parent.name == "reports":
            losses.miss("reports: figures are computed again from the reviews", str(file))
        elif file.name.startswith("general_arena_"):
            yield from _named(parsed(read_rows(file, losses), losses, partial(_battle, file)))
        else:
            yield from parsed(read_rows(file, losses), losses, partial(_sample, file, losses))


def _named(found: Iterable[Found]) -> Iterator[Found]:
    """Yield what is found in one file, games without a judge's name last, with that of the others.

    Reviews that EvalScope could not use may not say who judged.
    """
    nameless: list[Fought] = []
    judge = "judge"
    for one in found:
        if isinstance(one, Fought):
            if not one.judge:
                nameless.append(one)
                continue
            judge = one.judge
        yield one
    yield from (replace(one, judge=judge) for one in nameless)


def _sample(file: Path, losses: Losses, row: Row) -> Iterable[Found]:
    if row.has("model_output"):
        return _predicted(file, row)
    if row.has("sample_score"):
        return _reviewed(file, row, losses)
    raise Mistake("expected a prediction (model_output) or a review (sample_score)")


def _predicted(file: Path, row: Row) -> Iterator[Found]:
    name, output = _id(file, row), row.table_or("model_output")
    prompt = _prompt(name, file, row)
    if prompt is not None:
        yield prompt
    model = row.text_or("model") or _model(file)
    error = output.get("error")
    choices = output.get("choices")
    if isinstance(error, str) and error:
        answer = Answer(failure=Failure(kind="provider", message=error))
    elif not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise got(choices, "a list of choices", place=("model_output", "choices"))
    else:
        answer = _answer(choices[0], output)
    yield Said(model=model, prompt=name, answer=answer)


def _answer(choice: Mapping[str, Any], output: Mapping[str, Any]) -> Answer:
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise got(message, "a message", place=("model_output", "choices", 0, "message"))
    place = ("model_output", "choices", 0, "message", "content")
    parts = message.get("content")
    thought = ""
    if isinstance(parts, list):
        tables = [part for part in parts if isinstance(part, Mapping)]
        thought = "\n".join(str(part.get("reasoning") or "") for part in tables).strip()
        parts = [part for part in tables if part.get("type") == "text"] or [{"text": ""}]
    finish = choice.get("stop_reason", choice.get("finish_reason"))
    return Answer(
        text=text_of(parts, *place),
        reasoning=thought,
        finish=_FINISHES.get(finish, finish) if isinstance(finish, str) else UNKNOWN,
        usage=_usage(output.get("usage")),
        timing=_timing(output, message),
        model=output.get("model") if isinstance(output.get("model"), str) else None,
    )


def _usage(value: object) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    return Usage(
        input_tokens=count_of(value.get("input_tokens")),
        output_tokens=count_of(value.get("output_tokens")),
        reasoning_tokens=count_of(value.get("reasoning_tokens")),
        cached_tokens=count_of(value.get("input_tokens_cache_read")),
    )


def _timing(output: Mapping[str, Any], message: Mapping[str, Any]) -> Timing | None:
    """Return the clocks of a prediction: another program's, and so unfit for gates."""
    found = message.get("perf_metrics") or output.get("perf_metrics")
    perf = found if isinstance(found, Mapping) else {}
    e2e = number_of(perf.get("latency") or output.get("time"))
    ttft = number_of(perf.get("ttft"))
    if e2e is None and ttft is None:
        return None
    return Timing(source="unfit", ttft=ttft, tpot=number_of(perf.get("tpot")), e2e=e2e)


def _reviewed(file: Path, row: Row, losses: Losses) -> Iterator[Found]:
    name, model = _id(file, row), _model(file)
    prompt = _prompt(name, file, row)
    if prompt is not None:
        yield prompt
    score = _score(row)
    said = score.get("prediction")
    if isinstance(said, str):
        yield Said(model=model, prompt=name, answer=Answer(text=said, finish=UNKNOWN))
    values = score.get("value")
    for metric, value in values.items() if isinstance(values, Mapping) else ():
        number = number_of(value)
        if number is None:
            losses.miss("values of metrics without a number", row.place)
        else:
            yield Scored(metric=str(metric), model=model, prompt=name, value=number)


def _battle(file: Path, row: Row) -> Iterator[Found]:
    named = _ARENA.fullmatch(file.name.split(".jsonl")[0])
    if named is None:
        expected = "a file named general_arena_DATASET&SUBSET@MODEL&BASELINE.jsonl"
        raise Mistake(f"expected {expected}")
    score = _score(row)
    details = score.get("metadata")
    battle = details.get("battle_result") if isinstance(details, Mapping) else None
    games = battle.get("games") if isinstance(battle, Mapping) else None
    if games is None:
        games = _unused(row, named["pair"])
    elif not isinstance(games, list) or not 0 < len(games) <= _BOTH:
        place = ("sample_score", "score", "metadata", "battle_result", "games")
        raise got(games, "one game or two", place=place)
    candidate, baseline = _seat(games[0], "model_a"), _seat(games[0], "model_b")
    name = f"{named['dataset']}_{named['subset']}/{row.name('index')}"
    asked = _asked(row)
    if asked:
        yield Prompt(id=name, messages=asked, dataset=named["dataset"], subset=named["subset"])
    yield from _texts(row, score, name, (candidate, baseline))
    yield from _games(games, score, name, baseline)


def _unused(row: Row, pair: str) -> list[Mapping[str, Any]]:
    """Return the games of a battle whose verdicts EvalScope could not use: they have none."""
    details = row.table_or("sample_score").get("sample_metadata")
    candidate, _, baseline = pair.rpartition("&")
    if isinstance(details, Mapping):
        candidate = details.get("model_1") or candidate
        baseline = details.get("model_2") or baseline
    return [
        {"model_a": candidate, "model_b": baseline},
        {"model_a": baseline, "model_b": candidate},
    ]


def _games(
    games: Sequence[Any], score: Mapping[str, Any], name: str, baseline: str
) -> Iterator[Found]:
    judge, reasons = _judge(score), score.get("explanation")
    for game in games:
        first, second = _seat(game, "model_a"), _seat(game, "model_b")
        said = labelled(game.get("judgment"), reasons if isinstance(reasons, str) else "")
        if len(games) == _BOTH:
            yield Fought(
                prompt=name,
                first=first,
                second=second,
                judge=judge,
                judgment=said,
                baseline=baseline,
            )
        else:
            yield Preferred(
                prompt=name,
                first=first,
                second=second,
                judge=judge or "judge",
                score=None if said.verdict is None else said.verdict.score_of_a,
                baseline=baseline,
            )


def _texts(row: Row, score: Mapping[str, Any], name: str, sides: tuple[str, str]) -> Iterator[Said]:
    """Yield both answers of a battle."""
    details = row.table_or("sample_score").get("sample_metadata")
    ours = details.get("answer_1") if isinstance(details, Mapping) else None
    ours = ours if isinstance(ours, str) else score.get("extracted_prediction")
    target = row.fields.get("target")
    theirs = target[0] if isinstance(target, list) and target else target
    for model, text in zip(sides, (ours, theirs), strict=True):
        if isinstance(text, str):
            yield Said(model=model, prompt=name, answer=Answer(text=text, finish=UNKNOWN))


def _seat(game: object, seat: str) -> str:
    if not isinstance(game, Mapping):
        raise got(game, "a game", place=("battle_result", "games"))
    return name_of(game.get(seat), "battle_result", "games", seat)


def _judge(score: Mapping[str, Any]) -> str:
    """Return the name of who judged; empty where the review does not say."""
    summary = score.get("judge_summary") or score.get("judge_detail")
    models = summary.get("judge_models") if isinstance(summary, Mapping) else None
    if isinstance(models, list) and models and all(isinstance(one, str) for one in models):
        return "+".join(models)
    details = score.get("metadata")
    named = details.get("model") if isinstance(details, Mapping) else None
    return named if isinstance(named, str) else ""


def _score(row: Row) -> Mapping[str, Any]:
    score = row.table_or("sample_score").get("score")
    if not isinstance(score, Mapping):
        raise got(score, "a score", place=("sample_score", "score"))
    return score


def _model(file: Path) -> str:
    """Return whose file it is: that of the folder's name."""
    return file.absolute().parent.name or "model"


def _id(file: Path, row: Row) -> str:
    return f"{file.name.split('.jsonl')[0]}/{row.name('index')}"


def _prompt(name: str, file: Path, row: Row) -> Prompt | None:
    asked = _asked(row)
    if not asked:
        return None
    target = row.fields.get("target")
    reference = target[0] if isinstance(target, list) and target else target
    return Prompt(
        id=name,
        messages=asked,
        reference=reference if isinstance(reference, str) and reference else None,
        dataset=file.name.split(".jsonl")[0],
    )


def _asked(row: Row) -> tuple[Message, ...]:
    """Return what was asked: the messages up to the last of the user; none where it is unknown."""
    said = row.fields.get("messages") or row.fields.get("input")
    if not said:
        return ()
    if isinstance(said, str):
        return (Message(role="user", content=_FIRST_USER.sub("", said, count=1)),)
    messages = messages_of(said, "messages")
    places = [place for place, one in enumerate(messages) if one.role == "user"]
    return tuple(messages[: places[-1] + 1]) if places else ()
