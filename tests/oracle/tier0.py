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
    closed = {run.number: locks.get(run.number, _passed(run, told, locks)) for run in told.runs}
    # The first condition-safe run lies above the highest run that any agent has locked, whatever lies below it.
    return {run: min([own, *(at for above, at in locks.items() if above > run)]) for run, own in closed.items()}


def own_clock(run: Run, dataset: str, told: Told) -> Spans:
    """When the dataset's delay is over, as the configuration of each moment has it."""
    if run.end is None:
        return NEVER
    steps = [step for step in told.delays if step.concerns(dataset)]
    ends = [*(step.at for step in steps[1:]), inf]
    return spans((max(step.at, run.end + step.delay - step.offset), end) for step, end in zip(steps, ends, strict=True))


def _locks(told: Told, accepted: Accepted) -> dict[int, float]:
    """Run number to the first lock of a dataset of it, by whatever agent."""
    firsts: dict[int, float] = {}
    for datasets in told.agents:
        for number, moments in _of_agent(datasets, told, accepted).items():
            firsts[number] = min([firsts.get(number, inf), *moments])
    return firsts


def _of_agent(datasets: frozenset[str], told: Told, accepted: Accepted) -> dict[int, list[float]]:
    """Strictly in run order: only the lowest run with a dataset that waits may lock, one without end included."""
    locks: dict[int, list[float]] = {}
    earliest = -inf
    for run in told.runs:
        own = run.datasets & datasets if run.is_locked_by_tier0 else frozenset()
        if not own:
            continue
        by_release = accepted.releases.get(run.number, NEVER)
        allowed = since(run.end) - told.switched_off - accepted.holds.get(run.number, NEVER)
        chances = [(allowed & (own_clock(run, name, told) | by_release) & since(earliest)).first() for name in own]
        locks[run.number] = [inf if moment is None else moment for moment in chances]
        earliest = max(locks[run.number])
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
