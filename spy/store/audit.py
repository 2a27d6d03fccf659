"""Who came in, and what was done or refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from spy.store.access_tables import AuditRow
from spy.store.tables import table_of

_audit = table_of(AuditRow)
DONE, REFUSED = "done", "refused"


def add(
    connection: Connection,
    at: datetime,
    who: str,
    means: str,
    what: str,
    outcome: str,
    about: str = "",
    detail: str = "",
) -> None:
    row = {"at": at, "who": who, "means": means, "what": what, "about": about, "outcome": outcome, "detail": detail}
    connection.execute(insert(_audit).values(**row))


def newest(connection: Connection, at_most: int, before: int | None = None) -> list[Any]:
    """Rows, the newest first, older than the row with id `before`."""
    query = select(_audit).order_by(_audit.c.id.desc()).limit(at_most)
    return list(connection.execute(query if before is None else query.where(_audit.c.id < before)))
