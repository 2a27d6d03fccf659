"""One leader: a row with a lease and a token that only grows. By compare-and-set, with the caller's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from spy.domain.errors import StoreError
from spy.store.tables import LeaderRow, table_of

_leader = table_of(LeaderRow)

TTL = timedelta(seconds=15)
NAME = "agent"


def hold(connection: Connection, me: str, now: datetime) -> int | None:
    """Take, renew or fail to take the lead; the fencing token if we lead."""
    row = connection.execute(select(_leader).where(_leader.c.name == NAME)).first()
    if row is None:
        try:
            connection.execute(insert(_leader).values(name=NAME, holder=me, token=1, expires_at=now + TTL))
        except IntegrityError:
            return None
        return 1
    if row.holder == me and row.expires_at > now:
        renewed = connection.execute(
            update(_leader)
            .where(_leader.c.name == NAME, _leader.c.holder == me, _leader.c.token == row.token)
            .values(expires_at=now + TTL)
        )
        return row.token if renewed.rowcount == 1 else None
    if row.expires_at > now:
        return None
    taken = connection.execute(
        update(_leader)
        .where(_leader.c.name == NAME, _leader.c.token == row.token, _leader.c.expires_at <= now)
        .values(holder=me, token=row.token + 1, expires_at=now + TTL)
    )
    return row.token + 1 if taken.rowcount == 1 else None


_TOKEN = select(_leader.c.token).where(_leader.c.name == NAME)


def insist(connection: Connection, token: int) -> None:
    """Refuse to go on in this transaction if somebody else has taken the lead; StoreError then."""
    held = connection.execute(_TOKEN).scalar()
    if held != token:
        raise StoreError(f"lost the lead: token {held} is in force, ours is {token}")


def give_up(connection: Connection, me: str, now: datetime) -> None:
    """At a clean end the next one need not wait."""
    connection.execute(update(_leader).where(_leader.c.name == NAME, _leader.c.holder == me).values(expires_at=now))
