"""A story in virtual time that is stopped before a message goes out, and what its store and receiver then hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.agent.deliver import Deliverer
from spy.agent.last_look import may_send
from spy.store import outbox
from spy.store.engine import reading, writing
from spy.store.ledger import Look
from spy.store.tables import OutboxRow, ReleaseRow, table_of
from tests.support.plain_story import STORY

RUN = 398600
STRIP = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"
WITHOUT_PEDESTALS = STORY.replace('  { name = "EcalPedestals_pcl", harvested = "4h" },\n', "")
OTHER = "f" * 40
Brink = Callable[..., Steps]
"""Makes a story that has come to the moment before something is sent."""


def deliverer(steps: Steps, **more: Any) -> Deliverer:
    last_look = partial(may_send, steps.agent)
    return replace(Deliverer(steps.store, steps.webhook, steps.post, last_look), **more)


def release_of(steps: Steps) -> Any:
    with reading(steps.store) as connection:
        return connection.execute(select(table_of(ReleaseRow))).first()


def messages(steps: Steps) -> list[Any]:
    with reading(steps.store) as connection:
        return list(connection.execute(select(table_of(OutboxRow)).where(table_of(OutboxRow).c.kind != "mail")))


def queue_mail(steps: Steps, body: str) -> None:
    """A mail about a lower run: it comes first in the pass."""
    row = {"id": "m1", "kind": "mail", "chunk": "398599", "recipient": "x@y.invalid", "revision": 1, "body": body}
    more = {"status": "pending", "created_at": steps.at, "due_at": steps.at, "fence": steps.agent.fence, "subject": "s"}
    with writing(steps.store) as connection:
        outbox.put(connection, **row, **more)


def forget_looks(steps: Steps) -> None:
    """So that the last look before sending looks again."""
    board = steps.agent.board
    board.renewed = {probe: at - timedelta(minutes=1) for probe, at in board.renewed.items()}


def hook_look(steps: Steps, change: Callable[[str, Look], Look]) -> None:
    real = steps.agent.look
    steps.agent.look = lambda name, now: change(name, real(name, now))  # type: ignore[method-assign]


def other_payload(name: str, look: Look) -> Look:
    """The strip tag holds another payload from now on."""
    told = (
        replace(e, value=OTHER) if e.name == "payload_hash" and e.subject.endswith(STRIP) else e for e in look.evidence
    )
    return replace(look, evidence=tuple(told)) if name == "conditions" else look


def pass_minutes(steps: Steps, minutes: int, deliver: Deliverer) -> None:
    for _ in range(minutes):
        steps.at += timedelta(minutes=1)
        steps.stage.advance()
        steps.agent.take([steps.agent.look(name, steps.at) for name in steps.probes], steps.at)
        steps.agent.tick(steps.at)
        while deliver.deliver(steps.at, steps.agent.fence):
            steps.agent.follow(steps.at)


@contextmanager
def brinks(folder: Path, store_url: str) -> Iterator[Brink]:
    made: list[Steps] = []

    def make(story: str = STORY, hours: float = 6.5, *, delivers: bool = False) -> Steps:
        steps = Steps(Scenario.parse(story, "story.toml"), folder, store_url)
        made.append(steps)
        steps.begin()
        if not delivers:
            steps._deliver = lambda: None  # type: ignore[method-assign]
        steps.go_to(steps.scenario.start + timedelta(hours=hours))
        return steps

    yield make
    for steps in made:
        steps.close()
