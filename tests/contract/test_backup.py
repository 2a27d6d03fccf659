"""A backup restores into either kind of database, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from spy.domain.act import Act, Do
from spy.domain.errors import StoreError
from spy.store import acts, ledger, migrate
from spy.store.backup import snapshot, write_backup
from spy.store.backup_file import Reader
from spy.store.engine import open_store, writing
from spy.store.ledger import Look
from spy.store.restore import restore
from spy.store.whole import tables_of
from tests.support.filled_store import NOW, FilledStore

LATER = NOW + timedelta(days=1)
BIG = 2**40
TOUCHED = ("leader", "note", "move", "outbox", "release")
"""Tables that a restored store has changed on purpose."""


def opened(request: pytest.FixtureRequest, kind: str, path: Path) -> Engine:
    return open_store(f"sqlite:///{path}" if kind == "sqlite" else str(request.getfixturevalue("postgres_url")))


@pytest.fixture
def other(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of the other kind."""
    kind = "postgresql" if store_url.startswith("sqlite") else "sqlite"
    engine = opened(request, kind, tmp_path / "other.db")
    yield engine
    engine.dispose()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'target.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def saved(night: FilledStore, tmp_path: Path) -> Path:
    path = tmp_path / "night.zip"
    write_backup(night.engine, path, NOW)
    return path


def fill(store: Engine, path: Path) -> None:
    with Reader(path) as file:
        restore(store, file, LATER)


