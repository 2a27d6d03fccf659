"""Which payload of a calibration a run would be reconstructed with, as the scenario tells it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import inf

from tests.oracle.spans import NEVER, Spans, since, until
from tests.oracle.told import Calibration, Run

TAIL_LUMIS = {"BeamSpotObjectHP_ByLumi": 20, "SiPixelQualityFromDbRcd_prompt": 100}
"""Lumi-based calibrations, and how close to the run's end the last interval must begin. Of the others a part looks
like the whole."""


def in_place(run: Run, calibration: Calibration, closed: float) -> Spans:
    """While the newest payload is one that this run's own upload made, and reaches its end."""
    steps = sorted(_steps(run, calibration, closed))
    ends = [*(begin for begin, _, _ in steps[1:]), None]
    whole = (
        since(begin) & until(end) & until(gone)
        for (begin, is_good, gone), end in zip(steps, ends, strict=False)
        if is_good
    )
    return reduce(Spans.__or__, whole, NEVER)


def replaced(calibration: Calibration, closed: float) -> list[float]:
    """When another payload takes the place of the one before, for this run."""
    return [a.at for a in calibration.again if a.payload == "new" and (a.by == "person" or a.at < closed)]


def _steps(run: Run, calibration: Calibration, closed: float) -> Iterator[tuple[float, bool, float]]:
    """Each new interval at this run: from when, whether it is the run's own and whole, when it vanishes."""
    first = calibration.attempted
    if first is not None and calibration.upload == "ok" and first < closed:
        gone = inf if calibration.vanishes is None else calibration.vanishes
        yield first, _reaches_the_end(run, calibration.name, calibration.lumis), gone
    for again in calibration.again:
        if again.by == "person":
            yield again.at, False, inf
        elif again.at < closed and calibration.upload == "ok":
            yield again.at, _reaches_the_end(run, calibration.name, again.lumis), inf


def _reaches_the_end(run: Run, name: str, lumis: int | None) -> bool:
    return lumis is None or name not in TAIL_LUMIS or run.lumis - lumis <= TAIL_LUMIS[name]
