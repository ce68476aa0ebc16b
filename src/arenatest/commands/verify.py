"""``arenatest verify``: whether the store still says what was written."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from arenatest.commands.configured import configured
from arenatest.commands.registry import Commands

if TYPE_CHECKING:
    from arenatest.keeping.findings import Findings

BROKEN = 1
"""Exit status where something is not as it was written."""


def add(commands: Commands) -> None:
    """Add the command to the command line."""
    said = "check every record, hash and verdict of the store"
    verify = commands.add_parser("verify", help=said, description=said)
    verify.add_argument("--store", help="default: as for pytest --arena")
    verify.add_argument("--json", action="store_true", help="print JSON, for programs")
    verify.set_defaults(run=_run)


def finding_lines(findings: Findings, place: str) -> Iterator[str]:
    """Yield what is wrong with a store, in a line each, and what was looked at."""
    from arenatest.report.phrases import plural

    for finding in findings.told:
        yield _line(f"{finding.kind}: {finding}")
    for kind, count in findings.untold.items():
        yield f"{kind}: {count:,} more"
    for note in findings.notes:
        yield _line(f"note: {note}")
    looked = ", ".join(plural(n, what.removesuffix("s")) for what, n in findings.looked.items())
    yield f"looked at {looked or 'nothing'}"
    problems = plural(findings.count, "problem") if findings.count else "no problem"
    yield _line(f"{place}: {problems}")


def findings_json(findings: Findings, place: str) -> str:
    """Return the same as JSON."""
    return json.dumps(
        {
            "store": place,
            "problems": [asdict(finding) for finding in findings.told],
            "more": dict(findings.untold),
            "notes": findings.notes,
            "looked_at": dict(findings.looked),
        },
        indent=2,
    )


def _run(options: argparse.Namespace) -> int:
    broken = False

    def verify_store(config: pytest.Config) -> None:
        nonlocal broken
        import arenatest
        from arenatest.collection.options import store_place
        from arenatest.keeping.verify import verify
        from arenatest.store import open_store

        with open_store(store_place(config), create=False) as store:
            findings = verify(store, version=arenatest.__version__)
            broken = findings.count > 0
            if options.json:
                print(findings_json(findings, store.place))
            else:
                print("\n".join(finding_lines(findings, store.place)))

    given = () if options.store is None else (f"--arena-store={options.store}",)
    status = configured(verify_store, given)
    return status or (BROKEN if broken else 0)


def _line(text: str) -> str:
    from arenatest.report.escape import for_terminal

    return " ".join(for_terminal(text).split())
