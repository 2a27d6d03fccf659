"""Regret reports: kept as they were made, and acknowledged by a person, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from spy.domain.errors import ActError
from spy.store.engine import writing
from spy.store.tables import RegretRow, table_of

_regret = table_of(RegretRow)
_HEAD = [column for column in _regret.c if column.name != "body"]


def keep(engine: Engine, values: dict[str, Any]) -> int:
    """A new report, not acknowledged; its number."""
    unacknowledged = {"acknowledged_at": None, "acknowledged_by": "", "why": "", "accepted_rulebook": ""}
    with writing(engine) as connection:
        done = connection.execute(insert(_regret).values(**values, **unacknowledged))
    return int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0


def acknowledge(
    engine: Engine, number: int, *, who: str, why: str, at: datetime, instance: str, rulebook: str, other_rules: bool
) -> Any:
    """A person has read a report and takes it as proof for these rules; the row as it is now.

    An ActError says why that is not possible. `other_rules`: the person accepts one that was made with other rules.
    """
    for name, text in (("who", who), ("why", why)):
        if not text.strip():
            raise ActError(f"acknowledge: {name} is empty; every act has who and why")
    with writing(engine) as connection:
        row = connection.execute(select(*_HEAD).where(_regret.c.id == number)).first()
        if row is None:
            raise ActError(f"acknowledge: there is no regret report {number}; `spy regret` lists them")
        if row.acknowledged_at is not None:
            raise ActError(f"acknowledge: report {number} was acknowledged by {row.acknowledged_by} already: {row.why}")
        if row.instance != instance:
            raise ActError(f"acknowledge: report {number} is about instance {row.instance!r}, this is {instance!r}")
        if row.rulebook != rulebook and not other_rules:
            raise ActError(
                f"acknowledge: report {number} is about rules {row.rulebook}, the configuration has {rulebook}: make a "
                "new report, or say --for-other-rules if the change cannot release anything earlier"
            )
        changes = {"acknowledged_at": at, "acknowledged_by": who, "why": why, "accepted_rulebook": rulebook}
        # Compare-and-set: of two people who acknowledge at once the first one counts.
        same = (_regret.c.id == number, _regret.c.acknowledged_at.is_(None))
        if connection.execute(update(_regret).where(*same).values(**changes)).rowcount != 1:
            raise ActError(f"acknowledge: report {number} was acknowledged by somebody else at this moment")
        return connection.execute(select(*_HEAD).where(_regret.c.id == number)).one()


def newest_acknowledged(connection: Connection) -> Any | None:
    """Without its body; None if no report was ever acknowledged."""
    query = select(*_HEAD).where(_regret.c.acknowledged_at.is_not(None))
    return connection.execute(query.order_by(_regret.c.acknowledged_at.desc(), _regret.c.id.desc()).limit(1)).first()


def listed(connection: Connection, limit: int = 20) -> list[Any]:
    """Newest first, without their bodies."""
    return list(connection.execute(select(*_HEAD).order_by(_regret.c.id.desc()).limit(limit)))


def body_of(connection: Connection, number: int) -> Any | None:
    return connection.execute(select(_regret.c.body).where(_regret.c.id == number)).scalar()
