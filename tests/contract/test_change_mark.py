"""The mark turns with everything that the pages show, and with nothing else: each turn costs every open page a look."""

from __future__ import annotations

import pytest

from spy.domain.act import Do
from spy.domain.errors import StoreError
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import notes
from spy.store.engine import writing
from spy.store.tables import OutboxRow, table_of
from spy.store.views import change_mark
from tests.support.filled_store import FilledStore

RUN = 398602


@pytest.fixture
def store(store_url):
    filled = FilledStore(store_url)
    filled.run(RUN)
    filled.decide(RUN, State.WAITING, "not yet")
    filled.message(RUN, "mail", "crew@example.invalid", "pending")
    yield filled
    filled.close()


def outbox(store, **values):
    table = table_of(OutboxRow)
    with writing(store.engine) as connection:
        connection.execute(table.update().values(**values))


CHANGES = {
    "a decision": lambda store: store.decide(RUN, State.READY),
    "a move of a release": lambda store: store.stages(RUN, Stage.QUEUED),
    "a look": lambda store: store.look("dqm"),
    "a human act": lambda store: store.act(Do.KEEP_BACK, RUN, "noise"),
    "a message": lambda store: store.message(RUN, "mail", "strip@example.invalid", "pending"),
    "an attempt to deliver": lambda store: outbox(store, attempts=1),
    "an acknowledgement": lambda store: outbox(store, status="acked"),
    "a handover note": lambda store: store.note(notes.HANDOVER, "{}"),
    "a halt": lambda store: store.note(notes.HALT, "lock moved"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_mark_turns_with(store, change):
    before = change_mark(store.engine)
    assert change_mark(store.engine) == before, "asking changes nothing"
    CHANGES[change](store)
    assert change_mark(store.engine) != before


def test_a_heartbeat_alone_is_no_change(store):
    before = change_mark(store.engine)
    store.note(notes.HEARTBEAT, "agent")
    assert change_mark(store.engine) == before


def test_an_empty_store_has_a_mark_too(store_url):
    empty = FilledStore(store_url)
    assert change_mark(empty.engine)
    empty.close()


def test_a_store_that_cannot_be_read_says_so(store):
    store.drop("outbox")
    with pytest.raises(StoreError, match="cannot read"):
        change_mark(store.engine)
