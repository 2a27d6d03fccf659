"""What the world was like at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from probes.simulation.truth import SimRun, Upload


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that changes with time, as it is (or was) at one moment."""

    now: datetime
    runs: list[SimRun]
    history: list[SimRun]
    uploads: list[Upload]

    def at_tier0(self) -> list[SimRun]:
        """Runs with a `reco_locked` row: transferred, being taken or over, with a bulk stream."""
        return [run for run in self.history + self.runs if run.start <= self.now and run.transferred and run.datasets]


def run_before(run: SimRun, moment: datetime) -> SimRun:
    locked = run.locked_at if run.locked_at and run.locked_at <= moment else None
    started = run.started_at if run.started_at and run.started_at <= moment else None
    known = {name: told for name, told in run.dataset_started.items() if told.at <= moment}
    return replace(run, locked_at=locked, started_at=started, dataset_started=known)
