"""The looks of the past with the evidence that each brought, in the order in which the ledger took them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from spy.store.tables import EvidenceRow, LookRow, table_of

_evidence = table_of(EvidenceRow)
_look = table_of(LookRow)

BATCH = 2000
LATE = timedelta(minutes=15)
"""No look takes so long: evidence that is older than the looks around it has lost its own."""


@dataclass(frozen=True, slots=True)
class PastLook:
    probe: str
    at: datetime
    problem: str
    rows: Sequence[Any] = ()
    """Evidence that it changed, as stored."""


def first_evidence(connection: Connection, runs: tuple[int, int]) -> int:
    """The id of the oldest evidence about runs from one number to another; 0: there is none."""
    return connection.execute(select(func.min(_evidence.c.id)).where(_evidence.c.run.between(*runs))).scalar() or 0


def about_services_before(connection: Connection, evidence: int) -> list[Any]:
    """The newest row of each fact about a service, older than this id."""
    newest = select(func.max(_evidence.c.id)).where(_evidence.c.run == 0, _evidence.c.id < evidence)
    keys = newest.group_by(_evidence.c.subject, _evidence.c.name)
    return list(connection.execute(select(_evidence).where(_evidence.c.id.in_(keys))))


def past_looks(
    connection: Connection, runs: tuple[int, int], first: int, since: datetime, ends: Container[int] = ()
) -> Iterator[PastLook]:
    """Looks from `since` on with their evidence from id `first` on, about services and runs from one number to another.

    `ends`: ids of evidence that was the newest when something was decided. Evidence without its look, which was cut
    away, is a look of its own.
    """
    about = (_evidence.c.run == 0) | _evidence.c.run.between(*runs)
    told = _together(_in_batches(connection, select(_evidence).where(about, _evidence.c.id >= first), _evidence), ends)
    group = next(told, None)
    for look in _in_batches(connection, select(_look).where(_look.c.at >= since), _look):
        while group and group.at < look.at - LATE:
            yield group
            group = next(told, None)
        if group and (group.probe, group.at) == (look.probe, look.at):
            yield PastLook(look.probe, look.at, look.problem, group.rows)
            group = next(told, None)
        else:
            yield PastLook(look.probe, look.at, look.problem)
    while group:
        yield group
        group = next(told, None)


def _in_batches(connection: Connection, query: Any, table: Any) -> Iterator[Any]:
    after = 0
    while rows := connection.execute(query.where(table.c.id > after).order_by(table.c.id).limit(BATCH)).all():
        yield from rows
        after = rows[-1].id


def _together(rows: Iterator[Any], ends: Container[int]) -> Iterator[PastLook]:
    """Rows that one look brought: of the same probe and moment, with no decision between them."""
    group: list[Any] = []
    for row in rows:
        if group and (group[-1].id in ends or (row.source, row.seen_at) != (group[0].source, group[0].seen_at)):
            yield PastLook(group[0].source, group[0].seen_at, "", tuple(group))
            group = []
        group.append(row)
    if group:
        yield PastLook(group[0].source, group[0].seen_at, "", tuple(group))
