"""A report of the step mode (design section 11) as the oracle reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from tests.oracle.spans import Spans, spans
from tests.oracle.tier0 import Accepted
from tests.oracle.told import Told


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    run: int
    chunk: str
    kind: str
    """release | hold | withdraw"""
    written: float
    """When the decision was made that it tells."""
    accepted: float | None
    """Seconds from the start of the first 2xx; None: never accepted."""


def messages(report: Mapping[str, Any], told: Told) -> list[Message]:
    """All messages, by the time of their acceptance."""
    found = [
        Message(
            id=row["id"],
            run=int(row["chunk"].split("/")[0]),
            chunk=row["chunk"],
            kind=row["kind"],
            written=told.seconds(row["at"]),
            accepted=None if row["accepted_at"] is None else told.seconds(row["accepted_at"]),
        )
        for row in report["messages"]
    ]
    return sorted(found, key=lambda message: inf if message.accepted is None else message.accepted)


def accepted_times(found: Iterable[Message], run: int, kind: str) -> list[float]:
    return [m.accepted for m in found if m.run == run and m.kind == kind and m.accepted is not None]


def in_force(found: list[Message], run: int) -> Spans:
    """From each accepted release of the run to the next accepted withdrawal; one at the same moment undid a hold."""
    withdrawals = accepted_times(found, run, "withdraw")
    return spans(
        (moment, min((w for w in withdrawals if w > moment), default=inf))
        for moment in accepted_times(found, run, "release")
    )


def effects(found: list[Message], told: Told) -> Accepted:
    """What Tier0 acts on. What a receiver accepts while it drops everything has effect only after that."""
    dropping = [f.active for f in told.faults if (f.service, f.kind) == ("receiver", "accept_then_drop")]
    numbers = [run.number for run in told.runs]
    releases = {number: in_force(found, number) for number in numbers}
    holds = {number: _held(found, told, number) for number in numbers}
    for active in dropping:
        releases = {number: force - active for number, force in releases.items()}
        holds = {number: force - active for number, force in holds.items()}
    return Accepted(releases, holds)


def _held(found: list[Message], told: Told, run: int) -> Spans:
    """From an accepted hold to the end of the act behind it."""
    acts = [a for a in told.acts if a.do == "hold_tier0" and a.run == run]
    return spans(
        (moment, max((_end(a.until, told, run, a.at) for a in acts if a.at <= moment), default=inf))
        for moment in accepted_times(found, run, "hold")
    )


def _end(expiry: float, told: Told, run: int, at: float) -> float:
    unheld = [a.at for a in told.acts if a.do == "unhold_tier0" and a.run == run and a.at >= at]
    return min([expiry, *unheld])
