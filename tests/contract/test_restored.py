"""An agent on a restored store: nobody leads twice, nothing is sent twice, and people look before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.agent.agent import Agent
from spy.agent.deliver import Deliverer
from spy.agent.last_look import may_send
from spy.app import build_agent
from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.store import acts, lease, notes, outbox
from spy.store.backup import write_backup
from spy.store.backup_file import Reader
from spy.store.engine import open_store, reading, writing
from spy.store.migrate import upgrade
from spy.store.restore import restore
from spy.store.tables import OutboxRow, ReleaseRow, table_of
from spy.store.views import readiness
from tests.support.filled_store import NOW, FilledStore
from tests.support.tree import ROOT

RUN = 398600
DOWN = """
[[fault]]
service = "receiver"
kind = "down"
from = "7h"
to = "8h30m"
"""


class Restored:
    """A second agent, on what a backup of the first one's store holds; world and receiver are the same."""

    def __init__(self, steps: Steps, backup: Path, store: Engine) -> None:
        self.steps = steps
        self.store = store
        with Reader(backup) as file:
            restore(store, file, steps.at)
        self.agent: Agent = build_agent(steps.config, store, steps.probes, steps.asks, me="second")
        self.deliverer = Deliverer(store, steps.webhook, steps.post, partial(may_send, self.agent))

    def go(self, minutes: int) -> None:
        """Minute by minute, all probes, decisions and deliveries."""
        for _ in range(minutes):
            self.steps.at += timedelta(minutes=1)
            self.steps.stage.advance()
            now = self.steps.at
            self.agent.lead(now)
            self.agent.take([self.agent.look(name, now) for name in self.agent.probes], now)
            self.agent.tick(now)
            while self.deliverer.deliver(now, self.agent.fence):
                self.agent.follow(now)

    def rows(self, table: Any) -> list[Any]:
        with reading(self.store) as connection:
            return list(connection.execute(select(table_of(table))))

    @property
    def stage(self) -> Stage:
        return Stage(self.rows(ReleaseRow)[0].stage)

    def resume(self) -> None:
        acts.perform(self.store, Act(Do.RESUME, "ana", "looked at everything", self.steps.at))


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    story = (ROOT / "tests" / "scenarios" / "plain_release.toml").read_text("utf-8")
    path = tmp_path / "first.db"
    url = f"sqlite:///{path}"
    store = open_store(url)
    upgrade(store)
    store.dispose()
    made = Steps(Scenario.parse(story + DOWN, "story.toml"), tmp_path, url)
    made.begin()
    yield made
    made.close()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Engine]:
    store = open_store(f"sqlite:///{tmp_path / 'second.db'}")
    yield store
    store.dispose()


def go_to(steps: Steps, hours: float) -> None:
    steps.go_to(steps.scenario.start + timedelta(hours=hours))


def saved(steps: Steps, folder: Path) -> Path:
    path = folder / "backup.zip"
    write_backup(steps.store, path, steps.at)
    return path


def accepted(steps: Steps) -> datetime | None:
    return steps.stage.receiver.early_release(RUN)


def until_accepted(steps: Steps) -> datetime:
    while accepted(steps) is None:
        assert steps.at < steps.scenario.until
        go_to(steps, (steps.at - steps.scenario.start) / timedelta(hours=1) + 1 / 60)
    return steps.at


def release_row(second: Restored) -> Any:
    return next(row for row in second.rows(OutboxRow) if row.kind == "release")


def stored_at_the_receiver(steps: Steps) -> list[dict[str, Any]]:
    status, _, body = steps.stage.receiver.answer("GET", "/v1/decisions", {}, b"")
    assert status == 200
    return list(json.loads(body)["decisions"])


