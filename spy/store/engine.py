"""Open the agent's own database: SQLite in WAL by default, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from spy.domain.errors import ConfigError, StoreError


def open_store(url: str, *, durable: bool = True) -> Engine:
    """An engine with short transactions. `durable=False` gives up on power failures (virtual time only)."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        raise ConfigError([f"agent.store: {url!r} is no database URL, such as sqlite:///var/spy.db"]) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(
            [f"agent.store: {parsed.get_backend_name()!r} is not supported; sqlite or postgresql+psycopg"]
        )
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=5, connect_args={"connect_timeout": 5})
        event.listen(engine, "connect", _without_compiler)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_size=20, connect_args={"timeout": 5, "check_same_thread": False})
    event.listen(engine, "connect", _pragmas(durable))
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _pragmas(durable: bool) -> Any:
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself, or readers would block the writer.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "busy_timeout=5000", f"synchronous={'NORMAL' if durable else 'OFF'}"):
            connection.execute(f"PRAGMA {pragma}")

    return on_connect


def _without_compiler(connection: Any, _record: Any) -> None:
    """All our statements are short: PostgreSQL would compile some for 15 ms to save none."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    connection.commit()


def _begin_immediate(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One short write transaction; a database that cannot be written is a StoreError."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as broken:
        raise StoreError(f"store: cannot write: {broken.orig}") from broken


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent look; never blocks the writer."""
    try:
        with engine.connect().execution_options(reading=True) as connection, connection.begin():
            yield connection
    except DBAPIError as broken:
        raise StoreError(f"store: cannot read: {broken.orig}") from broken
