"""What the newest evidence says, read in bulk for many runs at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from spy.domain import release
from spy.domain.evidence import Value
from spy.store.newest import OF_SERVICES
from spy.store.notes import HEARTBEAT
from spy.store.tables import EvidenceRow, NoteRow, ProbeRow, table_of
from spy.store.types import unpacked

_evidence = table_of(EvidenceRow)
_note = table_of(NoteRow)
_probe = table_of(ProbeRow)

Facts = Mapping[str, Value | None]
"""Evidence name to its newest value, None for unknown; a name never seen is missing."""

OF_RUNS = (
    "run_start",
    "run_end",
    "run_ended",
    "run_class",
    "last_lumi",
    "fill",
    "producers",
    "transferred",
    "has_bulk",
    "known_to_tier0",
)
"""What lists of runs show; `transferred` and `known_to_tier0` tell whether anybody waits for the run."""


def of_runs(connection: Connection, runs: Iterable[int]) -> dict[int, dict[str, Value | None]]:
    """`OF_RUNS` about each run in one query, as last told: whether it is still believed is for the decision to say."""
    about = _evidence.c
    newest = (
        select(func.max(about.id))
        .where(about.run.in_(list(runs)), about.name.in_(OF_RUNS), about.subject.not_like("%/%"))
        .group_by(about.run, about.name)
    )
    facts: dict[int, dict[str, Value | None]] = {}
    for row in connection.execute(select(about.run, about.name, about.value).where(about.id.in_(newest))):
        facts.setdefault(row.run, {})[row.name] = unpacked(row.value)
    return facts


def of_services(connection: Connection, now: datetime) -> dict[str, Value | None]:
    """What the services say about themselves; unknown once the probe's last good look is too old to be believed."""
    about = _evidence.c
    believed = {row.name for row in connection.execute(select(_probe)) if is_believed(row, now)}
    rows = connection.execute(select(about.name, about.value, about.source).where(about.id.in_(OF_SERVICES)))
    return {row.name: unpacked(row.value) if row.source in believed else None for row in rows}


def is_believed(probe: Any, now: datetime) -> bool:
    """Whether what a probe saw last still counts."""
    return probe.last_good is not None and now - probe.last_good <= timedelta(seconds=probe.stale_after_s)


def holds_followers(facts: Facts) -> bool:
    """Whether runs behind this one wait for it, as the agent's plan has it: a run that Tier0 never got holds nobody."""
    return release.holds_followers(*(facts.get(name) for name in release.HOLDING))


# Made once, as they are asked with every answer.
_NOTED = select(_note.c.at).where(_note.c.name == HEARTBEAT)
_LOOKED = select(_probe.c.last_look).order_by(_probe.c.last_look.desc()).limit(1)


def heartbeat(connection: Connection) -> datetime | None:
    """When the agent last took a look in, good or bad; None if it never did."""
    noted, looked = connection.execute(_NOTED).scalar(), connection.execute(_LOOKED).scalar()
    return max((at for at in (noted, looked) if at is not None), default=None)