def rows(store: Engine) -> dict[str, list[dict[str, Any]]]:
    with snapshot(store) as connection:
        return {
            table.name: [
                dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in tables_of(connection)
        }


def fill_with_the_unusual(store: FilledStore) -> None:
    """What two databases could read differently."""
    fine = datetime(2026, 6, 1, 10, 0, 0, 123456, tzinfo=UTC)
    facts = {"time": fine, "big": 2**53 + 1, "words": 'ž "quoted"\n\ttab', "yes": True, "fraction": 0.1 + 0.2}
    store.look("oms", *(store.fact(f"run:{name}", name, value) for name, value in facts.items()))  # type: ignore[arg-type]
    store.look("oms", store.fact("run:1", "nothing", None, problem="gone"))  # type: ignore[arg-type]
    with writing(store.engine) as connection:
        connection.exec_driver_sql(f"UPDATE evidence SET id = id + {BIG}")
    store.act(Do.KEEP_BACK, 398602, "noise", until=fine + timedelta(days=30))


def test_a_store_moves_to_the_other_kind_of_database_and_back_row_by_row_the_same(
    night: FilledStore, other: Engine, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    fill_with_the_unusual(night)
    before = rows(night.engine)
    assert before["evidence"][-1]["id"] > BIG
    there, back = tmp_path / "there.zip", tmp_path / "back.zip"
    write_backup(night.engine, there, NOW)
    fill(other, there)
    write_backup(other, back, LATER)
    again = open_store(f"sqlite:///{tmp_path / 'again.db'}")
    fill(again, back)
    for store in (other, again):
        after = rows(store)
        assert after.keys() == before.keys()
        for table in sorted(before.keys() - set(TOUCHED)):
            assert before[table] == after[table], table
        assert [row["id"] for row in before["outbox"]] == [row["id"] for row in after["outbox"]]
    again.dispose()


def test_numbers_go_on_after_a_restore(night: FilledStore, other: Engine, tmp_path: Path) -> None:
    fill_with_the_unusual(night)
    write_backup(night.engine, tmp_path / "b.zip", NOW)
    fill(other, tmp_path / "b.zip")
    last = rows(night.engine)
    act = acts.perform(other, Act(Do.STOP, "ana", "test", LATER))
    with writing(other) as connection:
        ledger.append(connection, Look("oms", "oms", LATER), [night.fact("run:1", "new", 1)])  # type: ignore[arg-type]
    assert act.id == last["act"][-1]["id"] + 1
    after = rows(other)
    assert after["evidence"][-1]["id"] == last["evidence"][-1]["id"] + 1
    assert after["look"][-1]["id"] == last["look"][-1]["id"] + 1


def test_a_backup_shows_one_moment_whatever_is_written_meanwhile(night: FilledStore, tmp_path: Path) -> None:
    with snapshot(night.engine) as connection:
        before = {
            t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar()
            for t in tables_of(connection)
        }
        night.services()
        night.act(Do.STOP, None, "meanwhile")
        after = {
            t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar()
            for t in tables_of(connection)
        }
    assert after == before
    assert len(rows(night.engine)["act"]) == (before["act"] or 0) + 1


def test_a_backup_never_replaces_a_file(night: FilledStore, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        write_backup(night.engine, path, NOW)
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.glob("b.zip*")] == ["b.zip"]


def test_a_backup_that_fails_leaves_no_file(night: FilledStore, tmp_path: Path) -> None:
    night.drop("alembic_version")
    with pytest.raises(StoreError, match="no schema of ours"):
        write_backup(night.engine, tmp_path / "b.zip", NOW)
    assert list(tmp_path.glob("b.zip*")) == []


# --- damage ---------------------------------------------------------------------------------------------------------


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """The same zip with one part changed and every CRC right: only the check sums can tell."""
    with zipfile.ZipFile(path) as old:
        held, comment = {name: old.read(name) for name in old.namelist()}, old.comment
    with zipfile.ZipFile(path, "w") as new:
        for name, content in held.items():
            new.writestr(name, change(content) if name == part else content)
        new.comment = comment


def test_a_changed_part_is_named(saved: Path) -> None:
    rewritten(
        saved, "release.jsonl", lambda content: content.replace(b"accepted", b"withdrawn").replace(b"398602", b"398603")
    )
    with pytest.raises(StoreError, match=r"part release\.jsonl is damaged"):
        Reader(saved)


def test_a_changed_manifest_is_found(saved: Path) -> None:
    rewritten(saved, "manifest.json", lambda content: content.replace(b"2026", b"2027"))
    with pytest.raises(StoreError, match=r"manifest\.json is damaged"):
        Reader(saved)


def test_a_flipped_byte_is_found_and_its_part_named(saved: Path) -> None:
    with zipfile.ZipFile(saved) as whole:
        info = whole.getinfo("evidence.jsonl")
    content = bytearray(saved.read_bytes())
    content[info.header_offset + 60 + info.compress_size // 2] ^= 0xFF
    saved.write_bytes(content)
    with pytest.raises(StoreError, match=r"part evidence\.jsonl is damaged"):
        Reader(saved)


@pytest.mark.parametrize("left", [0, 100, -1, -200])
def test_a_file_that_was_cut_is_refused(saved: Path, left: int) -> None:
    saved.write_bytes(saved.read_bytes()[:left])
    with pytest.raises(StoreError, match=r"its end is missing|is damaged"):
        Reader(saved)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        Reader(tmp_path / "none.zip")


# --- what is refused, and that nothing is left of it ------------------------------------------------------------------


def resealed(path: Path, table: str, content: bytes) -> None:
    """A part that was changed by somebody who made every check sum right again."""
    with zipfile.ZipFile(path) as old:
        parts = json.loads(old.read("manifest.json"))["parts"]
    (part,) = (p for p in parts if p["table"] == table)
    part["sha256"] = hashlib.sha256(content).hexdigest()
    rewritten(path, f"{table}.jsonl", lambda _: content)
    told(path, parts=parts)


def told(path: Path, **changes: Any) -> None:
    """Another manifest, with its check sum right."""
    with zipfile.ZipFile(path) as old:
        held = {name: old.read(name) for name in old.namelist()}
    held["manifest.json"] = json.dumps(json.loads(held["manifest.json"]) | changes).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in held.items():
            new.writestr(name, content)
        new.comment = hashlib.sha256(held["manifest.json"]).hexdigest().encode()


def test_a_backup_of_a_newer_schema_is_refused(saved: Path, target: Engine) -> None:
    told(saved, schema="9999", program="9.9")
    with pytest.raises(StoreError, match=r"schema 9999 of program 9\.9 is not known here"):
        fill(target, saved)
    assert rows(target) == {}


def test_a_backup_of_another_format_is_refused(saved: Path) -> None:
    told(saved, format=2)
    with pytest.raises(StoreError, match="format 2, known is 1"):
        Reader(saved)


def test_a_store_that_holds_anything_is_never_overwritten(store_url: str, night: FilledStore, saved: Path) -> None:
    before = rows(night.engine)
    with pytest.raises(StoreError, match="it holds data"):
        fill(night.engine, saved)
    assert rows(night.engine) == before


def test_a_database_of_somebody_else_is_left_alone(saved: Path, target: Engine) -> None:
    with writing(target) as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER PRIMARY KEY)")
    with pytest.raises(StoreError, match="not ours, such as theirs"):
        fill(target, saved)
    assert rows(target) == {"theirs": []}


def test_an_empty_store_of_ours_is_filled(saved: Path, other: Engine) -> None:
    migrate.upgrade(other)
    fill(other, saved)
    assert len(rows(other)["run"]) == 8


def test_a_restore_that_fails_half_way_leaves_the_target_untouched(saved: Path, other: Engine) -> None:
    """The last part does not fit: everything before it was written already, and must be gone."""
    with zipfile.ZipFile(saved) as whole:
        runs = whole.read("run.jsonl").replace(b"398607", b'"x"')
    resealed(saved, "run", runs)
    with pytest.raises(StoreError, match=r"part run\.jsonl, row 8|store: cannot write"):
        fill(other, saved)
    assert rows(other) == {}
    with other.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
