"""What readiness needs to know of a run, and no more: a machine may ask 200 times a second.

A decision holds every rule's outcome with the values it saw, which is most of its bytes; none of that is read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from spy.domain import release
from spy.domain.act import Act
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.tables import DecisionRow, EvidenceRow, ReleaseRow, RunRow, table_of
from spy.store.types import unpacked

_decision = table_of(DecisionRow)
_evidence = table_of(EvidenceRow)
_release = table_of(ReleaseRow)
_run = table_of(RunRow)


@dataclass(frozen=True, slots=True)
class Standing:
    run: int
    verdict: State
    """Nothing decided is unknown."""
    reasons: tuple[str, ...]
    revision: int
    decided_at: datetime | None
    deadline: datetime | None
    stage: Stage
    since: datetime
    """Of the stage."""
    detail: str
    acts: tuple[Act, ...]
    """In force now and about this run or all runs."""


def _standings(which: ColumnElement[bool]) -> Select[Any]:
    others = _decision.alias()
    newest = select(func.max(others.c.id)).where(others.c.run == _run.c.number).correlate(_run).scalar_subquery()
    decided = ("verdict", "reasons", "revision", "at", "deadline")
    return (
        select(
            _run.c.number,
            _run.c.opened_at,
            _release.c.stage,
            _release.c.since,
            _release.c.detail,
            *(_decision.c[name] for name in decided),
        )
        .outerjoin(_release, _release.c.run == _run.c.number)
        .outerjoin(_decision, _decision.c.id == newest)
        .where(which)
        .order_by(_run.c.number)
    )


@dataclass(frozen=True, slots=True)
class Lower:
    """What a run behind it has to know of a run."""

    run: int
    verdict: State
    stage: Stage


def _lower() -> Select[Any]:
    others = _decision.alias()
    newest = select(others.c.verdict).where(others.c.run == _run.c.number).order_by(others.c.id.desc()).limit(1)
    verdict = newest.correlate(_run).scalar_subquery().label("verdict")
    query = select(_run.c.number, _release.c.stage, verdict).outerjoin(_release, _release.c.run == _run.c.number)
    return query.where(_run.c.closed_at.is_(None), _run.c.number < bindparam("run")).order_by(_run.c.number)


LOWER = _lower()
OF_ONE = _standings(_run.c.number == bindparam("run"))
OPEN = _standings(_run.c.closed_at.is_(None))


def of_one(connection: Connection, run: int, active: Sequence[Act]) -> Standing | None:
    """None for a run that the agent never followed."""
    return next((_standing(row, active) for row in connection.execute(OF_ONE, {"run": run})), None)


def open_ones(connection: Connection, active: Sequence[Act]) -> list[Standing]:
    """Of all open runs, the lowest first."""
    return [_standing(row, active) for row in connection.execute(OPEN)]


def lower_ones(connection: Connection, run: int) -> list[Lower]:
    """Open runs below a run, the lowest first."""
    rows = connection.execute(LOWER, {"run": run})
    return [
        Lower(
            row.number,
            State(row.verdict) if row.verdict else State.UNKNOWN,
            Stage(row.stage) if row.stage else Stage.NONE,
        )
        for row in rows
    ]


def _standing(row: Any, active: Sequence[Act]) -> Standing:
    return Standing(
        run=row.number,
        verdict=State(row.verdict) if row.verdict else State.UNKNOWN,
        reasons=tuple(row.reasons) if row.verdict else ("nothing was decided yet",),
        revision=row.revision or 0,
        decided_at=row.at,
        deadline=row.deadline,
        stage=Stage(row.stage) if row.stage else Stage.NONE,
        since=row.since or row.opened_at,
        detail=row.detail or "",
        acts=tuple(act for act in active if act.concerns(row.number)),
    )


def _facts_that_hold() -> Select[Any]:
    """The newest of each: four steps down the index (run, subject, name, id) for each run, whatever else is known."""
    named = [_newest_key(name) for name in release.HOLDING]
    return select(_run.c.number, *named).where(_run.c.number.in_(bindparam("runs", expanding=True)))


def _newest_key(name: str) -> Any:
    facts, subjects = _evidence.alias(), _evidence.alias()
    # The run itself sorts before all its parts: `prod:398600` before `prod:398600/stream:Express`.
    of_run = select(func.min(subjects.c.subject)).where(subjects.c.run == _run.c.number)
    itself = of_run.correlate(_run).scalar_subquery()
    same = (facts.c.run == _run.c.number, facts.c.subject == itself, facts.c.name == name)
    newest = select(facts.c.id).where(*same).order_by(facts.c.id.desc()).limit(1).correlate(_run)
    return newest.scalar_subquery().label(name)


FACTS_THAT_HOLD = _facts_that_hold()
VALUES_OF = select(_evidence.c.id, _evidence.c.value).where(_evidence.c.id.in_(bindparam("keys", expanding=True)))


def that_hold(connection: Connection, runs: Iterable[int]) -> set[int]:
    """Which of these runs hold their followers: Tier0 will lock them, or it is not known that it will not."""
    keys = connection.execute(FACTS_THAT_HOLD, {"runs": list(runs)}).all()
    wanted = [key for row in keys for key in row[1:] if key is not None]
    rows = connection.execute(VALUES_OF, {"keys": wanted}) if wanted else ()
    values = {row.id: unpacked(row.value) for row in rows}
    return {row[0] for row in keys if release.holds_followers(*(values.get(key) for key in row[1:]))}
