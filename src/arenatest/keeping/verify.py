"""Checks a whole store: that it still says what was written, and that verdicts follow from it."""

from __future__ import annotations

from collections.abc import Callable

from arenatest.keeping.contents import check_plans, check_texts
from arenatest.keeping.findings import Finding, Findings, unreadable
from arenatest.keeping.identities import check_identities
from arenatest.keeping.references import check_references
from arenatest.keeping.rows import check_seals
from arenatest.keeping.verdicts import check_decisions
from arenatest.model.record import Ledger
from arenatest.store import Store
from arenatest.store.replaced import as_it_stood
from arenatest.store.upkeep import integrity_problems


def verify(store: Store, *, version: str) -> Findings:
    """Check everything that a store holds; nothing is changed.

    In memory is one row, one text, one plan or one run at a time.

    Args:
        store: Which one.
        version: Of this arenatest: verdicts of another one may be worded otherwise.
    """
    findings = Findings()
    for what, check in (
        ("the database", _check_database),
        ("the texts", check_texts),
        ("the plans", check_plans),
        ("the records", check_seals),
        ("what records refer to", check_references),
    ):
        _guarded(what, check, store, findings)
    _guarded("the runs", lambda store, found: _check_runs(store, found, version), store, findings)
    return findings


def _check_database(store: Store, findings: Findings) -> None:
    for problem in integrity_problems(store):
        findings.add(
            Finding(
                kind="database",
                where=store.place,
                found=problem,
                expected="a sound database",
                remedy="restore the store from a copy, or move it away and run again",
            )
        )


def _check_runs(store: Store, findings: Findings, version: str) -> None:
    for run in store.runs():
        found = Findings()
        found.looked["runs"] += 1
        try:
            ledger = store.load(run.id)
            check_identities(store, ledger, found)
            _check_decisions(store, ledger, found, version)
        except Exception as error:  # a damaged record may raise anything
            found.add(unreadable(f"run {run.id}", error))
        if found.count and repr(run) not in map(repr, store.runs(run.session)):
            continue  # it was pruned, finished or asked again meanwhile: that is no damage
        findings.take(found)


def _check_decisions(store: Store, ledger: Ledger, findings: Findings, version: str) -> None:
    def stood(candidate: str, gate: str) -> Ledger:
        with store.reading() as connection:
            return as_it_stood(connection, ledger, candidate, gate)

    recorded = store.decisions(ledger.run.id)
    events = {event.kind for event in store.events(ledger.run.id)}
    check_decisions(
        ledger,
        recorded,
        findings,
        version=version,
        stood=stood,
        rounded="begun" not in events,  # runs from before a migration know no events
    )


def _guarded(
    what: str, check: Callable[[Store, Findings], None], store: Store, findings: Findings
) -> None:
    try:
        check(store, findings)
    except Exception as error:  # a damaged database may raise anything
        findings.add(unreadable(what, error))
