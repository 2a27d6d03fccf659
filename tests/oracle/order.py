"""Tier0 uploads in run order: a run's files wait until every lower run is finished, at most 18 h after its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tests.oracle.told import Run

TIMEOUT = 18 * 3600.0


def in_upload_order(runs: Iterable[Run]) -> Iterator[Run]:
    """The runs by number, with the moments at which their files are really handed over."""
    earliest = float("-inf")
    for run in sorted(runs, key=lambda run: run.number):
        waiting = tuple(
            c if c.attempted is None else replace(c, attempted=max(c.attempted, earliest)) for c in run.calibrations
        )
        moved = replace(run, calibrations=waiting)
        yield moved
        if moved.transferred and moved.end is not None:
            done = [moved.done(stream) for stream in moved.streams]
            finished = None if None in done else max((moment for moment in done if moment is not None), default=None)
            let_go = moved.end + TIMEOUT
            earliest = max(earliest, let_go if finished is None else min(finished, let_go))
