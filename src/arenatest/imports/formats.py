"""The formats that runs are imported from, by the names that people type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from arenatest.imports import alpaca_eval, arena_hard, evalscope, langfuse, lmsys, mt_bench
from arenatest.imports.found import Found
from arenatest.imports.losses import Losses

Read = Callable[[Sequence[Path], Losses, str | None], Iterator[Found]]
"""Yields what files hold: the files, what takes what they cannot say, and who is the baseline."""

FORMATS: Mapping[str, Read] = {
    "alpaca-eval": alpaca_eval.read,
    "arena-hard": arena_hard.read,
    "evalscope": evalscope.read,
    "langfuse": langfuse.read,
    "lmsys": lmsys.read,
    "mt-bench": mt_bench.read,
}