def test_a_release_that_went_out_after_the_backup_is_asked_for_and_not_sent_again(
    steps: Steps, tmp_path: Path, second: Engine
) -> None:
    go_to(steps, 8.4)
    backup = saved(steps, tmp_path)
    until_accepted(steps)
    other = Restored(steps, backup, second)
    assert (other.stage, release_row(other).status) == (Stage.AMBIGUOUS, "ambiguous")
    other.go(1)
    row = release_row(other)
    assert (other.stage in (Stage.ACCEPTED, Stage.LOCKED), row.status) == (True, "acked")
    assert row.last_error.startswith("asked: ")
    assert len(stored_at_the_receiver(steps)) == 1


def test_a_release_that_never_went_out_waits_for_a_person_and_goes_out_once(
    steps: Steps, tmp_path: Path, second: Engine
) -> None:
    go_to(steps, 8.4)
    other = Restored(steps, saved(steps, tmp_path), second)
    other.go(20)
    assert steps.at > steps.scenario.start + timedelta(hours=8.6), "the receiver is up again"
    assert stored_at_the_receiver(steps) == []
    assert "what people did since is not in it" in release_row(other).last_error
    told = readiness(second, Chunk(RUN), steps.at, timedelta(minutes=5))
    assert told is not None
    assert not told.ready
    assert "this store was restored at" in told.reasons[0]
    other.resume()
    other.go(3)
    assert other.stage in (Stage.ACCEPTED, Stage.LOCKED)
    assert len(stored_at_the_receiver(steps)) == 1


def test_a_release_that_the_backup_does_not_know_has_no_second_effect(
    steps: Steps, tmp_path: Path, second: Engine
) -> None:
    go_to(steps, 7)
    backup = saved(steps, tmp_path)
    until_accepted(steps)
    other = Restored(steps, backup, second)
    other.resume()
    other.go(3)
    assert len(stored_at_the_receiver(steps)) == 1
    other.go(60)
    assert other.stage in (Stage.LOCKED, Stage.STARTED, Stage.OVERTAKEN), release_row(other).last_error


def test_the_next_token_is_above_all_that_were_given_since(steps: Steps, tmp_path: Path, second: Engine) -> None:
    """Not even the agent that led when the backup was made goes on with its old token, back within its lease."""
    go_to(steps, 7)
    backup = saved(steps, tmp_path)
    go_to(steps, 8)
    with Reader(backup) as file:
        restore(second, file, steps.at)
    with writing(second) as connection:
        token = lease.hold(connection, steps.agent.me, steps.at)
    assert token is not None
    assert token >= steps.agent.fence + 3600


def test_a_resume_from_before_the_backup_does_not_lift_the_halt(steps: Steps, tmp_path: Path, second: Engine) -> None:
    go_to(steps, 7)
    acts.perform(steps.store, Act(Do.STOP, "ana", "test", steps.at - timedelta(minutes=2)))
    acts.perform(steps.store, Act(Do.RESUME, "ana", "test", steps.at))
    other = Restored(steps, saved(steps, tmp_path), second)
    other.go(2)
    with reading(second) as connection:
        assert "restored" in notes.get(connection, notes.HALT)
    other.resume()
    other.go(2)
    with reading(second) as connection:
        assert notes.get(connection, notes.HALT) == ""


def test_an_earlier_halt_is_still_told(steps: Steps, tmp_path: Path, second: Engine) -> None:
    with writing(steps.store) as connection:
        notes.put(connection, notes.HALT, "the lock came late", steps.at)
    other = Restored(steps, saved(steps, tmp_path), second)
    with reading(other.store) as connection:
        assert "before that: the lock came late" in notes.get(connection, notes.HALT)


def test_a_mail_that_waited_keeps_its_id(empty: FilledStore, tmp_path: Path, second: Engine) -> None:
    """A mailbox cannot be asked; it knows a mail that it has by its Message-ID."""
    empty.message(RUN, "mail", "ana@example.invalid", status="pending")
    write_backup(empty.engine, tmp_path / "b.zip", NOW)
    with Reader(tmp_path / "b.zip") as file:
        restore(second, file, NOW + timedelta(hours=1))
    with reading(second) as connection:
        row = outbox.get(connection, f"mail-{RUN}-ana@example.invalid")
    assert row is not None
    assert row.status == "pending"
