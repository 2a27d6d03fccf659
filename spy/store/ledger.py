"""Looks and evidence, appended only. Who wants the state of a run takes the newest row of each fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from spy.domain.earlier import FACTS, KEPT
from spy.domain.evidence import Evidence
from spy.domain.link import Link
from spy.domain.subject import Subject, run_of
from spy.store import newest
from spy.store.tables import EvidenceRow, LookRow, ProbeRow, RunRow, table_of
from spy.store.types import packed, unpacked

_evidence = table_of(EvidenceRow)
_look = table_of(LookRow)
_probe = table_of(ProbeRow)
_run = table_of(RunRow)


@dataclass(frozen=True, slots=True)
class Look:
    """One poll of one probe: what it brought, or why it failed."""

    probe: str
    service: str
    at: datetime
    evidence: tuple[Evidence, ...] = ()
    problem: str = ""
    """Empty: it was answered."""
    retry: bool = True
    """False: asking again does not help until a person acts."""
    took_ms: float = 0.0
    requests: int = 0
    every: timedelta = timedelta(0)
    stale_after: timedelta = timedelta(0)
    runs: tuple[int, ...] = ()
    """The open runs it asked about."""
    fence: int = 0
    """Under which leadership it was begun; 0: not said."""
    link: Link | None = None
    """How the connection stands; None: it says nothing of itself."""


_NEW_LOOK = insert(_look)
_NEW_EVIDENCE = insert(_evidence)


def append(connection: Connection, look: Look, changed: Sequence[Evidence]) -> None:
    """The look, the evidence it changed, and the probe's health."""
    connection.execute(
        _NEW_LOOK,
        {
            "probe": look.probe,
            "at": look.at,
            "took_ms": look.took_ms,
            "requests": look.requests,
            "problem": look.problem,
        },
    )
    if changed:
        connection.execute(_NEW_EVIDENCE, [_row(e) for e in changed])
    _note_health(connection, look, changed)


def _row(e: Evidence) -> dict[str, Any]:
    return {
        "run": run_of(e.subject) or 0,
        "subject": e.subject,
        "name": e.name,
        "value": packed(e.value),
        "source": e.source,
        "seen_at": e.seen_at,
        "as_of": e.as_of,
        "final": e.final,
        "problem": e.problem,
    }


_STATE = bindparam("b_state", type_=_probe.c.state.type)
_HEALTH = (
    update(_probe)
    .where(_probe.c.name == bindparam("b_name"))
    .values(
        state=_STATE,
        since=case((_probe.c.state == _STATE, _probe.c.since), else_=bindparam("b_at", type_=_probe.c.since.type)),
        requests=_probe.c.requests + bindparam("b_requests"),
    )
)
"""What the look says besides comes with the statement's parameters."""


def _note_health(connection: Connection, look: Look, changed: Sequence[Evidence]) -> None:
    """How the probe is: the last good look is what renews its evidence."""
    state = "ok" if not look.problem else ("failing" if look.retry else "refused")
    values: dict[str, Any] = {
        "last_look": look.at,
        "problem": look.problem,
        "took_ms": look.took_ms,
        "every_s": look.every.total_seconds(),
        "stale_after_s": look.stale_after.total_seconds(),
    }
    if not look.problem:
        values["last_good"] = look.at
    if any(e.value is not None for e in changed):
        values["last_new"] = look.at
    if as_of := max((e.as_of for e in look.evidence if e.as_of), default=None):
        values["as_of"] = as_of
    if look.link:
        values |= _of_link(look.link)
    here = {"b_name": look.probe, "b_state": state, "b_at": look.at, "b_requests": look.requests}
    if connection.execute(_HEALTH, values | here).rowcount == 0:
        new = {"name": look.probe, "service": look.service, "state": state, "since": look.at, "requests": look.requests}
        connection.execute(insert(_probe), values | new)


def _of_link(link: Link) -> dict[str, Any]:
    return {
        "credential": link.credential,
        "credential_until": link.credential_until,
        "credential_problem": link.problem,
        "has_breaker": link.has_breaker,
        "breaker_until": link.breaker_until,
    }


def evidence_of_run(connection: Connection, run: int) -> list[Evidence]:
    """Newest row of each fact about one run (0: about services), with `since` and the renewals of its source."""
    rows = connection.execute(select(_evidence).where(_evidence.c.id.in_(newest.of_run(run)))).all()
    renewed = last_good(connection)
    return [as_evidence(row, renewed) for row in rows]


def history_of_run(connection: Connection, run: int) -> list[Any]:
    """Every row about one run (0: about services), oldest first."""
    return list(connection.execute(select(_evidence).where(_evidence.c.run == run).order_by(_evidence.c.id)))


def of_earlier_runs(connection: Connection, lowest: int, names: Sequence[str] = FACTS) -> Iterable[Any]:
    """Every row about what is remembered of runs that one from `lowest` on is held against, of each fact oldest first.

    Some ten thousand, to be gone through and not kept.
    """
    about = _evidence.c
    # One bound, since SQLite would go by the other; and in the order of the index, so that nothing waits for a sort.
    remembered = (about.run >= max(lowest - KEPT, 1)) & about.name.in_(names)
    columns = (about.id, about.run, about.subject, about.name, about.value, about.problem)
    order = (about.run, about.subject, about.name, about.id)
    return connection.execute(select(*columns).where(remembered).order_by(*order))


def newest_id(connection: Connection) -> int:
    """The id of the newest evidence; 0: there is none."""
    return connection.execute(select(func.max(_evidence.c.id))).scalar() or 0


def last_good(connection: Connection) -> dict[str, datetime]:
    rows = connection.execute(select(_probe.c.name, _probe.c.last_good)).all()
    return {row.name: row.last_good for row in rows if row.last_good}


def as_evidence(row: Any, renewed: Mapping[str, datetime]) -> Evidence:
    """A stored fact, as renewed by the good looks of its source."""
    seen_at = row.seen_at if row.final else max(row.seen_at, renewed.get(row.source, row.seen_at))
    return Evidence(
        subject=Subject(row.subject),
        name=row.name,
        value=unpacked(row.value),
        source=row.source,
        seen_at=seen_at,
        as_of=row.as_of,
        final=row.final,
        problem=row.problem,
        since=row.seen_at,
    )


def open_run(connection: Connection, number: int, at: datetime) -> None:
    connection.execute(insert(_run).values(number=number, opened_at=at, closed_at=None))


def close_run(connection: Connection, number: int, at: datetime) -> None:
    connection.execute(update(_run).where(_run.c.number == number).values(closed_at=at))


def open_runs(connection: Connection) -> list[int]:
    return list(
        connection.execute(select(_run.c.number).where(_run.c.closed_at.is_(None)).order_by(_run.c.number)).scalars()
    )


def highest_run(connection: Connection) -> int:
    """Of those that are or were followed; 0: none."""
    return connection.execute(select(func.max(_run.c.number))).scalar() or 0


def is_known(connection: Connection, number: int) -> bool:
    """Whether the run is or was followed: a closed run is never opened again."""
    return connection.execute(select(_run.c.number).where(_run.c.number == number)).first() is not None


def looks_since(connection: Connection, since: datetime) -> Iterable[Any]:
    """Looks newer than a time, oldest first."""
    return connection.execute(select(_look).where(_look.c.at >= since).order_by(_look.c.id)).all()
