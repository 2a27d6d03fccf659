"""The receiver's table of decisions: one SQLite file, one transaction per decision, nothing is ever deleted."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from spy.clock import from_iso, iso
from spy.receiver.contract import Action, Decision

_SCHEMA = """
CREATE TABLE IF NOT EXISTS decision (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    action TEXT NOT NULL,
    run INTEGER NOT NULL,
    primary_dataset TEXT,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    not_after TEXT NOT NULL,
    expires_at TEXT,
    withdraws TEXT,
    received_at TEXT NOT NULL,
    blocked_by INTEGER,
    body BLOB NOT NULL,
    body_sha256 TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS decision_by_run ON decision (run, position);
CREATE INDEX IF NOT EXISTS decision_by_target ON decision (withdraws);
CREATE INDEX IF NOT EXISTS decision_by_epoch ON decision (epoch);
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A decision that was accepted."""

    position: int
    """Order of acceptance; the cursor of the list."""
    decision: Decision
    received_at: datetime
    blocked_by: int | None
    """The lower run that waited when this one was accepted."""
    body_sha256: str


class Decisions:
    """Reads inside `reading()`, writes inside `writing()`; a file outlives the process, `:memory:` does not."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        # One connection serves all threads of the server; the file's own lock serves other processes.
        self._turn = threading.Lock()
        self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_SCHEMA}")

    def close(self) -> None:
        self._connection.close()

    def reading(self) -> AbstractContextManager[Table]:
        return self._transaction("BEGIN")

    def writing(self) -> AbstractContextManager[Table]:
        """All or nothing; whoever writes is alone, so that what was read still holds when it is written upon."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Table]:
        with self._turn:
            self._connection.execute(begin)
            try:
                yield Table(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


class Table:
    """The statements, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, decision: Decision, received_at: datetime, blocked_by: int | None, body: bytes) -> None:
        self._connection.execute(
            "INSERT INTO decision (id, action, run, primary_dataset, epoch, seq, not_after, expires_at, withdraws,"
            " received_at, blocked_by, body, body_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                decision.id,
                decision.action.value,
                decision.run,
                decision.primary_dataset,
                decision.epoch,
                decision.seq,
                iso(decision.not_after),
                iso(decision.expires_at) if decision.expires_at else None,
                decision.withdraws,
                iso(received_at),
                blocked_by,
                body,
                hashlib.sha256(body).hexdigest(),
            ),
        )

    def find(self, decision_id: str) -> Stored | None:
        found = self._select("WHERE id = ?", decision_id)
        return found[0] if found else None

    def of_run(self, run: int) -> list[Stored]:
        return self._select("WHERE run = ? ORDER BY position", run)

    def after(self, position: int, limit: int) -> list[Stored]:
        return self._select("WHERE position > ? ORDER BY position LIMIT ?", position, limit)

    def withdrawal_of(self, decision_id: str) -> Stored | None:
        found = self._select("WHERE withdraws = ? ORDER BY position LIMIT 1", decision_id)
        return found[0] if found else None

    def highest_epoch(self) -> int:
        return self._number("SELECT MAX(epoch) FROM decision")

    def highest_seq(self, run: int, primary_dataset: str | None) -> int:
        """Of the run as a whole, or of one dataset of it: each counts its own revisions."""
        statement = "SELECT MAX(seq) FROM decision WHERE run = ? AND primary_dataset IS ?"
        return self._number(statement, run, primary_dataset)

    def _number(self, statement: str, *values: int | str | None) -> int:
        number = self._connection.execute(statement, values).fetchone()[0]
        return 0 if number is None else int(number)

    def _select(self, where: str, *values: int | str) -> list[Stored]:
        return [_stored(row) for row in self._connection.execute(f"SELECT * FROM decision {where}", values)]


def _stored(row: sqlite3.Row) -> Stored:
    decision = Decision(
        id=row["id"],
        action=Action(row["action"]),
        run=row["run"],
        primary_dataset=row["primary_dataset"],
        epoch=row["epoch"],
        seq=row["seq"],
        not_after=from_iso(row["not_after"]),
        expires_at=from_iso(row["expires_at"]) if row["expires_at"] else None,
        withdraws=row["withdraws"],
    )
    return Stored(row["position"], decision, from_iso(row["received_at"]), row["blocked_by"], row["body_sha256"])
