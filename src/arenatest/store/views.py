"""Views for people who look into the store with SQL; arenatest itself reads none of them.

They spell names and ids, and give clocks in seconds. They hold nothing, so that a migration drops
them all and makes them anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Connection, Table

from arenatest.model.microseconds import A_SECOND
from arenatest.model.record import JUDGED, TIMED, AnswerSlot
from arenatest.store import schema
from arenatest.store.ids import BEGINNINGS, LONGEST, WHOLE
from arenatest.store.types import Id, Named, Seconds

_CALL = """
CREATE VIEW call AS
SELECT
  {calls}
FROM generation
"""

_ANSWER = """
CREATE VIEW answer AS
SELECT
  {places},
  'text' AS purpose,
  {rest}
FROM placed_answer
WHERE placed_answer.purpose IN {judged}
UNION ALL
SELECT
  {places},
  'timing' AS purpose,
  {rest}
FROM placed_answer
WHERE placed_answer.purpose IN {timed}
"""

_WINNER = """CASE
    WHEN judgment.verdict IS NULL THEN NULL
    WHEN {verdict} = 'A=B' THEN 'tie'
    WHEN {verdict} IN ('A>B', 'A>>B') AND {order} = 'candidate-first' THEN 'candidate'
    WHEN {verdict} IN ('B>A', 'B>>A') AND {order} = 'baseline-first' THEN 'candidate'
    ELSE 'baseline'
  END"""

_GAME = """
CREATE VIEW game AS
SELECT
  {places},
  {verdict} AS verdict,
  {winner} AS winner,
  {rest}
FROM judgment
"""

_BATTLE = """
CREATE VIEW battle AS
SELECT
  run.id AS run,
  candidate.name AS candidate,
  baseline.name AS baseline,
  {prompt} AS prompt,
  theirs.repeat,
  {candidate_chat_id} AS candidate_chat_id,
  {baseline_chat_id} AS baseline_chat_id,
  COUNT(judgment.judge) AS games,
  COUNT(CASE WHEN {winner} = 'candidate' THEN 1 END) AS wins,
  COUNT(CASE WHEN {winner} = 'tie' THEN 1 END) AS ties,
  COUNT(CASE WHEN {winner} = 'baseline' THEN 1 END) AS losses,
  COUNT(judgment.void) AS voids
FROM placed_answer AS theirs
JOIN run ON run.id = {run}
JOIN contestant AS candidate
  ON candidate.plan_hash = run.plan_hash
  AND candidate.role = 'candidate'
  AND candidate.name = {contestant}
JOIN contestant AS baseline
  ON baseline.plan_hash = run.plan_hash AND baseline.role = 'baseline'
JOIN placed_answer AS ours
  ON ours.run = theirs.run
  AND ours.contestant = (SELECT name.number FROM name WHERE name.text = baseline.name)
  AND ours.prompt = theirs.prompt
  AND ours.repeat = theirs.repeat
  AND ours.purpose IN {judged}
LEFT JOIN judgment
  ON judgment.run = theirs.run
  AND judgment.candidate = theirs.contestant
  AND judgment.prompt = theirs.prompt
  AND judgment.repeat = theirs.repeat
WHERE theirs.purpose IN {judged}
GROUP BY
  run.id,
  candidate.name,
  baseline.name,
  theirs.prompt,
  theirs.repeat,
  theirs.chat_id,
  ours.chat_id
