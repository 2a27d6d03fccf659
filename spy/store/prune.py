"""Forget the details of runs that were closed long ago, a little at a time, while the agent goes on.

What stays for ever: `run` (a closed run is never opened again), `release`, `move`, `outbox`, `act`, `regret`, and
the last decision of each chunk. An open run, and a run closed since the cutoff, keep everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, delete, func, select

from spy.store.engine import reading, writing
from spy.store.tables import DecisionRow, EvidenceRow, LookRow, RunRow, table_of

_decision = table_of(DecisionRow)
_evidence = table_of(EvidenceRow)
_look = table_of(LookRow)
_run = table_of(RunRow)

BATCH = 2000
"""Rows removed in one transaction: a few tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """Rows of one table that nothing needs any more."""

    what: str
    table: sa.Table
    which: sa.ColumnElement[bool]


def doomed(connection: Connection, cutoff: datetime) -> list[Doomed]:
    """Of the runs that were closed before the cutoff, and of the services before any run that is kept."""
    old = select(_run.c.number).where(_run.c.closed_at < cutoff)
    kept_since = _kept_since(connection, cutoff)
    return [
        Doomed("evidence about runs", _evidence, _evidence.c.run.in_(old) | _about_nobody(cutoff)),
        Doomed("evidence about services", _evidence, _outdated(kept_since)),
        Doomed("decisions but the last of each run", _decision, _decision.c.run.in_(old) & _superseded()),
        Doomed("looks", _look, (_look.c.at < kept_since) & _look.c.id.not_in(_last_good_before(kept_since))),
    ]


def _kept_since(connection: Connection, cutoff: datetime) -> datetime:
    """A run that is kept is explained by what the services said while it was open."""
    is_kept = _run.c.closed_at.is_(None) | (_run.c.closed_at >= cutoff)
    first = connection.execute(select(func.min(_run.c.opened_at)).where(is_kept)).scalar()
    return cutoff if first is None else min(cutoff, first)


def _about_nobody(cutoff: datetime) -> sa.ColumnElement[bool]:
    """A source spoke of a run that was never opened."""
    about = _evidence.c
    return (about.run > 0) & (about.seen_at < cutoff) & about.run.not_in(select(_run.c.number))


def _outdated(kept_since: datetime) -> sa.ColumnElement[bool]:
    """Each fact's last row before that moment held at it, and stays."""
    before = (_evidence.c.run == 0) & (_evidence.c.seen_at < kept_since)
    last = select(func.max(_evidence.c.id)).where(before).group_by(_evidence.c.subject, _evidence.c.name)
    return before & _evidence.c.id.not_in(last)


def _superseded() -> sa.ColumnElement[bool]:
    later = _decision.alias("later")
    same = (later.c.chunk == _decision.c.chunk) & (later.c.revision > _decision.c.revision)
    return sa.exists().where(same)


def _last_good_before(moment: datetime) -> sa.Select[Any]:
    """What renewed each probe's evidence last."""
    good = (_look.c.at < moment) & (_look.c.problem == "")
    return select(func.max(_look.c.id)).where(good).group_by(_look.c.probe)


def counted(store: Engine, cutoff: datetime) -> dict[str, int]:
    """What `prune` would remove: rows by kind."""
    with reading(store) as connection:
        return {d.what: _count(connection, d) for d in doomed(connection, cutoff)}


def _count(connection: Connection, d: Doomed) -> int:
    return connection.execute(select(func.count()).select_from(d.table).where(d.which)).scalar() or 0


def prune(store: Engine, cutoff: datetime, batch: int = BATCH) -> Iterator[tuple[str, int]]:
    """Remove it, one transaction per step; yields the kind and the rows removed after each. It may stop anywhere."""
    with reading(store) as connection:
        kinds = doomed(connection, cutoff)
    for d in kinds:
        for some in _keys(store, d, batch):
            with writing(store) as connection:
                connection.execute(delete(d.table).where(d.table.c.id.in_(some)))
            yield d.what, len(some)


def _keys(store: Engine, d: Doomed, batch: int) -> Iterator[list[int]]:
    """Found while nobody is held up: a row once doomed stays so."""
    last = 0
    while True:
        key = d.table.c.id
        with reading(store) as connection:
            some = list(connection.execute(select(key).where(d.which, key > last).order_by(key).limit(batch)).scalars())
        if not some:
            return
        last = some[-1]
        yield some
