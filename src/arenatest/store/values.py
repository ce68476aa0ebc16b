"""Rows of calls as values: read by the thousand, so by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import Boolean

from arenatest.model.answer import Answer, Failure, Timing, TimingSource, Usage
from arenatest.model.microseconds import A_SECOND
from arenatest.store import schema
from arenatest.store.codec import text_from_cell
from arenatest.store.ids import id_from_bytes
from arenatest.store.types import Cell, Id, Named, Seconds

_SOURCES = {source: source for source in get_args(TimingSource)}  # each row has its own else
_FROM_FINISH_TO_GAPS = slice(13, -2)
ANSWER_COLUMNS = tuple(schema.generation.c)[_FROM_FINISH_TO_GAPS]
"""What :func:`answer_from_row` takes, in order."""

_NAMES, _CLOCKS, _FLAGS, _IDS, _CELLS = (
    tuple(place for place, one in enumerate(ANSWER_COLUMNS) if isinstance(one.type, kind))
    for kind in (Named, Seconds, Boolean, Id, Cell)
)

COUNTS = slice(4, 9)
"""What :func:`usage_from_row` takes of them."""

TIMING_COLUMNS = ANSWER_COLUMNS[14:]
"""What :func:`timing_from_row` takes, in order."""
_FIELDS = ("source", *(one.name for one in TIMING_COLUMNS[1:]), "gaps")
_WRITES = tuple(getattr(Timing, name).__set__ for name in _FIELDS)


def decoded(row: Sequence[Any], names: Mapping[Any, Any]) -> list[Any]:
    """Return ``ANSWER_COLUMNS`` as they are taken, of values as the database holds them.

    Args:
        row: The values of ``raw`` columns.
        names: By their numbers.
    """
    values = [*row]
    for place in _NAMES:
        values[place] = names[row[place]]
    for place in _CLOCKS:
        if (count := row[place]) is not None:
            values[place] = count / A_SECOND
    for place in _FLAGS:
        if (flag := row[place]) is not None:
            values[place] = bool(flag)
    for place in _IDS:
        if (body := row[place]) is not None:
            values[place] = id_from_bytes(bytes(body))
    for place in _CELLS:
        if (cell := row[place]) is not None:
            values[place] = text_from_cell(cell)
    return values


def answer_from_row(
    row: Sequence[Any],
    *,
    text: str,
    reasoning: str,
    usage: Usage | None,
    gaps: tuple[float, ...] = (),
) -> Answer:
    """Return the answer of ``ANSWER_COLUMNS`` with its texts and what it used."""
    finish, model, request_id, response_id = row[:4]
    return Answer(
        text=text,
        reasoning=reasoning,
        finish=finish,
        usage=usage,
        timing=None if row[14] is None else timing_from_row(row[14:], gaps=gaps),
        failure=None if row[9] is None else _failure_from_row(row[9:14]),
        model=model,
        request_id=request_id,
        response_id=response_id,
    )


def timing_from_row(row: Sequence[Any], *, gaps: tuple[float, ...] = ()) -> Timing:
    """Return the clocks of ``TIMING_COLUMNS``."""
    source, queue_wait, connect, ttfb, ttft, ttfat, tpot, e2e, wall, icl, reads, reused = row[:12]
    held, lag, stream_lag, server, server_queue, load = row[12:]
    values = (
        _SOURCES.get(source, source),
        queue_wait,
        connect,
        ttfb,
        ttft,
        ttft if ttfat == ttft else ttfat,  # nearly always: one object less to hold
        tpot,
        ttft if e2e == ttft else e2e,
        wall,
        icl,
        reads,
        reused,
        0.0 if held == 0.0 else held,
        lag,
        stream_lag,
        server,
        server_queue,
        load,
        gaps,
    )
    timing = object.__new__(Timing)  # half the time of naming each: thousands are read
    for write, value in zip(_WRITES, values, strict=True):
        write(timing, value)
    return timing


def usage_from_row(row: Sequence[Any]) -> Usage | None:
    """Return the counts of ``ANSWER_COLUMNS``; None where there were none."""
    has_usage, input_tokens, output_tokens, reasoning_tokens, cached_tokens = row[COUNTS]
    if not has_usage:
        return None
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        reasoning_tokens=reasoning_tokens,
        cached_tokens=cached_tokens,
    )


def _failure_from_row(row: Sequence[Any]) -> Failure:
    kind, message, status, retryable, retry_after = row
    return Failure(
        kind=kind, message=message, status=status, retryable=retryable, retry_after=retry_after
    )
