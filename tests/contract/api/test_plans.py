"""Every page is found by an index: no list is read whole, however long it has become."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from spy.store.engine import reading, writing
from spy.store.tables import DecisionRow, EvidenceRow, OutboxRow, ReleaseRow, RunRow, table_of
from spy.store.views import Status, Wanted, chunk_list, decision_list, delivery_list, evidence_list, standing
from tests.support.filled_store import NOW, FilledStore

HISTORY = 3000
AFTER = {"decision": (NOW, 1500), "evidence": (1500,), "outbox": (NOW, "m1500"), "release": (300_000, "300000")}
ASKED: dict[str, tuple[Any, str]] = {
    "decisions, newest": (decision_list.examined_keys(Wanted(), None), "ix_decision_at"),
    "decisions, next page": (decision_list.examined_keys(Wanted(), AFTER["decision"]), "ix_decision_at"),
    "decisions of a time": (
        decision_list.examined_keys(Wanted(since=NOW - timedelta(minutes=9), until=NOW), None),
        "ix_decision_at",
    ),
    "decisions of a run": (decision_list.examined_keys(Wanted(run=300_007), None), "ix_decision_run"),
    "history of a fact": (evidence_list.fact_rows("prod:300007", "run_end", AFTER["evidence"]), "ix_evidence_fact"),
    "deliveries, next page": (
        delivery_list.examined_keys(tuple(Status), None, AFTER["outbox"]),
        "ix_outbox_status_due",
    ),
    "deliveries that wait": (delivery_list.examined_keys((Status.PENDING,), None, None), "ix_outbox_status_due"),
    "deliveries of a chunk": (delivery_list.examined_keys((Status.ACKED,), "300007", None), "ix_outbox_chunk"),
    "chunks, next page": (chunk_list.examined_rows(None, AFTER["release"]), "ix_release_run"),
    "one run's standing": (standing.OF_ONE, "ix_decision_run"),
    "open runs' standings": (standing.OPEN, "ix_run_closed_at"),
    "lower open runs": (standing.LOWER, "ix_run_closed_at"),
    "facts that hold": (standing.FACTS_THAT_HOLD, "ix_evidence_fact"),
}
PARAMETERS = {"run": 300_007, "runs": [300_007, 300_008]}


@pytest.fixture
def long(empty: FilledStore) -> FilledStore:
    """A long history of closed runs, and statistics on it."""
    at = [NOW - timedelta(minutes=HISTORY - n) for n in range(HISTORY)]
    run = [300_000 + n for n in range(HISTORY)]
    texts: dict[str, Any] = {"reasons": [], "outcomes": [], "products": {}, "payload_hashes": {}, "required": []}
    rows: dict[Any, list[dict[str, Any]]] = {
        RunRow: [{"number": run[n], "opened_at": at[n], "closed_at": at[n]} for n in range(HISTORY)],
        ReleaseRow: [_release(run[n], at[n]) for n in range(HISTORY)],
        DecisionRow: [_decision(run[n], at[n]) | texts for n in range(HISTORY)],
        EvidenceRow: [_fact(run[n], at[n], name) for n in range(HISTORY) for name in ("run_end", "transferred")],
        OutboxRow: [_message(n, run[n], at[n]) for n in range(HISTORY)],
    }
    with writing(empty.engine) as connection:
        for table, entries in rows.items():
            connection.execute(insert(table_of(table)), entries)
    with writing(empty.engine) as connection:
        connection.exec_driver_sql("ANALYZE")
    return empty


def _release(run, at):
    return {"chunk": str(run), "run": run, "stage": "started", "since": at, "hashes": {}}


def _decision(run, at):
    row = {"chunk": str(run), "run": run, "revision": 1, "at": at, "verdict": "ready", "cause": "", "basis": None}
    return row | {"rulebook": "r", "program": "p", "fence": 1, "deadline": None}


def _fact(run, at, name):
    return {"run": run, "subject": f"prod:{run}", "name": name, "value": True, "source": "oms", "seen_at": at}


def _message(n, run, at):
    row = {"id": f"m{n}", "kind": "release", "chunk": str(run), "recipient": "tier0", "revision": 1, "body": "{}"}
    return row | {"status": list(Status)[n % 7], "created_at": at, "due_at": at}


def plan(store: FilledStore, query: Any) -> list[str]:
    with_values = query.params(PARAMETERS)
    compiled = str(with_values.compile(store.engine, compile_kwargs={"literal_binds": True})).replace("%", "%%")
    is_sqlite = store.engine.dialect.name == "sqlite"
    with reading(store.engine) as connection:
        rows = connection.exec_driver_sql(f"{'EXPLAIN QUERY PLAN' if is_sqlite else 'EXPLAIN'} {compiled}")
        return [str(row[-1]).strip(" ->") for row in rows]


def test_no_page_reads_a_table_whole(long):
    for name, (query, index) in ASKED.items():
        lines = plan(long, query)
        assert [line for line in lines if index in line], f"{name}: {lines}"
        whole = [line for line in lines if line.startswith(("SCAN ", "Seq Scan")) and "INDEX" not in line]
        assert [line for line in whole if "anon" not in line] == [], f"{name}: {lines}"
