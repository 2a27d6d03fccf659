"""The watched services at length: how they answered in the last day, what they brought, what comes next.

What is not known is None, and `unknown` says why: a service that was never asked is a line too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, select

from spy.store.engine import reading
from spy.store.tables import LookRow, ProbeRow, table_of
from spy.store.views.facts import is_believed

_look, _probe = table_of(LookRow), table_of(ProbeRow)

COUNTED = timedelta(hours=24)
"""Over which answers are counted."""
NEVER, NO_MORE = "never asked", "no longer asked"


@dataclass(frozen=True, slots=True)
class Watched:
    """One probe of one service."""

    probe: str
    service: str
    """Empty: not known before the first look."""
    owner: str
    """Whom to call; empty: the configuration names nobody."""
    state: str
    """ok | failing | refused | never asked | no longer asked"""
    is_believed: bool
    """Whether its evidence still counts."""
    since: datetime | None
    """Of the state."""
    last_look: datetime | None
    last_good: datetime | None
    last_new: datetime | None
    """When a look last brought a value that it had not brought before."""
    lag: timedelta | None
    """The age that the newest of its data had, by the source's own time, when we looked."""
    next_look: datetime | None
    looks: int
    """In the last 24 h."""
    failed: int
    """Of these."""
    p95_ms: float | None
    """Of 20 looks that were answered 19 took no longer; a look may be several requests."""
    took_ms: float | None
    requests: int
    """Sent in total."""
    has_breaker: bool
    breaker_until: datetime | None
    """It is left in peace until then; None: asked as usual."""
    credential: str
    """Empty: the connection does not say."""
    credential_until: datetime | None
    credential_problem: str
    problem: str

    @property
    def error_rate(self) -> float | None:
        """0 to 1; None: no look in the last 24 h."""
        return self.failed / self.looks if self.looks else None

    @property
    def lag_s(self) -> float | None:
        return None if self.lag is None else self.lag.total_seconds()

    @property
    def unknown(self) -> dict[str, str]:
        """By name, why a value is not known."""
        return {name: why for name, why in _reasons(self).items() if getattr(self, name) in (None, "")}


class Owned(Protocol):
    @property
    def owner(self) -> str: ...


def services(
    store: Engine, now: datetime, asked: Mapping[str, str] | None = None, known: Mapping[str, Owned] | None = None
) -> list[Watched]:
    """By name of the probe. `asked`: probes of the configuration and their services; None: not compared with it.

    `known`: the services of the configuration.
    """
    with reading(store) as connection:
        rows = {row.name: row for row in connection.execute(select(_probe))}
        answers = _answers(connection, now)
    owners = {name: service.owner for name, service in (known or {}).items()}
    names = sorted(rows.keys() | (asked or {}).keys())
    found = [(name, rows.get(name), answers.get(name, [])) for name in names]
    return [
        _line(row, answered, now, owners, is_asked=asked is None or name in asked)
        if row
        else _never(name, (asked or {})[name], owners)
        for name, row, answered in found
    ]


def _answers(connection: Connection, now: datetime) -> dict[str, list[tuple[float, str]]]:
    """Of the last day, by probe: how long each look took, and what went wrong."""
    found: dict[str, list[tuple[float, str]]] = {}
    query = select(_look.c.probe, _look.c.took_ms, _look.c.problem).where(
        _look.c.probe.in_(select(_probe.c.name)), _look.c.at > now - COUNTED, _look.c.at <= now
    )
    for probe, took_ms, problem in connection.execute(query):
        found.setdefault(probe, []).append((took_ms, problem))
    return found


def _line(
    row: Any, answers: list[tuple[float, str]], now: datetime, owners: Mapping[str, str], *, is_asked: bool
) -> Watched:
    took = sorted(ms for ms, problem in answers if not problem)
    return Watched(
        probe=row.name,
        service=row.service,
        owner=owners.get(row.service, ""),
        state=row.state if is_asked else NO_MORE,
        is_believed=is_asked and is_believed(row, now),
        since=row.since,
        last_look=row.last_look,
        last_good=row.last_good,
        last_new=row.last_new,
        lag=row.last_good - row.as_of if row.as_of and row.last_good else None,
        next_look=row.last_look + timedelta(seconds=row.every_s) if is_asked else None,
        looks=len(answers),
        failed=len(answers) - len(took),
        p95_ms=took[ceil(0.95 * len(took)) - 1] if took else None,
        took_ms=row.took_ms,
        requests=row.requests,
        has_breaker=row.has_breaker,
        breaker_until=row.breaker_until if row.breaker_until and row.breaker_until > now else None,
        credential=row.credential,
        credential_until=row.credential_until,
        credential_problem=row.credential_problem,
        problem=row.problem,
    )


def _never(probe: str, service: str, owners: Mapping[str, str]) -> Watched:
    return Watched(
        probe=probe,
        service=service,
        owner=owners.get(service, ""),
        state=NEVER,
        is_believed=False,
        **dict.fromkeys(("since", "last_look", "last_good", "last_new", "lag", "next_look", "p95_ms", "took_ms")),
        looks=0,
        failed=0,
        requests=0,
        has_breaker=False,
        breaker_until=None,
        credential="",
        credential_until=None,
        credential_problem="",
        problem="",
    )


def _reasons(line: Watched) -> dict[str, str]:
    """Why a value may be missing."""
    is_new = line.last_look is None
    never, silent = "no agent has asked it yet", "the connection does not say"
    return {
        "service": never,
        "owner": f"service.{line.service}.owner names nobody" if line.service else "which service it asks is not known",
        "since": never,
        "last_look": never,
        "last_good": never if is_new else "no look was ever answered",
        "last_new": never if is_new else "no look ever brought a value",
        "lag_s": never if is_new else "it tells no time of its own",
        "next_look": never if is_new else "the configuration asks it no more",
        "p95_ms": "no look was answered in the last 24 h",
        "error_rate": "nobody looked in the last 24 h",
        "took_ms": never,
        "credential": never if is_new else silent,
        **({} if line.credential == "none" else {"credential_until": line.credential_problem or silent}),
    }
