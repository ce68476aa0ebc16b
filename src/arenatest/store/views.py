"""Views for people who look into the store with SQL; arenatest itself reads none of them.

They hold nothing, so that a migration drops them all and makes them anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

GAME = """
CREATE VIEW game AS
SELECT
  judgment.run,
  judgment.candidate,
  judgment.prompt,
  judgment.repeat,
  judgment.judge,
  judgment.judge_repeat,
  judgment."order",
  judgment.verdict,
  CASE
    WHEN judgment.verdict IS NULL THEN NULL
    WHEN judgment.verdict = 'A=B' THEN 'tie'
    WHEN judgment.verdict IN ('A>B', 'A>>B') AND judgment."order" = 'candidate-first'
      THEN 'candidate'
    WHEN judgment.verdict IN ('B>A', 'B>>A') AND judgment."order" = 'baseline-first'
      THEN 'candidate'
    ELSE 'baseline'
  END AS winner,
  judgment.void,
  judgment.chat_id,
  judgment.made,
  judgment.reused
FROM judgment
"""

BATTLE = """
CREATE VIEW battle AS
SELECT
  theirs.run,
  theirs.contestant AS candidate,
  ours.contestant AS baseline,
  theirs.prompt,
  theirs.repeat,
  theirs.chat_id AS candidate_chat_id,
  ours.chat_id AS baseline_chat_id,
  COUNT(game.judge) AS games,
  COUNT(CASE WHEN game.winner = 'candidate' THEN 1 END) AS wins,
  COUNT(CASE WHEN game.winner = 'tie' THEN 1 END) AS ties,
  COUNT(CASE WHEN game.winner = 'baseline' THEN 1 END) AS losses,
  COUNT(game.void) AS voids
FROM placed_answer AS theirs
JOIN run ON run.id = theirs.run
JOIN contestant AS candidate
  ON candidate.plan_hash = run.plan_hash
  AND candidate.role = 'candidate'
  AND candidate.name = theirs.contestant
JOIN contestant AS baseline
  ON baseline.plan_hash = run.plan_hash AND baseline.role = 'baseline'
JOIN placed_answer AS ours
  ON ours.run = theirs.run
  AND ours.contestant = baseline.name
  AND ours.prompt = theirs.prompt
  AND ours.repeat = theirs.repeat
  AND ours.purpose = theirs.purpose
LEFT JOIN game
  ON game.run = theirs.run
  AND game.candidate = theirs.contestant
  AND game.prompt = theirs.prompt
  AND game.repeat = theirs.repeat
WHERE theirs.purpose = 'text'
GROUP BY
  theirs.run,
  theirs.contestant,
  ours.contestant,
  theirs.prompt,
  theirs.repeat,
  theirs.chat_id,
  ours.chat_id
"""

VIEWS: Mapping[str, str] = {"game": GAME, "battle": BATTLE}
"""How each is made, in order: a later one may read an earlier one."""


def create_views(connection: Connection) -> None:
    """Make all views, in a database that has none of them."""
    for statement in VIEWS.values():
        connection.exec_driver_sql(statement)


def drop_views(connection: Connection) -> None:
    """Remove all views that there are."""
    for name in reversed([*VIEWS]):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
