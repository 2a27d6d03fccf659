"""The agent's own database, on SQLite and on PostgreSQL: nothing lost, nothing doubled, times that stay UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import StatementError

from spy.app import open_agent_store
from spy.domain.act import Act, Do
from spy.domain.errors import ActError
from spy.domain.evidence import Evidence
from spy.domain.release import Stage
from spy.domain.subject import of_run
from spy.store import acts, decisions, lease, ledger, outbox
from spy.store.engine import reading, writing
from spy.store.ledger import Look

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RUN = of_run("prod", 398600)


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    engine = open_agent_store(store_url)
    yield engine
    engine.dispose()


def look(at: datetime, *evidence: Evidence, problem: str = "") -> Look:
    return Look("oms", "oms", at, evidence, problem, runs=(398600,))


def fact(value: Any, at: datetime = NOW) -> Evidence:
    return Evidence(RUN, "run_end", value, "oms", at)


def test_a_time_comes_back_as_the_aware_utc_time_that_went_in(store: Engine) -> None:
    geneva = datetime(2026, 6, 1, 14, 0, 0, 250000, tzinfo=timezone(timedelta(hours=2)))
    with writing(store) as connection:
        ledger.append(connection, look(NOW, fact(geneva)), [fact(geneva)])
    with reading(store) as connection:
        (found,) = ledger.evidence_of_run(connection, 398600)
    assert found.value == geneva
    assert found.seen_at.tzinfo is not None and found.seen_at == NOW  # noqa: PT018


def test_a_naive_time_is_refused(store: Engine) -> None:
    with pytest.raises(StatementError, match="naive"), writing(store) as connection:
        ledger.open_run(connection, 1, NOW.replace(tzinfo=None))


def test_evidence_is_appended_and_a_later_good_look_renews_it(store: Engine) -> None:
    later = NOW + timedelta(minutes=2)
    with writing(store) as connection:
        ledger.append(connection, look(NOW, fact(NOW)), [fact(NOW)])
        ledger.append(connection, look(later, fact(NOW)), [])
        ledger.append(connection, look(later + timedelta(minutes=2), problem="no answer"), [])
    with reading(store) as connection:
        (found,) = ledger.evidence_of_run(connection, 398600)
    assert (found.since, found.seen_at) == (NOW, later)


def test_a_stage_moves_by_compare_and_set_and_only_with_a_token_that_is_not_older(store: Engine) -> None:
    with writing(store) as connection:
        decisions.begin(connection, "398600", 398600, NOW, fence=2)
        assert not decisions.move(connection, "398600", Stage.NONE, Stage.QUEUED, NOW, "old leader", fence=1)
        assert decisions.move(connection, "398600", Stage.NONE, Stage.QUEUED, NOW, "ready", fence=2)
        assert not decisions.move(connection, "398600", Stage.NONE, Stage.QUEUED, NOW, "again", fence=3)
        assert [row.after for row in decisions.moves(connection, "398600")] == ["queued"]


def message(**more: Any) -> dict[str, Any]:
    row = {"id": "m1", "kind": "release", "chunk": "398600", "recipient": "tier0", "revision": 1, "body": "{}"}
    return row | {"status": "pending", "created_at": NOW, "due_at": NOW, "fence": 1} | more


def test_a_message_is_queued_once_claimed_once_and_gone_when_acknowledged(store: Engine) -> None:
    with writing(store) as connection:
        assert outbox.put(connection, **message())
        assert not outbox.put(connection, **message())
        assert [row.id for row in outbox.claim(connection, NOW, 1, ("release",))] == ["m1"]
        assert outbox.claim(connection, NOW, 1, ("release",)) == []
        assert outbox.finish(connection, "m1", 1, "acked", acked_at=NOW)
        assert not outbox.put(connection, **message())


def test_a_claim_whose_owner_died_is_taken_over_as_sending_so_that_one_asks_first(store: Engine) -> None:
    later = NOW + outbox.LEASE + timedelta(seconds=1)
    with writing(store) as connection:
        outbox.put(connection, **message())
        outbox.claim(connection, NOW, 1, ("release",))
        (row,) = outbox.claim(connection, later, 2, ("release",))
        assert (row.status, row.attempts) == ("sending", 1)
        assert not outbox.finish(connection, "m1", 1, "acked", acked_at=later), "the dead owner came back too late"


@pytest.mark.parametrize("status", ["ambiguous", "sending", "acked"])
def test_only_what_nobody_can_have_received_is_cancelled(store: Engine, status: str) -> None:
    with writing(store) as connection:
        outbox.put(connection, **message(status=status))
        assert not outbox.cancel(connection, "m1", "no longer ready")


def test_a_cancelled_message_is_taken_up_again_under_its_id(store: Engine) -> None:
    with writing(store) as connection:
        outbox.put(connection, **message())
        assert outbox.cancel(connection, "m1", "kept back")
        assert outbox.put(connection, **message())
        assert outbox.get(connection, "m1").status == "pending"  # type: ignore[union-attr]


def test_one_leads_and_the_token_grows_with_every_change(store: Engine) -> None:
    with writing(store) as connection:
        assert lease.hold(connection, "a", NOW) == 1
        assert lease.hold(connection, "b", NOW) is None
        assert lease.hold(connection, "a", NOW + timedelta(seconds=10)) == 1
        gone = NOW + timedelta(seconds=10) + lease.TTL
        assert lease.hold(connection, "b", gone) == 2
        assert lease.hold(connection, "a", gone) is None


def test_an_act_is_in_force_until_its_end_or_until_another_ends_it(store: Engine) -> None:
    keep = Act(Do.KEEP_BACK, "ana", "noise", NOW, run=398600, until=NOW + timedelta(hours=1))
    acts.perform(store, keep)
    with reading(store) as connection:
        assert [a.who for a in acts.active(connection, NOW)] == ["ana"]
        assert acts.active(connection, NOW + timedelta(hours=1)) == []
    acts.perform(store, Act(Do.RELEASE_BACK, "ben", "checked", NOW + timedelta(minutes=5), run=398600))
    with reading(store) as connection:
        assert [a.do for a in acts.active(connection, NOW + timedelta(minutes=6))] == [Do.RELEASE_BACK]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (Act(Do.KEEP_BACK, "", "noise", NOW, run=1), "who is empty"),
        (Act(Do.KEEP_BACK, "ana", " ", NOW, run=1), "why is empty"),
        (Act(Do.KEEP_BACK, "ana", "noise", NOW), "names no run"),
        (Act(Do.WAIVE, "ana", "noise", NOW, run=1), "names no rule"),
        (Act(Do.HOLD_TIER0, "ana", "noise", NOW, run=1), "has no end"),
        (Act(Do.KEEP_BACK, "ana", "noise", NOW, run=1, until=NOW), "does not lie after"),
        (Act(Do.RELEASE_BACK, "ana", "noise", NOW, run=1), "run 1 has no keep_back in force"),
    ],
)
def test_an_act_that_is_not_whole_is_refused_with_what_is_missing(store: Engine, act: Act, told: str) -> None:
    with pytest.raises(ActError, match=told):
        acts.perform(store, act)
    assert acts.all_acts(store) == []
