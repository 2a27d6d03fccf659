"""What `spy prune` removes, and what it never touches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import ledger
from spy.store.backup import snapshot
from spy.store.engine import reading, writing
from spy.store.prune import counted, prune
from spy.store.views import overview, run_detail
from spy.store.whole import tables_of
from tests.support.filled_store import NOW, FilledStore

LONG_AGO = NOW - timedelta(days=500)
CUTOFF = NOW - timedelta(days=400)
OLD, OPEN = 398500, 398603


@pytest.fixture
def grown(night: FilledStore) -> FilledStore:
    """The night of today, and a run that was released and closed 500 days ago."""
    night.now = LONG_AGO
    night.services(first_safe_run=OLD)
    night.services(first_safe_run=OLD + 1)
    night.run(OLD)
    night.decide(OLD, State.WAITING, "not yet")
    night.decide(OLD, State.READY)
    night.stages(OLD, Stage.QUEUED, Stage.SENT, Stage.ACCEPTED, Stage.LOCKED, Stage.STARTED)
    night.message(OLD, "release", "tier0")
    night.act(Do.ACKNOWLEDGE, OLD, "seen")
    night.close_run(OLD)
    night.now = NOW
    return night


def everything(store: FilledStore) -> dict[str, list[dict[str, Any]]]:
    with snapshot(store.engine) as connection:
        return {t.name: [dict(r._mapping) for r in connection.execute(sa.select(t))] for t in tables_of(connection)}


def open_since(store: FilledStore, when: datetime) -> None:
    with writing(store.engine) as connection:
        connection.execute(sa.text("UPDATE run SET opened_at = :at WHERE number = :run"), {"at": when, "run": OPEN})


def test_a_run_closed_long_ago_keeps_its_story_and_loses_its_evidence(grown: FilledStore) -> None:
    before = everything(grown)
    removed = dict.fromkeys(counted(grown.engine, CUTOFF), 0)
    told = counted(grown.engine, CUTOFF)
    for what, rows in prune(grown.engine, CUTOFF, batch=3):
        assert 0 < rows <= 3
        removed[what] += rows
    assert removed == told
    assert all(removed.values())
    after = everything(grown)
    assert [r for r in after["evidence"] if r["run"] == OLD] == []
    assert [r["revision"] for r in after["decision"] if r["run"] == OLD] == [2]
    for table in ("run", "release", "move", "outbox", "act", "note", "probe"):
        assert after[table] == before[table], table
    detail = run_detail(grown.engine, OLD, NOW)
    assert detail is not None
    assert (detail.line.stage, detail.line.verdict) == (Stage.STARTED, State.READY)


def test_open_runs_and_runs_closed_since_lose_nothing(grown: FilledStore) -> None:
    grown.close_run(398600)
    before = everything(grown)
    list(prune(grown.engine, CUTOFF))
    after = everything(grown)
    for table in ("evidence", "decision"):
        kept = [r for r in before[table] if r["run"] not in (0, OLD)]
        assert kept, table
        assert [r for r in after[table] if r["run"] not in (0, OLD)] == kept
    night = [r for r in before["look"] if r["at"] > NOW - timedelta(days=1)]
    assert [r for r in after["look"] if r["at"] > NOW - timedelta(days=1)] == night


def test_what_the_services_said_last_before_the_cutoff_stays_since_it_still_holds(grown: FilledStore) -> None:
    with writing(grown.engine) as connection:
        connection.execute(sa.text("DELETE FROM evidence WHERE run = 0 AND seen_at > :at"), {"at": CUTOFF})
    list(prune(grown.engine, CUTOFF))
    with reading(grown.engine) as connection:
        left = {e.name: e.value for e in ledger.evidence_of_run(connection, 0)}
    assert left == {"first_safe_run": OLD + 1, "prompt_enabled": True, "newest_run": 398610}
    told = [r for r in everything(grown)["evidence"] if r["name"] == "first_safe_run"]
    assert [r["value"] for r in told] == [str(OLD + 1)]


def test_a_run_that_is_open_since_before_the_cutoff_keeps_the_services_and_looks_of_its_time(
    grown: FilledStore,
) -> None:
    open_since(grown, LONG_AGO - timedelta(days=1))
    before = everything(grown)
    removed = dict.fromkeys(counted(grown.engine, CUTOFF), 0)
    for what, rows in prune(grown.engine, CUTOFF):
        removed[what] += rows
    assert (removed["looks"], removed["evidence about services"]) == (0, 0)
    assert removed["evidence about runs"] > 0
    assert everything(grown)["look"] == before["look"]


def test_it_may_stop_anywhere_and_go_on_later(grown: FilledStore) -> None:
    told = counted(grown.engine, CUTOFF)
    first = next(iter(prune(grown.engine, CUTOFF, batch=2)))
    assert first == ("evidence about runs", 2)
    assert sum(counted(grown.engine, CUTOFF).values()) == sum(told.values()) - 2
    list(prune(grown.engine, CUTOFF))
    assert set(counted(grown.engine, CUTOFF).values()) == {0}
    assert list(prune(grown.engine, CUTOFF)) == []


def test_the_page_says_the_same_before_and_after(grown: FilledStore) -> None:
    def seen() -> object:
        return overview(grown.engine, NOW, timedelta(minutes=5), {}, ())

    before = seen()
    list(prune(grown.engine, CUTOFF))
    assert seen() == before