"""

_FOR = "(SELECT name.number FROM name WHERE name.text IN {})"
_JUDGED, _TIMED = _FOR.format(JUDGED), _FOR.format(TIMED)

VIEWS: Mapping[str, str] = {"call": _CALL, "answer": _ANSWER, "game": _GAME, "battle": _BATTLE}
"""How each is made, but for what a database says in its own way."""

_BEGINNING = (
    "CASE {0} "
    + " ".join(f"WHEN {mark} THEN '{beginning}'" for mark, beginning in BEGINNINGS.items())
    + " END"
)
_LENGTH = {
    "sqlite": "COALESCE(UNICODE(CAST(SUBSTR({0}, 1, 1) AS TEXT)), 0)",
    "postgresql": "GET_BYTE({0}, 0)",
}
_ID = {
    "sqlite": """CASE
    WHEN {0} IS NULL THEN NULL
    WHEN {1} = {2} THEN CAST(SUBSTR({0}, 2) AS TEXT)
    ELSE CAST(SUBSTR({0}, 2, {1}) AS TEXT) || LOWER(HEX(SUBSTR({0}, 2 + {1})))
  END""",
    "postgresql": """CASE
    WHEN {0} IS NULL THEN NULL
    WHEN {1} = {2} THEN CONVERT_FROM(SUBSTR({0}, 2), 'UTF8')
    ELSE CONVERT_FROM(SUBSTR({0}, 2, {1}), 'UTF8') || ENCODE(SUBSTR({0}, 2 + {1}), 'hex')
  END""",
}


def create_views(connection: Connection) -> None:
    """Make all views, in a database that has none of them."""
    dialect = connection.dialect.name
    call, game, placed = schema.generation, schema.judgment, schema.placed_answer
    said = {name: _shown(game.c[name], "judgment", dialect) for name in ("verdict", "order")}
    winner = _WINNER.format(**said)
    calls = [one.name for one in call.c if one.name not in {"gaps", schema.SEAL}]
    slot = _shown_all(placed, ["run", *AnswerSlot._fields], dialect)
    how = _shown_all(placed, ["chat_id", "attempts", "reused", "level"], dialect)
    rest = _shown_all(game, ["void", "chat_id", "made", "reused"], dialect)
    places = _shown_all(game, [column.name for column in game.primary_key], dialect)
    named = {name: _shown(placed.c[name], "theirs", dialect) for name in placed.c.keys()[:3]}
    chats = {
        f"{side}_chat_id": _shown(placed.c.chat_id, table, dialect)
        for side, table in (("candidate", "theirs"), ("baseline", "ours"))
    }
    for made in (
        _CALL.format(calls=_shown_all(call, calls, dialect)),
        _ANSWER.format(places=slot, rest=how, judged=_JUDGED, timed=_TIMED),
        _GAME.format(places=places, winner=winner, rest=rest, verdict=said["verdict"]),
        _BATTLE.format(winner=winner, judged=_JUDGED, **named, **chats),
    ):
        connection.exec_driver_sql(made)


def drop_views(connection: Connection) -> None:
    """Remove all views that there are."""
    for name in reversed([*VIEWS]):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def _shown_all(table: Table, names: list[str], dialect: str) -> str:
    shown = [f'{_shown(table.c[name], table.name, dialect)} AS "{name}"' for name in names]
    return ",\n  ".join(shown)


def _shown(column: Column[Any], table: str, dialect: str) -> str:
    """Return a column of a table, or of an alias, as people read it."""
    held = f'{table}."{column.name}"'
    if isinstance(column.type, Named):
        return f"(SELECT name.text FROM name WHERE name.number = {held})"  # noqa: S608 - our own
    if isinstance(column.type, Id):
        return _id(held, dialect)
    seconds = f"CAST({held} AS DOUBLE PRECISION) / {A_SECOND}"
    return seconds if isinstance(column.type, Seconds) else held


def _id(held: str, dialect: str) -> str:
    """Return an id as people read it; behind a known beginning comes the rest."""
    length, rest = _LENGTH[dialect].format(held), f"SUBSTR({held}, 2)"
    whole = _ID[dialect].format(held, length, WHOLE)
    behind = _ID[dialect].format(rest, _LENGTH[dialect].format(rest), WHOLE)
    begun = f"{_BEGINNING.format(length)} || {behind}"
    return f"CASE WHEN {length} > {LONGEST} AND {length} < {WHOLE} THEN {begun} ELSE {whole} END"
