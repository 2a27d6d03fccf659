"""Messages on their way: queued in the transaction that caused them, claimed with a lease, gone when acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from spy.store.tables import OutboxRow, table_of

_outbox = table_of(OutboxRow)

LEASE = timedelta(seconds=60)
"""Longer than any delivery deadline: who comes later may take the row, and sends the same id and bytes."""


def put(connection: Connection, **row: Any) -> bool:
    """Queue one message; False if the same id is on its way or gone already.

    A cancelled one is taken up again, and so is one that a shadow agent recorded, once it is really to be sent.
    """
    there = connection.execute(select(_outbox.c.status).where(_outbox.c.id == row["id"])).first()
    if there is None:
        connection.execute(insert(_outbox).values(**row))
        return True
    if there.status != "cancelled" and not (there.status == "shadow" and row["status"] == "pending"):
        return False
    connection.execute(update(_outbox).where(_outbox.c.id == row["id"]).values(**row, attempts=0, last_error=""))
    return True


def claim(connection: Connection, now: datetime, fence: int, kinds: Sequence[str], limit: int = 20) -> list[Any]:
    """Take due rows, in run order and then oldest first; each attempt is counted before it is made."""
    free = or_(
        _outbox.c.status.in_(("pending", "ambiguous")),
        and_(_outbox.c.status == "sending", _outbox.c.lease_until < now),
    )
    due = (
        select(_outbox.c.id)
        .where(free, _outbox.c.due_at <= now, _outbox.c.kind.in_(kinds), _outbox.c.fence <= fence)
        .order_by(_outbox.c.created_at, _outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(due).scalars())
    if not ids:
        return []
    rows = list(connection.execute(select(_outbox).where(_outbox.c.id.in_(ids))))
    connection.execute(
        update(_outbox)
        .where(_outbox.c.id.in_(ids))
        .values(status="sending", lease_until=now + LEASE, attempts=_outbox.c.attempts + 1, fence=fence)
    )
    return sorted(rows, key=lambda row: (int(row.chunk.split("/")[0]), ids.index(row.id)))


def renew(connection: Connection, message_id: str, fence: int, now: datetime) -> bool:
    """Begin with a claimed row, perhaps long after the claim; False if somebody else owns it by now."""
    done = connection.execute(
        update(_outbox)
        .where(_outbox.c.id == message_id, _outbox.c.fence == fence, _outbox.c.status == "sending")
        .values(lease_until=now + LEASE)
    )
    return done.rowcount == 1


def finish(connection: Connection, message_id: str, fence: int, status: str, **changes: Any) -> bool:
    """The result of an attempt; False if somebody else owns the row by now."""
    done = connection.execute(
        update(_outbox)
        .where(_outbox.c.id == message_id, _outbox.c.fence == fence, _outbox.c.status == "sending")
        .values(status=status, lease_until=None, **changes)
    )
    return done.rowcount == 1


def rewrite(connection: Connection, message_id: str, fence: int, body: str) -> None:
    """Other bytes for a claimed message that no receiver has."""
    connection.execute(update(_outbox).where(_outbox.c.id == message_id, _outbox.c.fence == fence).values(body=body))


def cancel(connection: Connection, message_id: str, why: str) -> bool:
    """Take back what nobody has received: only a pending row, since every attempt of it surely failed."""
    done = connection.execute(
        update(_outbox)
        .where(_outbox.c.id == message_id, _outbox.c.status == "pending")
        .values(status="cancelled", last_error=why)
    )
    return done.rowcount == 1


def next_due(connection: Connection) -> datetime | None:
    query = (
        select(_outbox.c.due_at)
        .where(_outbox.c.status.in_(("pending", "ambiguous")))
        .order_by(_outbox.c.due_at)
        .limit(1)
    )
    return connection.execute(query).scalar()


def of_chunk(connection: Connection, chunk: str) -> list[Any]:
    return list(connection.execute(select(_outbox).where(_outbox.c.chunk == chunk).order_by(_outbox.c.created_at)))


def acknowledged(connection: Connection, chunks: Sequence[str], kinds: Sequence[str]) -> list[Any]:
    """Messages of these chunks and kinds that their receiver has, in the order of their acknowledgement."""
    query = select(_outbox).where(
        _outbox.c.chunk.in_(list(chunks)), _outbox.c.kind.in_(list(kinds)), _outbox.c.status == "acked"
    )
    return list(connection.execute(query.order_by(_outbox.c.acked_at)))


def get(connection: Connection, message_id: str) -> Any | None:
    return connection.execute(select(_outbox).where(_outbox.c.id == message_id)).first()
