"""Which payload of a calibration a run would be reconstructed with, as the scenario tells it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from tests.oracle.spans import NEVER, Spans, since, until
from tests.oracle.told import Calibration, Run

TAIL_LUMIS = {"BeamSpotObjectHP_ByLumi": 20, "SiPixelQualityFromDbRcd_prompt": 100}
"""Lumi-based calibrations, and how close to the run's end the last interval must begin. Of the others a part looks
like the whole."""


def in_place(run: Run, calibration: Calibration, closed: float) -> Spans:
    """While the newest payload is one that this run's own upload made, and reaches its end."""
    steps = list(_steps(run, calibration, closed))
    ends = [*(begin for begin, _ in steps[1:]), None]
    whole = (since(begin) & until(end) for (begin, is_good), end in zip(steps, ends, strict=False) if is_good)
    return reduce(Spans.__or__, whole, NEVER) & until(calibration.vanishes)


def replaced(calibration: Calibration, closed: float) -> list[float]:
    """When another payload takes the place of the one before, for this run."""
    return [a.at for a in calibration.again if a.payload == "new" and (a.by == "person" or a.at < closed)]


def _steps(run: Run, calibration: Calibration, closed: float) -> Iterator[tuple[float, bool]]:
    """Moment of each new interval at this run, and whether it is the run's own and whole."""
    first = calibration.attempted
    if first is not None and calibration.upload == "ok" and first < closed:
        yield first, _reaches_the_end(run, calibration.name, calibration.lumis)
    for again in calibration.again:
        if again.by == "person":
            yield again.at, False
        elif again.at < closed and calibration.upload == "ok":
            yield again.at, _reaches_the_end(run, calibration.name, again.lumis)


def _reaches_the_end(run: Run, name: str, lumis: int | None) -> bool:
    return lumis is None or name not in TAIL_LUMIS or run.lumis - lumis <= TAIL_LUMIS[name]
