"""Carry out what the plan says, in the transaction of the decision that led to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from spy.agent.announced import is_there
from spy.agent.decide import holds_followers
from spy.agent.messages import Judged, webhook_row
from spy.agent.plan import Planned, Standing, Step, plan
from spy.channels.message import Kind
from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.store import decisions, outbox

if TYPE_CHECKING:
    from spy.agent.agent import Agent


def carry_out(agent: Agent, connection: Connection, active: Sequence[Act], now: datetime) -> None:
    """Queue, keep back, let go and cancel, for all open runs in their order."""
    agent.awaits_a_hand = any(_waits_for_a_hand(act) for act in active)
    for planned in plan(_standings(agent, active)):
        _do(agent, connection, planned, now)


def kept_back(agent: Agent, active: Sequence[Act], run: int) -> str:
    """Who keeps this run back; a global stop keeps all back, a hold at Tier0 its own run. Empty: nobody."""
    for act in active:
        if act.do in (Do.KEEP_BACK, Do.HOLD_TIER0, Do.STOP) and act.concerns(run):
            if _waits_for_a_hand(act) and is_there(agent.board, act, run, agent.book.products):
                continue
            return f"{act.who}: {act.why}"
    return ""


def _waits_for_a_hand(act: Act) -> bool:
    return act.do is Do.KEEP_BACK and act.to_run is not None and act.until_tag != ""


def _standings(agent: Agent, active: Sequence[Act]) -> list[Standing]:
    return [
        Standing(
            run=run,
            stage=Stage(agent.releases[run].stage),
            verdict=judged.verdict.state,
            kept_back=kept_back(agent, active, run),
            holds_followers=holds_followers(agent.board, run),
            is_outdated=agent.releases[run].hashes != dict(judged.verdict.payload_hashes),
            would_have_gone=not agent.settings.is_live and agent.releases[run].would_at is not None,
            is_left_over=not agent.settings.is_live and agent.releases[run].stage == Stage.QUEUED,
        )
        for run, judged in agent.judged.items()
        if run in agent.releases
    ]


def _do(agent: Agent, connection: Connection, planned: Planned, now: datetime) -> None:
    row, judged = agent.releases[planned.run], agent.judged[planned.run]
    stage = Stage(row.stage)
    if planned.step is Step.QUEUE:
        _queue(agent, connection, planned, judged, now)
    elif planned.step is Step.LET_GO:
        decisions.move(connection, row.chunk, stage, Stage.NONE, now, planned.why, agent.fence)
        agent.read_releases(connection)
    elif stage is not Stage.QUEUED or outbox.cancel(connection, row.message_id, planned.why):
        after = Stage.KEPT_BACK if planned.step is Step.KEEP_BACK else Stage.NONE
        decisions.move(connection, row.chunk, stage, after, now, planned.why, agent.fence)


def _queue(agent: Agent, connection: Connection, planned: Planned, judged: Judged, now: datetime) -> None:
    chunk = str(judged.verdict.chunk)
    if decisions.releases(connection, [planned.run])[chunk].stage != Stage.NONE:
        return  # an older message of this run is being sent at this moment: its outcome comes first
    row = webhook_row(agent.settings, judged, Kind.RELEASE, agent.fence, agent.book.hash, now)
    changes = {"revision": judged.revision, "message_id": row["id"], "hashes": dict(judged.verdict.payload_hashes)}
    if not agent.settings.is_live:
        agent.post(connection, **row)
        decisions.annotate(connection, chunk, would_at=now, detail="shadow: recorded, not sent", **changes)
    elif agent.post(connection, **row):
        changes["would_at"] = None
        decisions.move(connection, chunk, Stage.NONE, Stage.QUEUED, now, planned.why, agent.fence, **changes)
