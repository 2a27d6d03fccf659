"""Messages to Tier0 and mails, as far as they came: those that are due last come first.

A message that is tried again becomes due later, and so moves to the front. Bodies stay in the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, or_, select, union_all

from spy.store.engine import reading
from spy.store.tables import OutboxRow, table_of
from spy.store.views.detail import Message, as_message
from spy.store.views.paging import EXAMINED, Page, Position, page

_outbox = table_of(OutboxRow)


class Status(StrEnum):
    PENDING = "pending"
    """Waits for its first attempt or the next."""
    SENDING = "sending"
    ACKED = "acked"
    AMBIGUOUS = "ambiguous"
    """The receiver may have it, and is asked."""
    REFUSED = "refused"
    CANCELLED = "cancelled"
    SHADOW = "shadow"
    """Recorded only: a shadow agent sends nothing to Tier0."""


def delivery_page(
    store: Engine,
    limit: int,
    after: Position | None = None,
    *,
    status: Status | None = None,
    chunk: str | None = None,
    kind: str | None = None,
    recipient: str | None = None,
) -> Page[Message]:
    """`after`: (due, id) of the last one that was looked at."""
    query = examined_keys(tuple(Status) if status is None else (status,), chunk, after)
    with reading(store) as connection:
        examined = [(row.due_at, row.id) for row in connection.execute(query)]
        rows = connection.execute(_outbox_rows([key[1] for key in examined])).all() if examined else []
    matching = (
        ((row.due_at, row.id), as_message(row))
        for row in rows
        if (kind is None or row.kind == kind) and (recipient is None or row.recipient == recipient)
    )
    return page(examined, matching, limit)


def _outbox_rows(ids: Sequence[Any]) -> Select[Any]:
    shown = [column for column in _outbox.c if column.name != "body"]
    return select(*shown).where(_outbox.c.id.in_(ids)).order_by(_outbox.c.due_at.desc(), _outbox.c.id.desc())


def examined_keys(statuses: Sequence[str], chunk: str | None, after: Position | None) -> Any:
    """Of the next rows: each status is read by its own index, and the newest of all are kept."""
    parts = [_keys(_outbox.c.status == status, chunk, after).subquery() for status in statuses]
    either = union_all(*(select(part) for part in parts)).subquery()
    return select(either).order_by(either.c.due_at.desc(), either.c.id.desc()).limit(EXAMINED)


def _keys(is_it: ColumnElement[bool], chunk: str | None, after: Position | None) -> Select[Any]:
    query = select(_outbox.c.due_at, _outbox.c.id).where(is_it, *_range(chunk, after))
    return query.order_by(_outbox.c.due_at.desc(), _outbox.c.id.desc()).limit(EXAMINED)


def _range(chunk: str | None, after: Position | None) -> Iterable[ColumnElement[bool]]:
    if chunk is not None:
        yield _outbox.c.chunk == chunk
    if after is not None:
        due, key = after
        yield _outbox.c.due_at <= due
        yield or_(_outbox.c.due_at < due, _outbox.c.id < key)
