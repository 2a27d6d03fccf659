"""What people did that changes verdicts: waivers, and holds that Tier0 accepted, at any time of the past."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from spy.channels.message import Kind
from spy.clock import from_iso
from spy.domain.act import Act, Do
from spy.store.acts import as_act
from spy.store.tables import ActRow, OutboxRow, table_of

_act = table_of(ActRow)
_outbox = table_of(OutboxRow)


@dataclass(frozen=True, slots=True)
class Hold:
    run: int
    begin: datetime
    """When Tier0 accepted it."""
    end: datetime


class People:
    def __init__(self, connection: Connection) -> None:
        waives = select(_act).where(_act.c.do == Do.WAIVE).order_by(_act.c.id)
        self.waivers = [as_act(row) for row in connection.execute(waives)]
        self.holds = list(_holds(connection))

    def waivers_at(self, run: int, at: datetime) -> tuple[Act, ...]:
        return tuple(act for act in self.waivers if act.is_active(at) and act.concerns(run))

    def held_until(self, run: int, at: datetime) -> datetime | None:
        return max((hold.end for hold in self.holds if hold.run == run and hold.begin <= at), default=None)

    def turns(self, run: int) -> list[datetime]:
        """Moments at which any of it begins or ends for a run."""
        acts = [at for act in self.waivers if act.concerns(run) for at in (act.at, act.until, act.ended_at) if at]
        return sorted({*acts, *(at for hold in self.holds if hold.run == run for at in (hold.begin, hold.end))})


def _holds(connection: Connection) -> Iterator[Hold]:
    """As Tier0 acknowledged them; one that was withdrawn ended when that was acknowledged."""
    kinds = _outbox.c.kind.in_([Kind.HOLD, Kind.WITHDRAW]), _outbox.c.status == "acked"
    rows = list(connection.execute(select(_outbox).where(*kinds).order_by(_outbox.c.acked_at)))
    told = {row.id: json.loads(row.body)["data"] for row in rows}
    lifted = {told[row.id]["withdraws"]: row.acked_at for row in rows if row.kind == Kind.WITHDRAW}
    for row in rows:
        if row.kind == Kind.HOLD:
            end = from_iso(told[row.id]["expires_at"])
            yield Hold(told[row.id]["run"], row.acked_at, min(end, lifted.get(row.id, end)))
