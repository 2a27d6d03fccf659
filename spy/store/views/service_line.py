"""How the watched services answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from spy.store.tables import ProbeRow, table_of
from spy.store.views.facts import is_believed

_probe = table_of(ProbeRow)


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One probe, as of its last look."""

    probe: str
    service: str
    state: str
    """ok | failing | refused"""
    since: datetime
    """Of the state."""
    last_look: datetime
    last_good: datetime | None
    age: timedelta | None
    """Of the last good look; None: there never was one."""
    next_look: datetime
    problem: str
    requests: int
    """Sent in total."""
    took_ms: float
    is_believed: bool
    """Whether its evidence still counts."""


def service_lines(connection: Connection, now: datetime) -> list[ServiceLine]:
    """By name of the probe."""
    return [_line(row, now) for row in connection.execute(select(_probe).order_by(_probe.c.name))]


def _line(row: Any, now: datetime) -> ServiceLine:
    return ServiceLine(
        probe=row.name,
        service=row.service,
        state=row.state,
        since=row.since,
        last_look=row.last_look,
        last_good=row.last_good,
        age=now - row.last_good if row.last_good else None,
        next_look=row.last_look + timedelta(seconds=row.every_s),
        problem=row.problem,
        requests=row.requests,
        took_ms=row.took_ms,
        is_believed=is_believed(row, now),
    )
