"""What befell the queue besides verdicts: messages that do not arrive, holds that Tier0 accepted, runs overtaken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import acts
from spy.store.tables import MoveRow, OutboxRow, ReleaseRow, table_of
from spy.store.views import newest_decided
from spy.store.views.decided import Decision
from spy.store.views.now import Overtaken, Undelivered
from spy.store.views.runs import RunLine

_move = table_of(MoveRow)
_outbox = table_of(OutboxRow)
_release = table_of(ReleaseRow)

PATIENCE = timedelta(minutes=5)
"""A message that was not taken at once mostly is soon."""
REMEMBERED = timedelta(hours=12)
"""A shift and what the one before it left."""
_ON_ITS_WAY = (Stage.QUEUED, Stage.SENT, Stage.AMBIGUOUS)


def unreached(connection: Connection, lines: Sequence[RunLine], now: datetime) -> dict[int, Undelivered]:
    ids = {line.message_id: line.run for line in lines if line.stage in _ON_ITS_WAY and line.message_id}
    query = select(_outbox).where(
        _outbox.c.id.in_(ids), _outbox.c.last_error != "", _outbox.c.created_at <= now - PATIENCE
    )
    rows = connection.execute(query).all() if ids else []
    return {ids[row.id]: Undelivered(row.created_at, row.last_error, row.attempts) for row in rows}


def held_until(connection: Connection, lines: Sequence[RunLine]) -> dict[int, datetime]:
    """Run to the end of a hold in force that Tier0's receiver has accepted."""
    ends = {
        line.run: (act.at, act.until)
        for line in lines
        for act in line.acts
        if act.do is Do.HOLD_TIER0 and act.until is not None
    }
    query = select(_outbox.c.chunk, _outbox.c.created_at).where(
        _outbox.c.chunk.in_([str(run) for run in ends]), _outbox.c.kind == "hold", _outbox.c.status == "acked"
    )
    rows = connection.execute(query).all() if ends else []
    accepted = {int(row.chunk.split("/")[0]): row.created_at for row in rows}
    return {run: until for run, (since, until) in ends.items() if run in accepted and accepted[run] >= since}


def overtaken(connection: Connection, now: datetime) -> tuple[Overtaken, ...]:
    """Those that were not ready, or ready and kept: a shadow agent's ready runs go by Tier0's clock as they should."""
    query = select(_release.c.run, _move.c.at).join(_release, _release.c.chunk == _move.c.chunk)
    query = query.where(_move.c.at > now - REMEMBERED, _move.c.at <= now, _move.c.after == Stage.OVERTAKEN)
    rows = {row.run: row for row in connection.execute(query.where(_release.c.would_at.is_(None)))}
    newest = {d.run: d for d in newest_decided.newest(connection, rows).values()} if rows else {}
    active = acts.active(connection, now) if rows else []
    found = []
    for run, row in sorted(rows.items(), reverse=True):
        noticed = any(act.do is Do.ACKNOWLEDGE and act.concerns(run) for act in active)
        found.append(Overtaken(run, row.at, _missing(newest.get(run)), noticed))
    return tuple(found)


def _missing(decision: Decision | None) -> str:
    """The calibration that was not there rather than the lock that was not seen yet."""
    if decision is None:
        return "nothing was decided about it"
    return "nothing was missing" if decision.verdict is State.READY else f"this was missing: {decision.missing}"
