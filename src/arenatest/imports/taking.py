"""Takes what was found into the store, run by run.

A run's id is a hash of what it holds. It is open until all of its records are there: an import
that is killed leaves an open run, which the next one of the same files completes, and one that was
taken before adds nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from arenatest.gates.decide import decide
from arenatest.gates.readers import reader_of
from arenatest.imports.drafting import Draft
from arenatest.imports.heap import Heap
from arenatest.imports.recording import Recording
from arenatest.model.decision import Decision
from arenatest.model.identity import content_id
from arenatest.model.plan import Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import DecisionMade, Generation, Ledger, Record, Run
from arenatest.store import Store
from arenatest.store.arrivals import arrive, has_arrived, settle
from arenatest.store.events import happened

_TOGETHER = 1000  # records a transaction: others write to the same store meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and by what an import is made.

    Attributes:
        now: Wall clock, seconds since 1970.
        session: Shared by the runs of one import.
        versions: Of arenatest and Python.
    """

    now: float
    session: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a gate's metric comes to over all that it looks at, where the gate may look at less.

    Attributes:
        value: The mean over clusters of prompts; None where none has one.
        n: How many have one.
    """

    candidate: str
    gate: str
    value: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A run that is in the store now.

    Attributes:
        new: Whether it was not there before.
        records: How many it has.
        decisions: Of its gates.
        figures: Of the same gates, over everything.
    """

    run: Run
    draft: Draft
    new: bool
    records: int
    decisions: tuple[Decision, ...]
    figures: tuple[Figure, ...]


def take(store: Store, heap: Heap, draft: Draft, moment: Moment) -> Taken:
    """Put a run into the store.

    Args:
        store: Where it comes to.
        heap: Everything found.
        draft: The run.
        moment: When and by what.
    """
    unnamed = Recording(heap=heap, draft=draft, run="", started=0.0)
    contents = _Contents(unnamed.records())
    for ballot in draft.ballots.values():
        contents.time(ballot.vote.at)
    run_id = content_id("imported run", draft.source, draft.plan.hash, contents.digest)
    started = moment.now if contents.first is None else contents.first
    run = Run(
        id=run_id,
        session=moment.session,
        plan_hash=draft.plan.hash,
        started=started,
        finished=moment.now if contents.last is None else contents.last,
        attempt=0,
        versions=moment.versions,
        source=draft.source,
    )
    new = not has_arrived(store, run_id)
    if new:
        run = arrive(store, draft.plan, run)
        recording = Recording(heap=heap, draft=draft, run=run_id, started=started)
        records = recording.records()
        while some := [*islice(records, _TOGETHER)]:
            store.write(some)
    parts = _Parts(replace(store.load(run_id, draft.plan), run=replace(run, stopped=None)))
    decisions = tuple(decide(rule, parts.of(rule)) for rule in draft.plan.rules)
    if new:
        store.write([DecisionMade(run=run_id, decision=decision) for decision in decisions])
        details: dict[str, str | int] = {"from": draft.source, "records": contents.number}
        settle(store, run, happened(run_id, "imported", moment.now, **details))
    return Taken(
        run=run,
        draft=draft,
        new=new,
        records=contents.number,
        decisions=decisions,
        figures=tuple(_figure(rule, parts.of(rule)) for rule in draft.plan.rules),
    )


class _Parts:
    """The record by what gates look at: with votes on dozens of models each looks at little."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._prompts: dict[str | None, list[Prompt]] = {}
        for prompt in ledger.plan.prompts:
            self._prompts.setdefault(prompt.subset, []).append(prompt)

    def of(self, rule: Rule) -> Ledger:
        """Return the record for a gate, whose plan has no other prompts than the gate's."""
        if not rule.where:
            return self._ledger
        ((_, (subset,)),) = rule.where
        plan = replace(self._ledger.plan, prompts=tuple(self._prompts[subset]))
        return replace(self._ledger, plan=plan)


def _figure(rule: Rule, ledger: Ledger) -> Figure:
    read = reader_of(rule, ledger.plan)
    clusters: dict[str, list[float]] = {}
    for prompt in ledger.plan.asked_by(rule):
        evidence = read(ledger, prompt)
        if evidence is not None and evidence.values:
            mean = sum(evidence.values) / len(evidence.values)
            clusters.setdefault(prompt.cluster, []).append(mean)
    means = [sum(values) / len(values) for values in clusters.values()]
    value = sum(means) / len(means) if means else None
    return Figure(candidate=rule.candidate, gate=rule.id, value=value, n=len(means))


class _Contents:
    """Reads records once, for what is known only at their end.

    Attributes:
        digest: Of all of them, in order.
        number: How many there are.
        first, last: The earliest and the latest time that a file says, in seconds since 1970.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        digest = hashlib.sha256()
        self.number = 0
        self.first: float | None = None
        self.last: float | None = None
        for record in records:
            digest.update(repr(record).encode("utf-8", "surrogatepass"))
            self.number += 1
            if isinstance(record, Generation):
                self.time(record.started or None)
        self.digest = digest.hexdigest()

    def time(self, at: float | None) -> None:
        """Take a time that a file says."""
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)
