"""A decision is read once by a process and then kept; what is shown is what the store has, always."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, select, update

from spy.domain.verdict import State
from spy.store.engine import reading, writing
from spy.store.tables import DecisionRow, table_of
from spy.store.views import newest_decided
from spy.store.views.decided import Decision, as_decision
from tests.support.filled_store import FilledStore

_decision = table_of(DecisionRow)
RUNS = (398601, 398602, 398603)


@pytest.fixture
def asked(night: FilledStore) -> Iterator[list[str]]:
    """Statements that read whole decisions."""
    heavy: list[str] = []

    @event.listens_for(night.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_rest):
        if "decision.outcomes" in statement:
            heavy.append(statement)

    yield heavy
    event.remove(night.engine, "before_cursor_execute", note)


def shown(store: FilledStore) -> dict[str, Decision]:
    with reading(store.engine) as connection:
        return newest_decided.newest(connection, RUNS)


def stored(store: FilledStore) -> list[Decision]:
    with reading(store.engine) as connection:
        rows = connection.execute(select(_decision).order_by(_decision.c.id))
        return [as_decision(row) for row in rows]


def test_what_was_kept_is_what_the_store_has_and_is_not_read_again(night, asked):
    first, again = shown(night), shown(night)
    newest = {decision.chunk: decision for decision in stored(night) if decision.run in RUNS}
    assert first == again == newest
    assert len(newest) > 1
    assert len(asked) == 2, "once for the view, and once by this test"


def test_a_new_revision_is_seen_at_once_and_only_it_is_read(night, asked):
    before = shown(night)["398602"]
    night.decide(398602, State.BLOCKED, "calibration: it turned")
    after = shown(night)["398602"]
    assert (before.revision + 1, "calibration: it turned") == (after.revision, after.reasons[0])
    assert len(asked) == 2


def test_another_decision_under_a_known_number_is_not_taken_for_it(night):
    """A store that was exchanged under a running process counts from 1 again."""
    before = shown(night)["398602"]
    with writing(night.engine) as connection:
        connection.execute(
            update(_decision).where(_decision.c.id == before.id).values(revision=before.revision + 7, cause="another")
        )
    assert shown(night)["398602"].cause == "another"


def test_no_more_is_kept_than_said_and_all_is_still_told(night, monkeypatch):
    monkeypatch.setattr(newest_decided, "KEPT", 1)
    for _ in range(2):
        assert shown(night) == {decision.chunk: decision for decision in stored(night) if decision.run in RUNS}
    assert len(newest_decided._kept[night.engine]._decisions) == 1


def test_the_history_of_a_chunk_comes_in_the_order_of_its_revisions(night):
    shown(night)  # so that some are known and others are not
    with reading(night.engine) as connection:
        told = newest_decided.history(connection, "398602")
    assert told == [decision for decision in stored(night) if decision.chunk == "398602"]
    assert [decision.revision for decision in told] == [1, 2]
