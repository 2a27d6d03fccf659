"""People who logged in, checked here at every request: a session ends when it is ended here, not in a browser."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from spy.domain.caller import Caller, Means, Role
from spy.domain.errors import ActError
from spy.store.access_tables import GrantRow, SessionRow
from spy.store.tables import table_of
from spy.store.tokens import USE_COUNTS_AFTER, hashed

_session, _grant = table_of(SessionRow), table_of(GrantRow)


def begin(connection: Connection, sub: str, who: str, role: str, now: datetime, life: timedelta) -> str:
    """The cookie's value, told this once."""
    secret = secrets.token_urlsafe(32)
    row = {"hash": hashed(secret), "sub": sub, "who": who, "role": role, "ended_by": ""}
    connection.execute(insert(_session).values(**row, began_at=now, used_at=now, ends_at=now + life))
    return secret


def caller(connection: Connection, secret: str, now: datetime, idle: timedelta) -> tuple[Caller | None, bool]:
    """Who has this cookie, and whether its last use was noted over a minute ago.

    None: nobody, no longer, or somebody whose right was taken.
    """
    query = (
        select(_session, _grant.c.role.label("granted"))
        .outerjoin(_grant, _grant.c.sub == _session.c.sub)
        .where(_session.c.hash == hashed(secret), _session.c.ends_at > now, _session.c.used_at > now - idle)
    )
    row = connection.execute(query).first()
    role = "" if row is None else row.role if row.granted is None else row.granted
    if row is None or not role:
        return None, False
    return Caller(row.who, Role(role), Means.SESSION, row.sub), row.used_at < now - USE_COUNTS_AFTER


def note_use(connection: Connection, secret: str, now: datetime) -> None:
    """What counts against the idle limit."""
    connection.execute(update(_session).where(_session.c.hash == hashed(secret)).values(used_at=now))


def end(connection: Connection, secret: str, now: datetime, by: str) -> None:
    connection.execute(update(_session).where(_session.c.hash == hashed(secret)).values(ends_at=now, ended_by=by))


def end_all_of(connection: Connection, sub: str, now: datetime, by: str) -> int:
    """How many were ended."""
    mine = (_session.c.sub == sub) & (_session.c.ends_at > now)
    return connection.execute(update(_session).where(mine).values(ends_at=now, ended_by=by)).rowcount


def in_force(connection: Connection, now: datetime) -> list[Any]:
    return list(connection.execute(select(_session).where(_session.c.ends_at > now).order_by(_session.c.began_at)))


def grant(connection: Connection, sub: str, role: str, now: datetime, by: str, why: str) -> None:
    """`role` empty: may nothing any more, from the next request on."""
    if not why.strip():
        raise ActError(f"role of {sub}: why is empty; who looks into it later wants to know")
    given = {"role": role, "at": now, "by": by, "why": why}
    if connection.execute(update(_grant).where(_grant.c.sub == sub).values(**given)).rowcount == 0:
        connection.execute(insert(_grant).values(sub=sub, **given))


def granted(connection: Connection, sub: str) -> str | None:
    """The role by an administrator; empty: none at all; None: nobody said anything."""
    role: str | None = connection.execute(select(_grant.c.role).where(_grant.c.sub == sub)).scalar()
    return role


def grants(connection: Connection) -> list[Any]:
    return list(connection.execute(select(_grant).order_by(_grant.c.sub)))
