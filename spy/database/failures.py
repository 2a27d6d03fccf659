"""What went wrong in a database, as one of our errors.

Codes as oracledb 26.1 and SQLAlchemy 2.1 were seen to give them. The driver's own `isrecoverable` is of no use: it is
False even for a refused connection.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable

LOCKS_THE_ACCOUNT = frozenset({"ORA-01017", "ORA-28000"})
"""A wrong password or a locked account: trying again makes it worse."""
NEEDS_A_PERSON = LOCKS_THE_ACCOUNT | {
    "ORA-00942",  # no such table, or no right to read it
    "ORA-01031",  # no right
    "ORA-01045",  # no right to connect
    "ORA-28001",  # password expired
    "DPY-3001",  # no user and password
    "DPY-4000",  # unknown TNS alias
    "DPY-4001",  # no credentials
    "DPY-4026",  # no tnsnames.ora
    "DPY-4027",  # no configuration directory
}
IS_NOT_THE_SCHEMA = frozenset({"ORA-00904", "ORA-00932", "ORA-01722", "ORA-01790", "ORA-01861"})
DEAD_CONNECTION = frozenset({"DPY-4024", "DPY-6005"})
"""Codes after which a connection is useless, and which SQLAlchemy does not count as a disconnect."""

POSTGRES_REFUSES = ("28000", "28P01", "42501")
POSTGRES_HAS_NONE = ("42P01", "42703")
SQLITE_HAS_NONE = ("no such table", "no such column", "file is not a database", "database disk image")


def code_of(error: BaseException) -> str:
    """`ORA-01017` or `DPY-4024` of a driver's exception; empty where it has none."""
    first = error.args[0] if error.args else None
    full = getattr(first, "full_code", "")
    if full:
        return str(full)
    code = getattr(first, "code", 0)
    return f"ORA-{code:05d}" if isinstance(code, int) and code else ""


def said(error: BaseException) -> str:
    """The first line of what the driver said, which holds neither statement nor values."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def source_error(service: str, error: BaseException) -> SourceError:
    if code_of(error) in NEEDS_A_PERSON or _postgres_refuses(error):
        return Refused(service, said(error))
    if code_of(error) in IS_NOT_THE_SCHEMA or _has_no_such_thing(error):
        return Unreadable(service, f"the database is not what was expected: {said(error)}")
    return NoAnswer(service, said(error))


def original(error: DBAPIError) -> BaseException:
    """The driver's own exception."""
    return error.orig or error


def is_missing(error: DBAPIError) -> bool:
    """Whether a statement failed because a table does not exist or may not be read."""
    found = original(error)
    return code_of(found) == "ORA-00942" or _has_no_such_thing(found)


def _postgres_refuses(error: BaseException) -> bool:
    # While connecting, libpq gives a text and no state.
    return getattr(error, "sqlstate", None) in POSTGRES_REFUSES or "authentication failed" in str(error)


def _has_no_such_thing(error: BaseException) -> bool:
    """SQLite tells by text, PostgreSQL by state."""
    if isinstance(error, sqlite3.Error):
        return str(error).startswith(SQLITE_HAS_NONE)
    return getattr(error, "sqlstate", None) in POSTGRES_HAS_NONE
