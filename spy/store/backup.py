"""One consistent copy of the store in a file, while the agent goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from spy import __version__
from spy.clock import iso
from spy.domain.errors import StoreError
from spy.store.backup_file import Manifest, Part, Writer
from spy.store.whole import is_time, revision_of, tables_of

BATCH = 1000
"""Rows in memory at a time."""


def write_backup(store: Engine, path: Path, now: datetime) -> Manifest:
    """Everything that is committed at this moment. StoreError if the file exists or cannot be written."""
    with snapshot(store) as connection, Writer(path) as file:
        schema = revision_of(connection)
        if schema is None:
            raise StoreError("store: it has no schema of ours; `spy agent` makes it")
        parts = tuple(_part(connection, file, table) for table in tables_of(connection))
        manifest = Manifest(__version__, schema, iso(now), connection.dialect.name, parts)
        file.finish(manifest)
    return manifest


@contextmanager
def snapshot(store: Engine) -> Iterator[Connection]:
    """All statements see one and the same moment; writers are not held up."""
    # SQLite's readers have that anyway (WAL); PostgreSQL would let each statement see its own moment.
    options: dict[str, Any] = {"reading": True}
    if store.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        with store.connect().execution_options(**options) as connection, connection.begin():
            yield connection
    except DBAPIError as broken:
        raise StoreError(f"store: cannot read: {broken.orig}") from broken


def _part(connection: Connection, file: Writer, table: sa.Table) -> Part:
    columns = list(table.columns)
    query = sa.select(table).order_by(*table.primary_key.columns)
    found = connection.execute(query, execution_options={"yield_per": BATCH})
    times = [at for at, column in enumerate(columns) if is_time(column)]
    return file.add(table.name, [column.name for column in columns], (_told(row, times) for row in found))


def _told(row: Any, times: list[int]) -> list[Any]:
    values = list(row)
    for at in times:
        if values[at] is not None:
            values[at] = iso(values[at])
    return values
