"""A good call as bytes that may leave the store and come back from anywhere: from a shared cache.

Whoever reads one trusts nothing in it: it is told from what is broken, cut, of another version or
put under another key, it is never executed, and it cannot grow beyond a limit.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from hashlib import sha256
from typing import Any, get_args

from arenatest.model.answer import Answer, Timing, TimingSource, Usage
from arenatest.model.record import Generation

LARGEST = 32 << 20
"""Bytes of a parcel once it is unpacked."""

_MARK = b"arenatest answer 1\n"
_DIGEST = 16  # bytes: against accidents; whoever can write to a cache can make his own
_CHAT_ID = re.compile(r"[\w.:-]{1,200}")
_MOST = 1_000_000  # of a repeat or an attempt
_COUNT = 2**63 - 1


def pack_call(call: Generation) -> bytes:
    """Return a call as bytes, the same for the same call.

    Raises:
        ValueError: It failed, or holds a number that is none.
    """
    answer = call.answer
    if answer.failure is not None:
        raise ValueError("a failed call is nobody's answer")
    body = {
        **{name: getattr(call, name) for name in _CALL},
        **{name: getattr(answer, name) for name in _ANSWER},
        "usage": answer.usage and {name: getattr(answer.usage, name) for name in _USAGE},
        "timing": answer.timing and {name: getattr(answer.timing, name) for name in _TIMING},
    }
    text = json.dumps(body, separators=(",", ":"), sort_keys=True, allow_nan=False)
    packed = zlib.compress(text.encode("ascii"), 1)
    return _MARK + _digest(call.key, packed) + packed


def unpack_call(key: str, parcel: bytes) -> Generation:
    """Return the call of a parcel: that of an answer, final, and without a failure.

    Args:
        key: Under which it was found.
        parcel: What was found there.

    Raises:
        ValueError: It is no parcel of this version, not one for this key, or damaged.
    """
    head = len(_MARK) + _DIGEST
    packed = parcel[head:]
    if parcel[:head] != _MARK + _digest(key, packed):
        raise ValueError("not an answer of this version under this key, or damaged")
    body = _unpacked(packed)
    usage, timing = body.get("usage"), body.get("timing")
    return Generation(
        role="answer",
        key=key,
        final=True,
        answer=Answer(
            usage=None if usage is None else Usage(**_read(usage, _USAGE)),
            timing=None if timing is None else Timing(**_timing(timing)),
            **_read(body, _ANSWER),
        ),
        **_read(body, _CALL),
    )


def _digest(key: str, packed: bytes) -> bytes:
    return sha256(b"%s\n%s" % (key.encode("utf-8", "surrogatepass"), packed)).digest()[:_DIGEST]


def _unpacked(packed: bytes) -> dict[str, Any]:
    gzip = zlib.decompressobj()
    try:
        text = gzip.decompress(packed, LARGEST)
        if not gzip.eof or gzip.unused_data:
            raise ValueError("too large, or cut")
        body = json.loads(text, parse_constant=_no_number)
    except (zlib.error, RecursionError, UnicodeError) as error:
        raise ValueError(f"damaged: {error}") from error
    if not isinstance(body, dict):
        raise ValueError("not a table")
    return body


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _read(raw: object, checks: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """Return the known keys of a table, each checked; a key that is missing is None.

    Raises:
        ValueError: It is no table, or one of its values is of another type.
    """
    if not isinstance(raw, dict):
        raise ValueError("not a table")
    values = {name: raw.get(name) for name in checks}
    for name, check in checks.items():
        if not check(values[name]):
            raise ValueError(f"{name} is {type(values[name]).__name__}, which it cannot be")
    return values


def _timing(raw: object) -> dict[str, Any]:
    values = _read(raw, _TIMING)
    return {**values, "gaps": tuple(values["gaps"])}


def _text(value: object) -> bool:
    return isinstance(value, str)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _COUNT


def _small(value: object) -> bool:
    return _count(value) and 0 <= value <= _MOST  # type: ignore[operator]


def _number(value: object) -> bool:
    return _count(value) or (isinstance(value, float) and math.isfinite(value))


def _maybe(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


_CALL: Mapping[str, Callable[[Any], bool]] = {
    "chat_id": lambda value: _text(value) and bool(_CHAT_ID.fullmatch(value)),
    "run": _text,
    "owner": _text,
    "prompt": _text,
    "repeat": _small,
    "attempt": _small,
    "started": _number,
    "cost": _maybe(_number),
}
_ANSWER: Mapping[str, Callable[[Any], bool]] = {
    "text": _text,
    "reasoning": _text,
    "finish": _maybe(_text),
    "model": _maybe(_text),
    "request_id": _maybe(_text),
    "response_id": _maybe(_text),
}
_USAGE: Mapping[str, Callable[[Any], bool]] = {
    field.name: _maybe(_count) for field in fields(Usage)
}
_TIMING: Mapping[str, Callable[[Any], bool]] = {
    **{field.name: _maybe(_number) for field in fields(Timing)},
    "source": lambda value: value in get_args(TimingSource),
    "gaps": lambda value: isinstance(value, (list, tuple)) and all(map(_number, value)),
    "reads": _count,
    "connection_reused": lambda value: value is None or isinstance(value, bool),
}
