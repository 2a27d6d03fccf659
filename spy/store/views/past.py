"""What was known about one run at a time: for the question why something was decided then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select

from spy.domain.evidence import Evidence
from spy.domain.subject import Subject
from spy.store.engine import reading
from spy.store.tables import EvidenceRow, LookRow, table_of
from spy.store.types import unpacked

_evidence = table_of(EvidenceRow)
_look = table_of(LookRow)

Known = dict[tuple[Subject, str], Evidence]


def evidence_at(store: Engine, run: int, at: datetime) -> Known:
    """Newest of each fact about the run by then, of services too; `since` is when its value was first seen so."""
    query = (
        select(_evidence).where(_evidence.c.run.in_((0, run)), _evidence.c.seen_at <= at).order_by(_evidence.c.id.asc())
    )
    known: Known = {}
    with reading(store) as connection:
        renewed = _last_good_looks(connection, at)
        for row in connection.execute(query):
            new = Evidence(
                subject=Subject(row.subject),
                name=row.name,
                value=unpacked(row.value),
                source=row.source,
                seen_at=row.seen_at,
                as_of=row.as_of,
                final=row.final,
                problem=row.problem,
                since=row.seen_at,
            )
            old = known.get(new.key)
            same = old is not None and (old.value, old.problem) == (new.value, new.problem)
            known[new.key] = replace(new, since=old.since) if old and same else new
    return {key: _renewed(e, renewed) for key, e in known.items()}


def _renewed(e: Evidence, looks: dict[str, datetime]) -> Evidence:
    return e if e.final else replace(e, seen_at=max(e.seen_at, looks.get(e.source, e.seen_at)))


def _last_good_looks(connection: Connection, at: datetime) -> dict[str, datetime]:
    """A good look that adds no row has seen the same again."""
    good = (
        select(_look.c.probe, func.max(_look.c.id).label("id"))
        .where(_look.c.at <= at, _look.c.problem == "")
        .group_by(_look.c.probe)
        .subquery()
    )
    rows = connection.execute(select(_look.c.probe, _look.c.at).join(good, good.c.id == _look.c.id))
    return {row.probe: row.at for row in rows}
