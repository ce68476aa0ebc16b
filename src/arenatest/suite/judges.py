"""From ``[[judges]]`` to seats on the jury and what builds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from arenatest.hookspec import Judge, Kind
from arenatest.model.identity import content_id
from arenatest.model.plan import JudgeSeat
from arenatest.suite.contestants import Entrant, Surroundings, family_of, kind_of, read_model
from arenatest.suite.fingerprint import fingerprints, identity
from arenatest.suite.kinds import Kinds
from arenatest.suite.mistakes import Mistake
from arenatest.suite.options import option_values
from arenatest.suite.problems import Problems
from arenatest.suite.schema import JudgeTable, ModelTable
from arenatest.suite.secrets import Location
from arenatest.suite.suite import JudgeSetup
from arenatest.suite.validation import checked_together


def read_judges(
    tables: Mapping[Location, Mapping[str, Any]], kinds: Kinds, around: Surroundings
) -> list[JudgeSetup]:
    """Return the judges whose tables are right, in the order of the file.

    Args:
        tables: ``[[judges]]`` by their places.
        kinds: Of judges, and of the providers that some of them ask.
        around: The suite that they stand in; takes the mistakes.
    """
    seats = []
    first_use: dict[str, Location] = {}
    for location, table in tables.items():
        with around.problems.at(*location):
            seat = _seat(table, location, kinds, around)
            if seat is not None:
                _check_name(seat.setup.name, location, first_use)
                seats.append(seat)
    prints = fingerprints("judge", (seat.identity for seat in seats))
    return [
        replace(seat.setup, seat=replace(seat.setup.seat, fingerprint=fingerprint))
        for seat, fingerprint in zip(seats, prints, strict=True)
    ]


def check_quorum(quorum: int, judges: int, problems: Problems) -> None:
    """Add the mistake of a quorum that the suite's judges cannot reach.

    Args:
        quorum: Judges that must have a score for a battle to count.
        judges: How many the suite has, those whose tables are wrong included.
        problems: Takes the mistake.
    """
    if quorum > max(judges, 1):
        seated = f"{judges} judge{'s' * (judges != 1)}" if judges else "no judge"
        problem = f"got {quorum}, but the suite has {seated}: every battle would be void"
        hint = f"give at most quorum = {judges}, or add judges" if judges else "add [[judges]]"
        problems.add(("run", "quorum"), problem, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seat:
    setup: JudgeSetup
    identity: Mapping[str, Any]


def _seat(
    table: Mapping[str, Any], location: Location, kinds: Kinds, around: Surroundings
) -> _Seat | None:
    kind = kind_of("judge", "kind", table, kinds.judges)
    models: tuple[type[BaseModel], ...] = (JudgeTable, kind.options)
    if kind.on_provider:
        provider_kind = kind_of("provider", "provider", table, kinds.providers)
        models = (*models, ModelTable, provider_kind.options)
    parts = checked_together(models, table, location, around.problems)
    if parts is None:
        return None
    own, options = parts[:2]
    assert isinstance(own, JudgeTable)  # noqa: S101 - the first model gives the first part
    asked = None
    if kind.on_provider:
        model = parts[2]
        assert isinstance(model, ModelTable)  # noqa: S101 - as above
        asked = read_model(own.name or own.kind, model, provider_kind, parts[3], around)
    return _made(own, kind, options, asked, around)


def _made(
    own: JudgeTable,
    kind: Kind[Judge],
    options: BaseModel,
    asked: Entrant | None,
    around: Surroundings,
) -> _Seat:
    name = own.name or own.kind
    what = identity("judge", own.kind, kind, options, around.directory)
    model = None
    settings: dict[str, object] = option_values(options, given_only=True)
    if asked is not None:
        what = {**what, "provider": dict(asked.identities[0])}
        (fingerprint,) = fingerprints("contestant", asked.identities)
        model = replace(asked.contestant, fingerprint=fingerprint)
        settings = {**settings, "provider": model.kind, **model.settings}
    setup = JudgeSetup(
        name=name,
        kind_name=own.kind,
        kind=kind,
        options=options,
        seat=JudgeSeat(
            name=name,
            kind=own.kind,
            fingerprint="",
            strength=own.strength,
            repeats=own.repeats,
            family=own.family or family_of(settings.get("model")),
            settings=settings,
            price=None if model is None else model.price,
            rubric=_rubric(what),
        ),
        provider=asked.setups[0] if asked is not None else None,
        model=model,
    )
    return _Seat(setup=setup, identity=what)


def _rubric(identity: Mapping[str, Any]) -> str:
    told = identity["identity"].get("rubric")
    return "" if told is None else content_id("rubric", told)


def _check_name(name: str, location: Location, first_use: dict[str, Location]) -> None:
    if name in first_use:
        problem = f"{name!r} is also the name of judges[{first_use[name][1]}]: names are unique"
        raise Mistake(problem, hint='give it a name of its own: name = "..."', place=("name",))
    first_use[name] = location
