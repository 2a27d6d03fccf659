"""Acts that wait for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from spy.domain.errors import ActError
from spy.store.access_tables import ProposalRow
from spy.store.tables import table_of

_proposal = table_of(ProposalRow)

LIFE = timedelta(minutes=30)
"""What was true when the first person proposed it may not be for longer."""


def add(connection: Connection, key: str, intent: Mapping[str, Any], now: datetime) -> int:
    row = {"at": now, "key": key, "intent": dict(intent), "ends_at": now + LIFE}
    done = connection.execute(insert(_proposal).values(**row))
    return int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0


def waiting(connection: Connection, now: datetime) -> list[Any]:
    query = select(_proposal).where(_proposal.c.act.is_(None), _proposal.c.ends_at > now)
    return list(connection.execute(query.order_by(_proposal.c.id)))


def get(connection: Connection, number: int, now: datetime) -> Any:
    """One that still waits. ActError if it does not."""
    found = {row.id: row for row in waiting(connection, now)}
    if number not in found:
        known = ", ".join(map(str, found)) or "none"
        raise ActError(f"proposal {number} does not wait for anybody; waiting: {known}")
    return found[number]


def settle(connection: Connection, number: int, act: int) -> bool:
    """Whether this call settled it: of two who agree at the same moment, one does."""
    mine = (_proposal.c.id == number) & _proposal.c.act.is_(None)
    return connection.execute(update(_proposal).where(mine).values(act=act)).rowcount == 1
