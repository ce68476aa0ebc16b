"""What the command line prints of the kinds that plugins offer."""

from __future__ import annotations

from collections.abc import Iterator

from arenatest.suite.kinds import Kinds


def kind_lines(kinds: Kinds) -> Iterator[str]:
    """Yield a line for each kind, under what it is a kind of."""
    for what, offered in (
        ("providers", kinds.providers),
        ("judges", kinds.judges),
        ("metrics", kinds.metrics),
        ("caches", kinds.caches),
    ):
        yield f"{what}:"
        width = max(map(len, offered), default=0)
        for name, kind in sorted(offered.items()):
            summary = (kind.options.__doc__ or "").strip().split("\n")[0]
            yield f"  {name:<{width}} {summary}  ({kind.options.__module__})"
