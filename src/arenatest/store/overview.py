"""What runs came to, in counts that the database makes: no ledger is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from arenatest.errors import StoreError
from arenatest.model.decision import Decision
from arenatest.model.record import JUDGED
from arenatest.store import schema
from arenatest.store.codec import decision_from_json, outline_of
from arenatest.store.store import Store

_CHUNK = 500  # runs a statement: SQLite may be built for 999 variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Of whom and what a plan is: its prompts, which may be many, are not read.

    Attributes:
        path: Of its suite's file.
        baseline, candidates: Their names.
        aa: Whether it sets a model against itself.
    """

    hash: str
    suite: str
    path: str
    baseline: str
    candidates: tuple[str, ...]
    aa: bool

    def is_of(self, suite: str) -> bool:
        """Return whether it is of a suite: by its name, or the path of its file."""
        return suite in (self.suite, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What one run spent and decided.

    Attributes:
        calls: Model calls that it made, failed attempts included.
        cost: US dollars, as far as known; None where no call has a known cost.
        uncosted: Calls whose cost is unknown.
        decisions: By candidate and gate.
    """

    calls: int = 0
    cost: float | None = None
    uncosted: int = 0
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounts:
    """The answers of one contestant in one run.

    Attributes:
        placed: Places of the plan that have one.
        reused: Those that an earlier run bought.
        failed: Those that failed after all attempts.
    """

    placed: int
    reused: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GameCounts:
    """What one judge said of one candidate's battles, and of the golden set.

    Attributes:
        games: Judgments, voids included.
        reused: Those that an earlier run bought.
        voids: Those without a verdict, by cause.
    """

    games: int
    reused: int
    voids: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """The calls that one run made of one model for one purpose; tokens None where nobody told."""

    calls: int
    failed: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None


def read_outlines(store: Store, plans: Iterable[str]) -> dict[str, Outline]:
    """Return of whom and what plans are, by their hashes; an unknown one is an error."""
    table, hashes = schema.plan.c, list(dict.fromkeys(plans))
    found = {}
    with store.reading() as connection:
        for start in range(0, len(hashes), _CHUNK):
            wanted = table.hash.in_(hashes[start : start + _CHUNK])
            for plan, body in connection.execute(select(table.hash, table.body).where(wanted)):
                raw = outline_of(body)
                found[plan] = Outline(
                    hash=plan,
                    suite=raw["suite"],
                    path=raw["path"],
                    baseline=raw["baseline"]["name"],
                    candidates=tuple(one["name"] for one in raw["candidates"]),
                    aa=raw.get("aa", False),
                )
    if missing := [one for one in hashes if one not in found]:
        message = f"the store holds no plan {missing[0]!r}"
        raise StoreError(message)
    return found


def read_overviews(store: Store, runs: Sequence[str]) -> dict[str, Overview]:
    """Return what runs came to, by their ids; one without calls and decisions has an empty one."""
    found = {run: Overview() for run in runs}
    with store.reading() as connection:
        for start in range(0, len(runs), _CHUNK):
            found |= _overviews(connection, runs[start : start + _CHUNK])
    return found


def read_answer_counts(store: Store, run: str) -> dict[str, AnswerCounts]:
    """Return the answers that are judged, counted by contestant."""
    placed, call = schema.placed_answer, schema.generation
    query = (
        select(
            placed.c.contestant,
            func.count(),
            func.sum(case((placed.c.reused.is_(True), 1), else_=0)),
            func.sum(case((call.c.failure.is_not(None), 1), else_=0)),
        )
        .select_from(placed.join(call, call.c.chat_id == placed.c.chat_id))
        .where(placed.c.run == run, placed.c.purpose.in_(JUDGED))
        .group_by(placed.c.contestant)
    )
    with store.reading() as connection:
        return {
            name: AnswerCounts(placed=places, reused=int(reused), failed=int(failed))
            for name, places, reused, failed in connection.execute(query)
        }


def read_game_counts(store: Store, run: str) -> dict[tuple[str, str], GameCounts]:
    """Return the judgments of a run, counted by judge and candidate."""
    game = schema.judgment.c
    query = (
        select(
            game.judge,
            game.candidate,
            game.void,
            func.count(),
            func.sum(case((game.reused.is_(True), 1), else_=0)),
        )
        .where(game.run == run)
        .group_by(game.judge, game.candidate, game.void)
    )
    rows = defaultdict(list)
    with store.reading() as connection:
        for judge, candidate, void, games, reused in connection.execute(query):
            rows[judge, candidate].append((void, games, int(reused)))
    return {
        place: GameCounts(
            games=sum(games for _, games, _ in counts),
            reused=sum(reused for _, _, reused in counts),
            voids={void: games for void, games, _ in sorted(counts, key=str) if void is not None},
        )
        for place, counts in sorted(rows.items(), key=str)
    }


def read_call_counts(store: Store, run: str) -> dict[tuple[str, str], CallCounts]:
    """Return the calls that a run made, counted by role and by whom was asked."""
    call = schema.generation.c
    query = (
        select(
            call.role,
            call.owner,
            func.count(),
            func.count(call.failure),
            func.sum(call.input_tokens),
            func.sum(call.output_tokens),
            func.sum(call.cost),
        )
        .where(call.run == run, call.attempt > 0)
        .group_by(call.role, call.owner)
    )
    with store.reading() as connection:
        return {
            (role, owner): CallCounts(
                calls=calls,
                failed=failed,
                input_tokens=None if taken is None else int(taken),
                output_tokens=None if given is None else int(given),
                cost=cost,
            )
            for role, owner, calls, failed, taken, given, cost in connection.execute(query)
        }


def _overviews(connection: Connection, runs: Sequence[str]) -> dict[str, Overview]:
    call, made = schema.generation.c, schema.decision.c
    spent = (
        select(call.run, func.count(), func.count(call.cost), func.sum(call.cost))
        .where(call.run.in_(runs), call.attempt > 0)
        .group_by(call.run)
    )
    spending = {run: tuple(rest) for run, *rest in connection.execute(spent)}
    decided: dict[str, list[Decision]] = defaultdict(list)
    bodies = (
        select(made.run, made.body)
        .where(made.run.in_(runs))
        .order_by(made.run, made.candidate, made.gate)
    )
    for run, body in connection.execute(bodies):
        decided[run].append(decision_from_json(body))
    found = {}
    for run in {*spending, *decided}:
        calls, costed, cost = spending.get(run, (0, 0, None))
        found[run] = Overview(
            calls=calls, cost=cost, uncosted=calls - costed, decisions=tuple(decided[run])
        )
    return found
