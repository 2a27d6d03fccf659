"""Payloads that are no longer those with which a run was locked: its data may have to be done again."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from spy.domain.release import Stage
from spy.domain.subject import part_of
from spy.store import decisions, ledger
from spy.store.engine import reading


def changed_after_lock(store: Engine) -> int:
    """How many, one for each run and tag, over the locked runs that are still watched."""
    with reading(store) as connection:
        released = decisions.releases(connection, ledger.open_runs(connection)).values()
        closed = [row for row in released if Stage(row.stage).is_closed and row.hashes]
        return sum(_changed(connection, row.run, row.hashes) for row in closed)


def _changed(connection: Connection, run: int, sent: dict[str, str]) -> int:
    """Unknown counts as unchanged: nobody says that it is another one."""
    hashes = [e for e in ledger.evidence_of_run(connection, run) if e.name == "payload_hash" and e.value is not None]
    now = {part_of(e.subject)[1]: e.value for e in hashes}
    return sum(now.get(tag, told) != told for tag, told in sent.items())
