"""Opening a database for reading: Oracle, PostgreSQL, or a CondDB file of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from spy.clock import monotonic
from spy.database.door import Door
from spy.database.failures import DEAD_CONNECTION, code_of
from spy.domain.errors import ConfigError

DRIVERS = ("oracle+oracledb", "oracle+cx_oracle", "postgresql+psycopg", "sqlite")
DEFAULT_DEADLINE = timedelta(seconds=15)


def open_database(
    url: str,
    *,
    service: str,
    schema: str = "",
    deadline: timedelta = DEFAULT_DEADLINE,
    secret: Callable[[], str] | None = None,
    module: ModuleType | None = None,
) -> sa.Engine:
    """An engine for reading. Nothing is connected yet; a ConfigError says what is wrong with the URL.

    `schema` owns the tables (not for SQLite). `secret` gives the password at each connect, so that it can be rotated.
    `module` is another DB-API module of the driver's shape, for tests.
    """
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise ConfigError([f"[service.{service}] url: not a database URL; allowed: {', '.join(DRIVERS)}"]) from None
    if address.drivername not in DRIVERS:
        found = address.drivername
        raise ConfigError([f"[service.{service}] url: driver {found!r} is not known; allowed: {', '.join(DRIVERS)}"])
    if address.drivername == "sqlite":
        engine, schema = _open_sqlite(address, deadline), ""
    else:
        engine = _open_server(address, service, deadline, secret, module)
    engine.update_execution_options(deadline=deadline)
    if schema:
        engine.update_execution_options(schema_translate_map={None: schema})
    return engine


def deadline_of(engine: sa.Engine) -> timedelta:
    """The time for everything that one look asks of it."""
    found = engine.get_execution_options().get("deadline")
    return found if isinstance(found, timedelta) else DEFAULT_DEADLINE


def _open_sqlite(address: sa.URL, deadline: timedelta) -> sa.Engine:
    """Read-only, a new connection each time; a query longer than the deadline is interrupted."""
    file = f"file:{quote(str(Path(address.database or '').absolute()))}?mode=ro"
    seconds = deadline.total_seconds()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, uri=True, timeout=seconds / 3, check_same_thread=False)
        ends = monotonic() + seconds
        connection.set_progress_handler(lambda: monotonic() > ends, 10_000)
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)


def _open_server(
    address: sa.URL, service: str, deadline: timedelta, secret: Callable[[], str] | None, module: ModuleType | None
) -> sa.Engine:
    options: dict[str, Any] = {"pool_pre_ping": True, "pool_recycle": 1800}
    if module is not None:
        options["module"] = module
    try:
        engine = sa.create_engine(
            address, pool_size=2, max_overflow=0, pool_timeout=deadline.total_seconds() / 3, **options
        )
    except (ModuleNotFoundError, NoSuchModuleError) as exc:
        hint = "install spy-agency[cx-oracle], or write oracle+oracledb://, which needs no Oracle client"
        raise ConfigError([f"[service.{service}] url: {address.drivername} cannot be used ({exc}); {hint}"]) from None
    if address.drivername == "oracle+oracledb" and module is None:
        _fix_thin_mode()
    door = Door(service, engine.dialect.driver, deadline, secret)
    sa.event.listen(engine, "do_connect", door.connect)
    sa.event.listen(engine, "checkout", lambda connection, record, proxy: door.limit(connection))
    sa.event.listen(engine, "handle_error", _notice_dead_connection)
    return engine


def _fix_thin_mode() -> None:
    """Until the mode is fixed, one hanging first connect blocks every other connect of the process."""
    import oracledb

    enable: Callable[[], None] = oracledb.enable_thin_mode
    enable()


def _notice_dead_connection(context: sa.ExceptionContext) -> None:
    if code_of(context.original_exception) in DEAD_CONNECTION:
        context.is_disconnect = True
