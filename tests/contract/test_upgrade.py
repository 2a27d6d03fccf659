"""A store that an earlier program filled is brought to the present schema with everything in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import SQLModel

from spy.app import open_agent_store
from spy.clock import from_iso
from spy.domain.act import Act, Do
from spy.domain.errors import StoreError
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import acts, ledger, notes
from spy.store.backup import snapshot, write_backup
from spy.store.backup_file import Reader
from spy.store.engine import open_store, reading, writing
from spy.store.migrate import revisions, upgrade, upgrade_to
from spy.store.restore import restore
from spy.store.views import run_detail
from spy.store.whole import revision_of, tables_of

DATA = json.loads((Path(__file__).parents[1] / "data" / "store" / "schema_0001.json").read_text("utf-8"))
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def old(store_url: str) -> Iterator[Engine]:
    """A database as the first program left it: its schema, its rows, written by SQL alone."""
    store = open_store(store_url)
    with writing(store) as connection:
        upgrade_to(connection, DATA["schema"])
        for name, table in DATA["tables"].items():
            _insert(connection, name, table["columns"], table["rows"])
    yield store
    store.dispose()


def _insert(connection: sa.Connection, name: str, columns: list[str], rows: list[list[Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(f":{column}" for column in columns)
    told = [dict(zip(columns, map(_stored(connection), row), strict=True)) for row in rows]
    if told:
        connection.execute(sa.text(f'INSERT INTO "{name}" ({names}) VALUES ({marks})'), told)
    if "id" in columns and name != "outbox" and connection.dialect.name == "postgresql":
        last = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM \"{name}\"))"
        connection.exec_driver_sql(last)


def _stored(connection: sa.Connection) -> Any:
    """Times as SQLite's driver of then wrote them."""

    def stored(value: Any) -> Any:
        is_time = isinstance(value, str) and value[4:5] == "-" and value.endswith("Z") and value[:4].isdigit()
        if not is_time or connection.dialect.name != "sqlite":
            return value
        return from_iso(value).strftime("%Y-%m-%d %H:%M:%S.%f")

    return stored


def rows(store: Engine) -> dict[str, list[dict[str, Any]]]:
    with snapshot(store) as connection:
        return {t.name: [dict(r._mapping) for r in connection.execute(sa.select(t))] for t in tables_of(connection)}


def test_every_row_of_then_is_there_after_the_upgrade(old: Engine) -> None:
    before = rows(old)
    upgrade(old)
    after = rows(old)
    with reading(old) as connection:
        assert revision_of(connection) == revisions()[-1]
    for name, table in before.items():
        assert len(table) == len(DATA["tables"][name]["rows"]), name
        told = [{column: row[column] for column in table[0]} for row in after[name]] if table else after[name]
        assert told == table, name


def test_the_present_program_reads_and_goes_on_with_it(old: Engine) -> None:
    upgrade(old)
    detail = run_detail(old, 398600, NOW)
    assert detail is not None
    assert (detail.line.stage, detail.line.verdict, len(detail.moves)) == (Stage.STARTED, State.READY, 5)
    with reading(old) as connection:
        facts = {e.name: e.value for e in ledger.evidence_of_run(connection, 1)}
        assert notes.get(connection, notes.HALT) == "the lock came late"
        assert [act.why for act in acts.active(connection, NOW)] == ["noise"]
    fine = datetime(2026, 6, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert facts == {"time": fine, "big": 2**53 + 1, "words": 'ž "quoted"\n', "none": None}
    assert acts.perform(old, Act(Do.STOP, "ana", "test", NOW)).id == DATA["tables"]["act"]["rows"][-1][0] + 1


def test_the_schema_after_all_migrations_is_the_one_of_a_new_store(old: Engine) -> None:
    upgrade(old)
    with reading(old) as connection:
        found = {t.name: {c.name for c in t.columns} for t in tables_of(connection)}
    assert found == {t.name: {c.name for c in t.columns} for t in SQLModel.metadata.tables.values()}


def test_a_backup_made_before_the_upgrade_restores_into_the_present_schema(old: Engine, tmp_path: Path) -> None:
    before = rows(old)
    manifest = write_backup(old, tmp_path / "old.zip", NOW)
    assert manifest.schema == DATA["schema"]
    target = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    with Reader(tmp_path / "old.zip") as file:
        restore(target, file, NOW + timedelta(days=1))
    after = rows(target)
    for name in ("act", "decision", "evidence", "look", "run"):
        assert [{c: row[c] for c in before[name][0]} for row in after[name]] == before[name], name
    with reading(target) as connection:
        assert revision_of(connection) == revisions()[-1]
    target.dispose()


def test_a_store_of_a_newer_program_is_refused_and_left_alone(old: Engine) -> None:
    upgrade(old)
    with writing(old) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = rows(old)
    with pytest.raises(StoreError, match="perhaps of a newer version"):
        open_agent_store(old.url.render_as_string(hide_password=False))
    assert rows(old) == before
