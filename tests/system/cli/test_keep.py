"""`spy backup`, `spy restore` and `spy prune`, as a person runs them."""

from __future__ import annotations

import sqlite3

import pytest

from spy.store import ledger, notes
from spy.store.engine import open_store, reading
from tests.support.command import answer, configured, spy
from tests.support.filled_store import FilledStore, a_night


@pytest.fixture
def config(after):
    return after("plain_release")


@pytest.fixture
def filled(tmp_path):
    """A store that the program itself has prepared."""
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    store.close()
    return configured(tmp_path, {"agent.store": f'"sqlite:///{tmp_path}/spy.db"'})


def elsewhere(folder, url):
    (folder / "other").mkdir(exist_ok=True)
    return configured(folder / "other", {"agent.store": f'"{url}"'})


def test_a_store_moves_from_sqlite_to_postgresql_by_two_commands(filled, tmp_path, postgres_url):
    told = answer("backup", tmp_path / "spy.zip", "--config", filled)
    assert told["rows"]["run"] == 8
    other = elsewhere(tmp_path, postgres_url)
    restored = spy("restore", tmp_path / "spy.zip", "--config", other)
    assert restored.exit_code == 0, restored.stderr
    assert "No release is sent before `spy resume`" in restored.stdout
    store = open_store(postgres_url)
    with reading(store) as connection:
        assert ledger.open_runs(connection) == list(range(398600, 398608))
        assert "restored" in notes.get(connection, notes.HALT)
    store.dispose()
    again = spy("restore", tmp_path / "spy.zip", "--config", other)
    assert again.exit_code == 3
    assert "it holds data" in again.stderr


def test_a_restored_store_says_why_it_is_halted_until_somebody_resumes(filled, tmp_path):
    spy("backup", tmp_path / "spy.zip", "--config", filled)
    other = elsewhere(tmp_path, f"sqlite:///{tmp_path}/other/new.db")
    assert spy("restore", tmp_path / "spy.zip", "--config", other).exit_code == 0
    assert "then `spy resume`" in answer("status", "--config", other)["halt"]
    assert spy("resume", "--why", "looked at everything", "--config", other).exit_code == 0


def test_a_restore_that_fails_leaves_no_file_behind(filled, tmp_path):
    spy("backup", tmp_path / "spy.zip", "--config", filled)
    damaged = bytearray((tmp_path / "spy.zip").read_bytes())
    damaged[200] ^= 0xFF
    (tmp_path / "spy.zip").write_bytes(damaged)
    other = elsewhere(tmp_path, f"sqlite:///{tmp_path}/other/new.db")
    failed = spy("restore", tmp_path / "spy.zip", "--config", other)
    assert failed.exit_code == 2
    assert ".jsonl is damaged" in failed.stderr
    assert not (tmp_path / "other" / "new.db").exists()


def test_a_store_made_in_virtual_time_has_no_schema_to_name(config, tmp_path):
    failed = spy("backup", tmp_path / "spy.zip", "--config", config)
    assert failed.exit_code == 3
    assert "no schema of ours" in failed.stderr


def test_prune_says_what_it_would_remove_and_then_removes_it(filled, tmp_path):
    with sqlite3.connect(tmp_path / "spy.db") as connection:
        connection.execute("UPDATE run SET closed_at = '2020-01-01 00:00:00.000000' WHERE number = 398602")
        count = "SELECT count(*) FROM evidence WHERE run = 398602"
        before = connection.execute(count).fetchone()[0]
    connection.close()
    told = answer("prune", "--preview", "--config", filled)
    assert told["rows"]["evidence about runs"] == before > 0
    assert answer("prune", "--preview", "--config", filled)["rows"] == told["rows"], "a preview removes nothing"
    done = spy("prune", "--config", filled)
    assert done.exit_code == 0, done.stderr
    assert "Removed what is about runs closed before" in done.stdout
    assert set(answer("prune", "--preview", "--config", filled)["rows"].values()) == {0}
    assert answer("status", "--config", filled)["sentence"]


def test_a_keep_that_is_a_slip_of_the_unit_is_refused(tmp_path):
    path = configured(tmp_path, {"store.keep": '"400m"'})
    failed = spy("prune", "--config", path)
    assert failed.exit_code == 2
    assert "store.keep (6:40:00) must be at least 7d" in failed.stderr
