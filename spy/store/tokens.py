"""Machines' tokens: hashed, of limited reach and life, with their last use."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from spy.domain.caller import Caller, Means, Reach, Role
from spy.domain.errors import ActError
from spy.store.access_tables import TokenRow
from spy.store.tables import table_of

_token = table_of(TokenRow)

PREFIX = "spy_"
"""By which scanners for leaked secrets know one."""
USE_COUNTS_AFTER = timedelta(minutes=1)
"""`used_at` is written at most so often: a token may be used 200 times a second."""


def hashed(secret: str) -> str:
    """256 random bits need no slow hash: nobody guesses them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make(
    connection: Connection, name: str, reaches: Iterable[Reach], role: Role, now: datetime, life: timedelta, by: str
) -> str:
    """A new token, told this once. ActError if one of that name is in force."""
    if name in {row.name for row in in_force(connection, now)}:
        raise ActError(f"token {name!r} is in force; end it first: spy token end {name}")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {"name": name, "hash": hashed(secret), "reaches": sorted(reaches), "role": role, "made_by": by}
    connection.execute(insert(_token).values(**row, ended_by="", made_at=now, ends_at=now + life))
    return secret


def end(connection: Connection, name: str, now: datetime, by: str) -> None:
    """At once. ActError if none of that name is in force."""
    ended = connection.execute(
        update(_token).where(_token.c.name == name, _token.c.ends_at > now).values(ends_at=now, ended_by=by)
    )
    if ended.rowcount == 0:
        known = ", ".join(row.name for row in in_force(connection, now)) or "none"
        raise ActError(f"no token {name!r} is in force; in force: {known}")


def in_force(connection: Connection, now: datetime) -> list[Any]:
    return list(connection.execute(select(_token).where(_token.c.ends_at > now).order_by(_token.c.name)))


def all_of(connection: Connection) -> list[Any]:
    return list(connection.execute(select(_token).order_by(_token.c.id)))


# Made once: a statement that is put together anew for each question costs as much as asking it.
_VALID = select(_token).where(_token.c.hash == bindparam("told"), _token.c.ends_at > bindparam("now"))


def caller(connection: Connection, secret: str, now: datetime) -> tuple[Caller | None, bool]:
    """Whose token it is, and whether its last use was noted over a minute ago. None: nobody's, or no longer."""
    row = connection.execute(_VALID, {"told": hashed(secret), "now": now}).first()
    if row is None:
        return None, False
    reaches = frozenset(Reach(reach) for reach in row.reaches)
    is_old = row.used_at is None or now - row.used_at >= USE_COUNTS_AFTER
    return Caller(row.name, Role(row.role), Means.TOKEN, row.name, reaches), is_old


def note_use(connection: Connection, secret: str, now: datetime) -> None:
    connection.execute(update(_token).where(_token.c.hash == hashed(secret)).values(used_at=now))
