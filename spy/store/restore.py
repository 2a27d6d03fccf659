"""Fill an empty store from a backup: of either kind of database, of this or an older schema. All of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, func, insert, select

from spy.clock import from_iso
from spy.domain.errors import BackupError, StoreError
from spy.store import migrate, restored
from spy.store.backup import BATCH
from spy.store.backup_file import Manifest, Part, Reader
from spy.store.engine import writing
from spy.store.whole import is_time, revision_of, tables_of


def restore(store: Engine, file: Reader, now: datetime) -> Manifest:
    """One transaction: rows under the backup's schema, the migrations, and what a store of earlier must not do.

    StoreError if the store holds anything, the schema is not known here, or a row does not fit.
    """
    schema = file.manifest.schema
    if schema not in migrate.revisions():
        known = ", ".join(migrate.revisions())
        raise StoreError(
            f"{file.path}: schema {schema} of program {file.manifest.program} is not known here (known: {known}); "
            "restore it with that program or a newer one"
        )
    with writing(store) as connection:
        _make_room(connection)
        migrate.upgrade_to(connection, schema)
        tables = {table.name: table for table in tables_of(connection)}
        _must_match(file, tables)
        for part in file.manifest.parts:
            _fill(connection, tables[part.table], part, file)
        migrate.upgrade_to(connection, "head")
        restored.settle(connection, from_iso(file.manifest.made_at), now)
    return file.manifest


def _make_room(connection: Connection) -> None:
    """Tables of ours without a row make way for those of the backup's schema; anything else is left as it is."""
    there = tables_of(connection)
    for table in there:
        if connection.execute(select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            raise StoreError(
                f"store: it holds data (table {table.name}); a backup is restored only into an empty database: "
                "name a new one in agent.store, and keep the old one until all is well"
            )
    if there and revision_of(connection) is None:
        raise StoreError(f"store: it holds tables that are not ours, such as {there[0].name}; name an empty database")
    for table in there:
        table.drop(connection)
    if there:
        connection.exec_driver_sql("DELETE FROM alembic_version")


def _must_match(file: Reader, tables: dict[str, sa.Table]) -> None:
    """The backup has every table of its schema, with the same columns, and no other."""
    told = {part.table: set(part.columns) for part in file.manifest.parts}
    wanted = {name: {column.name for column in table.columns} for name, table in tables.items()}
    wrong = [name for name in sorted(told.keys() | wanted.keys()) if told.get(name) != wanted.get(name)]
    if wrong:
        raise BackupError(f"{file.path}: not what schema {file.manifest.schema} has: table {', '.join(wrong)}")


def _fill(connection: Connection, table: sa.Table, part: Part, file: Reader) -> None:
    times = [at for at, name in enumerate(part.columns) if is_time(table.c[name])]
    rows = _rows(part, file, times)
    while batch := list(islice(rows, BATCH)):
        connection.execute(insert(table), batch)
    _go_on_counting(connection, table)


def _rows(part: Part, file: Reader, times: list[int]) -> Iterator[dict[str, Any]]:
    for number, values in enumerate(file.rows(part), start=1):
        try:
            for at in times:
                if values[at] is not None:
                    values[at] = from_iso(values[at])
            yield dict(zip(part.columns, values, strict=True))
        except (ValueError, TypeError, IndexError) as wrong:
            raise BackupError(f"{file.path}: part {part.name}, row {number}: {wrong}") from None


def _go_on_counting(connection: Connection, table: sa.Table) -> None:
    """PostgreSQL counts in a sequence of its own, which knows nothing of rows that bring their number along."""
    if connection.dialect.name != "postgresql" or "id" not in table.c or not isinstance(table.c.id.type, sa.Integer):
        return
    last = connection.execute(select(func.max(table.c.id))).scalar()
    if last is not None:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
