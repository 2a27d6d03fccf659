"""Evidence page by page: the newest of each fact about one run, or what one fact was over time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Select, or_, select

from spy.domain.evidence import Evidence
from spy.domain.subject import Subject, run_of
from spy.store import ledger, newest
from spy.store.engine import reading
from spy.store.tables import EvidenceRow, table_of
from spy.store.views.paging import EXAMINED, Page, Position, page

_evidence = table_of(EvidenceRow)
OF_SERVICES = 0
"""Stands for a run where services are meant."""


def evidence_page(
    store: Engine, run: int, subject: str | None, name: str | None, limit: int, after: Position | None = None
) -> Page[Evidence]:
    """The newest of each fact about a run or the services, by subject and name; `after`: those of the last one."""
    query = (
        select(_evidence)
        .where(_evidence.c.id.in_(newest.of_run(run)))
        .order_by(_evidence.c.subject, _evidence.c.name)
        .limit(EXAMINED)
    )
    if subject is not None:
        query = query.where(_evidence.c.subject == subject)
    if name is not None:
        query = query.where(_evidence.c.name == name)
    if after is not None:
        last, fact = after
        query = query.where(or_(_evidence.c.subject > last, (_evidence.c.subject == last) & (_evidence.c.name > fact)))
    with reading(store) as connection:
        rows = connection.execute(query).all()
        renewed = ledger.last_good(connection)
    facts = [((row.subject, row.name), ledger.as_evidence(row, renewed)) for row in rows]
    return page([position for position, _ in facts], facts, limit)


def fact_page(store: Engine, subject: str, name: str, limit: int, after: Position | None = None) -> Page[Evidence]:
    """What one fact was, the newest first: a row each time it changed. `after`: the id of the last one."""
    with reading(store) as connection:
        rows = connection.execute(fact_rows(subject, name, after)).all()
        renewed = ledger.last_good(connection) if after is None else {}
    # Only the newest row is renewed by later looks; they saw no older one again.
    facts = [((row.id,), ledger.as_evidence(row, {} if place else renewed)) for place, row in enumerate(rows)]
    return page([position for position, _ in facts], facts, limit)


def fact_rows(subject: str, name: str, after: Position | None) -> Select[Any]:
    run = run_of(Subject(subject)) or OF_SERVICES
    same = (_evidence.c.run == run, _evidence.c.subject == subject, _evidence.c.name == name)
    query = select(_evidence).where(*same).order_by(_evidence.c.id.desc()).limit(EXAMINED)
    return query if after is None else query.where(_evidence.c.id < after[0])
