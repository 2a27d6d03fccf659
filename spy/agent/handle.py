"""Human acts that cause a message or a new decision; the others are simply in force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from spy.agent.messages import webhook_row
from spy.channels.message import Kind
from spy.clock import from_iso
from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.domain.subject import part_of
from spy.domain.verdict import State
from spy.store import acts, decisions, notes, outbox

if TYPE_CHECKING:
    from spy.agent.agent import Agent


def handle_acts(agent: Agent, connection: Connection, active: Sequence[Act], now: datetime) -> None:
    """Take notice of new acts, each once, in the transaction of what follows from them."""
    for act in acts.unhandled(connection, now):
        for run in [run for run in sorted(agent.judged) if act.concerns(run)]:
            _handle(agent, connection, act, run, active, now)
        if act.do is Do.RESUME:
            # A person knows of this very reason: it does not stop us a second time.
            notes.put(connection, notes.EXCUSED, notes.get(connection, notes.HALT), now)
            notes.put(connection, notes.HALT, "", now)
        acts.mark_handled(connection, act.id)


def accepted_holds(connection: Connection, chunks: Sequence[str]) -> dict[int, datetime]:
    """Run to the end of the hold that the receiver acknowledged: its own end, or when its withdrawal was taken."""
    ends: dict[str, tuple[int, datetime]] = {}
    for row in outbox.acknowledged(connection, chunks, (Kind.HOLD, Kind.WITHDRAW)):
        told = json.loads(row.body)["data"]
        if row.kind == Kind.HOLD:
            ends[row.id] = told["run"], from_iso(told["expires_at"])
        elif told["withdraws"] in ends:
            run, end = ends[told["withdraws"]]
            ends[told["withdraws"]] = run, min(end, row.acked_at)
    held: dict[int, datetime] = {}
    for run, end in ends.values():
        held[run] = max(end, held.get(run, end))
    return held


def _handle(agent: Agent, connection: Connection, act: Act, run: int, active: Sequence[Act], now: datetime) -> None:
    row = agent.releases[run]
    stage = Stage(row.stage)
    if act.do is Do.WAIVE and not stage.is_closed:
        verdict = agent.judge(run, active, now)
        if not agent.judged[run].verdict.says_the_same_as(verdict):
            agent.record(connection, run, verdict, now)
    elif act.do is Do.HOLD_TIER0:
        _tell(agent, connection, act, run, Kind.HOLD, "", now)
    elif act.do is Do.UNHOLD_TIER0:
        held = [r for r in outbox.of_chunk(connection, row.chunk) if r.kind == Kind.HOLD]
        if held and not outbox.cancel(connection, held[-1].id, f"lifted by {act.who}"):
            _tell(agent, connection, act, run, Kind.WITHDRAW, held[-1].id, now)
    elif act.do is Do.WITHDRAW and stage is Stage.ACCEPTED:
        _tell(agent, connection, act, run, Kind.WITHDRAW, row.message_id, now)
    elif act.do is Do.REQUEUE and stage in (Stage.WITHDRAWN, Stage.REFUSED):
        _requeue(agent, connection, act, run, now)


def _tell(agent: Agent, connection: Connection, act: Act, run: int, kind: Kind, withdraws: str, now: datetime) -> None:
    row = webhook_row(agent.settings, agent.judged[run], kind, agent.fence, agent.book.hash, now, act, withdraws)
    agent.post(connection, **row)


def _requeue(agent: Agent, connection: Connection, act: Act, run: int, now: datetime) -> None:
    """Only a ready run, under a new revision: the receiver has the old id as withdrawn or refused."""
    judged = agent.judged[run]
    if judged.verdict.state is not State.READY:
        decisions.annotate(
            connection, str(judged.verdict.chunk), detail=f"not queued again: it is {judged.verdict.state}"
        )
        return
    agent.record(connection, run, judged.verdict, now)
    judged = agent.judged[run]
    row = webhook_row(agent.settings, judged, Kind.RELEASE, agent.fence, agent.book.hash, now, act)
    changes = {"revision": judged.revision, "message_id": row["id"], "hashes": dict(judged.verdict.payload_hashes)}
    before = Stage(agent.releases[run].stage)
    why = f"queued again by {act.who}: {act.why}"
    if decisions.move(connection, str(judged.verdict.chunk), before, Stage.QUEUED, now, why, agent.fence, **changes):
        agent.post(connection, **row)


def end_by_tag(agent: Agent, connection: Connection, now: datetime) -> None:
    """An act that waits for an interval ends when its tag holds one that begins at `from_run` or later."""
    for act in acts.active(connection, now):
        if not act.until_tag or act.from_run is None or act.to_run is not None:
            continue
        newest = [
            e.value
            for facts in agent.board.facts.values()
            for (subject, name), e in facts.items()
            if name == "since_run" and part_of(subject) == ("tag", act.until_tag) and isinstance(e.value, int)
        ]
        if newest and max(newest) >= act.from_run:
            acts.end_by_tag(connection, act.id, now, f"{act.until_tag} has an interval from {max(newest)}")
