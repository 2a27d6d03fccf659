"""When Tier0 closes each run, by its own clock and by what the receiver accepted (reference: lock rules of Tier0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from tests.oracle.spans import NEVER, Spans, since, spans
from tests.oracle.told import Run, Told


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the receiver stored, from a report."""

    releases: Mapping[int, Spans] = field(default_factory=dict)
    """When a release of the run was in force."""
    holds: Mapping[int, Spans] = field(default_factory=dict)


def closing_times(told: Told, accepted: Accepted | None = None) -> dict[int, float]:
    """Run number to the moment from which its conditions count as closed; inf: not in this scenario."""
    locks = _locks(told, accepted or Accepted())
    return {run.number: locks.get(run.number, _passed(run, told, locks)) for run in told.runs}


def own_clock(run: Run, told: Told) -> Spans:
    """When the run's delay is over, as the configuration of each moment has it."""
    if run.end is None:
        return NEVER
    ends = [*(step[0] for step in told.delays[1:]), inf]
    return spans(
        (max(begin, run.end + delay - offset), end)
        for (begin, delay, offset), end in zip(told.delays, ends, strict=True)
    )


def _locks(told: Told, accepted: Accepted) -> dict[int, float]:
    """Strictly in run order: only the lowest run that is not locked may lock, one without end included."""
    locks: dict[int, float] = {}
    earliest = -inf
    for run in told.runs:
        if run.is_locked_by_tier0:
            by_release = accepted.releases.get(run.number, NEVER)
            allowed = since(run.end) - told.switched_off - accepted.holds.get(run.number, NEVER)
            moment = (allowed & (own_clock(run, told) | by_release) & since(earliest)).first()
            locks[run.number] = earliest = inf if moment is None else moment
    return locks


def _passed(run: Run, told: Told, locks: Mapping[int, float]) -> float:
    """A run that Tier0 never locks is passed when all lower runs are locked and a higher one has begun."""
    lower = [moment for number, moment in locks.items() if number < run.number]
    higher = [r.start for r in told.runs if r.number > run.number and r.number in locks]
    if not higher:
        return inf
    return max([min(higher), *lower])


def first_safe(told: Told, closed: Mapping[int, float], moment: float) -> int | None:
    """The run to which a late payload is moved at a moment; None: no run of this scenario."""
    known = [run for run in told.runs if run.is_locked_by_tier0 and run.start <= moment]
    locked = [run.number for run in known if closed[run.number] <= moment]
    return next((run.number for run in known if run.number > max(locked, default=0)), None)
