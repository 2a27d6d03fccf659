"""When Tier0 locks a run and when it starts its prompt reconstruction.

As Tier0Feeder does it (dmwm/T0): one pass each 30 s; a pass locks datasets of at most one run, the lowest that waits,
if it has ended and either a dataset's delay is over or an early release of it was accepted. The first dataset closes
the run's conditions; later runs wait for the last. A run without end stops all later ones. While the switch
`promptreco_status` is off a pass locks and starts nothing. The start follows one lock offset later. Several agents
each have datasets and a run order of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Protocol

from probes.simulation.scenario import Scenario
from probes.simulation.truth import SimRun

PASS = timedelta(seconds=30)
NEVER = datetime.max.replace(tzinfo=UTC)


class Decisions(Protocol):
    """What the receiver at Tier0 has accepted."""

    def early_release(self, run: int) -> datetime | None:
        """When a release that is in force (not withdrawn) was accepted."""

    def held(self, run: int, now: datetime) -> bool: ...


class NoDecisions:
    """Tier0 as it is today: nobody tells it anything."""

    def early_release(self, run: int) -> datetime | None:
        return None

    def held(self, run: int, now: datetime) -> bool:
        return False


def first_safe_run(runs: Iterable[SimRun], unlocked: Collection[int] = ()) -> int | None:
    """The lowest run that is not locked above the highest that is; behind the newest if all are; None if none ever was.

    `runs` are those that Tier0 has a `reco_locked` row for: known to it, with at least one bulk stream.
    `unlocked` are shown as not locked, whatever they are.
    """
    known = sorted((run.number, run.locked_at is not None and run.number not in unlocked) for run in runs)
    locked = [number for number, is_locked in known if is_locked]
    if not locked:
        return None
    return min((number for number, _ in known if number > locked[-1]), default=known[-1][0] + 1)


class Tier0Clock:
    """One Tier0 agent. Pure in the plans, the decisions and what is locked so far; it changes no run."""

    def __init__(
        self,
        scenario: Scenario,
        runs: Sequence[SimRun],
        decisions: Decisions,
        takes: Callable[[str], bool] = lambda dataset: True,
    ) -> None:
        self.scenario = scenario
        self.runs = sorted((run for run in runs if any(map(takes, run.datasets))), key=lambda run: run.number)
        """Runs with a dataset of this agent, whoever locks what."""
        self.decisions = decisions
        self.takes = takes

    def open_datasets(self, run: SimRun) -> list[str]:
        """Those of this agent that it has not locked."""
        return [name for name in run.datasets if self.takes(name) and name not in run.dataset_locked]

    def lowest_waiting(self, now: datetime) -> SimRun | None:
        return next((run for run in self._waiting() if run.start <= now), None)

    def next_lock(self, after: datetime, until: datetime) -> tuple[datetime, SimRun, list[str]] | None:
        """The first pass in (after, until] that locks something: of which run, and which of its datasets."""
        moment = self.a_pass(after, strictly=True)
        while moment <= until:
            run = self.lowest_waiting(moment)
            if run is None:
                moment = self._at_the_next_start(moment)
                continue
            due = max(moment, self._due(run))
            lower = [r.start for r in self._waiting() if r.number < run.number and moment < r.start <= due]
            if lower:
                moment = self.a_pass(min(lower))
            elif due > moment:
                moment = due
            elif not self.enabled(moment):
                moment = self.a_pass(self._switched_on(moment))
            elif self.decisions.held(run.number, moment):
                moment += PASS
            else:
                return moment, run, [name for name in self.open_datasets(run) if self._due_of(run, name) <= moment]
        return None

    def start_after_lock(self, run: SimRun, dataset: str, locked_at: datetime) -> datetime:
        """One offset after an early lock; after a lock by the clock when the delay frozen by then is over as well."""
        earliest = self.a_pass(locked_at + self.scenario.lock_offset)
        if run.end is not None and self._clock_lock(run, dataset) <= locked_at:
            earliest = max(earliest, self.a_pass(run.end + self.delay(locked_at, dataset), strictly=True))
        return earliest if self.enabled(earliest) else self.a_pass(self._switched_on(earliest))

    def enabled(self, moment: datetime) -> bool:
        return next((s.enabled for s in reversed(self.scenario.switches) if s.at <= moment), True)

    def delay(self, moment: datetime, dataset: str) -> timedelta:
        found = (d.reco_delay for d in reversed(self.scenario.delays) if d.at <= moment and d.concerns(dataset))
        return next(found, self.scenario.reco_delay)

    def a_pass(self, moment: datetime, strictly: bool = False) -> datetime:
        """The first pass at (or, strictly, after) a moment."""
        if moment >= NEVER - PASS:
            return NEVER
        ratio = (moment - self.scenario.start) / PASS
        return self.scenario.start + (floor(ratio) + 1 if strictly else ceil(ratio)) * PASS

    def _waiting(self) -> Iterator[SimRun]:
        return (run for run in self.runs if self.open_datasets(run))

    def _due(self, run: SimRun) -> datetime:
        """The first pass that may lock a dataset of the run, its place in the order granted."""
        return min(self._due_of(run, name) for name in self.open_datasets(run))

    def _due_of(self, run: SimRun, dataset: str) -> datetime:
        if run.end is None:
            return NEVER
        by_clock = self._clock_lock(run, dataset)
        accepted = self.decisions.early_release(run.number)
        return by_clock if accepted is None else min(by_clock, self.a_pass(max(accepted, run.end)))

    def _clock_lock(self, run: SimRun, dataset: str) -> datetime:
        """The first pass by which the delay configured *then*, less the offset, is over (strictly, as Tier0 has it)."""
        if run.end is None:
            return NEVER
        changes = [(delay.at, delay.reco_delay) for delay in self.scenario.delays if delay.concerns(dataset)]
        steps = [(self.scenario.start - timedelta(days=365), self.scenario.reco_delay), *changes]
        for index, (since, delay) in enumerate(steps):
            until = steps[index + 1][0] if index + 1 < len(steps) else NEVER
            due = self.a_pass(max(run.end + delay - self.scenario.lock_offset, since), strictly=True)
            if due < until:
                return due
        return NEVER

    def _switched_on(self, moment: datetime) -> datetime:
        return next((s.at for s in self.scenario.switches if s.at > moment and s.enabled), NEVER)

    def _at_the_next_start(self, moment: datetime) -> datetime:
        return self.a_pass(min((run.start for run in self._waiting() if run.start > moment), default=NEVER))


def tier0_agents(scenario: Scenario, runs: Sequence[SimRun], decisions: Decisions) -> list[Tier0Clock]:
    """The main agent first, which takes what no helper does; each has its own run order."""
    helped = {name for helper in scenario.changes.helpers for name in helper.datasets}
    helpers = [
        Tier0Clock(scenario, runs, decisions, frozenset(h.datasets).__contains__) for h in scenario.changes.helpers
    ]
    return [Tier0Clock(scenario, runs, decisions, lambda dataset: dataset not in helped), *helpers]
