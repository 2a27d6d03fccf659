"""When the tags that jobs copy from the online database reach what a run needs of them."""

from __future__ import annotations

from functools import reduce
from math import ceil

from tests.oracle.spans import NEVER, Spans, later
from tests.oracle.told import Run, Told

REQUIRED = {
    "collisions": ("EcalLaserAPDPNRatios_prompt_v3", "SiStripDetVOff_v7_prompt"),
    "heavy-ions": ("EcalLaserAPDPNRatios_prompt_v3", "SiStripDetVOff_v7_prompt"),
    "cosmics": ("SiStripDetVOff_v7_prompt",),
}
"""Class to the tags that online-to-offline jobs must have copied, as shipped; a scenario may require others."""
BEAT, RUN_LENGTH = 600.0, 60.0
"""The jobs begin at every full ten minutes; a minute later what they copied is there to see."""


def copied(run: Run, told: Told) -> float | None:
    """When the last required online tag covered the run: reached its end, or that of its fill; None: never."""
    if run.end is None:
        return None
    needed = told.online.required.get(run.seen_class, REQUIRED.get(run.seen_class, ()))
    moments: list[float | None] = [run.end, *(_covers(tag, run, told) for tag in needed)]
    return reduce(later, moments)


def _covers(tag: str, run: Run, told: Told) -> float | None:
    end = _fill_end(run, told) if tag in told.online.after_fill else run.end
    if end is None:
        return None
    behind = told.tag_lags.get(tag, 0.0) + told.online.delays.get(tag, 0.0)
    return _copied(end + behind, told)


def _fill_end(run: Run, told: Told) -> float | None:
    """What the scenario says of the fill; else the end of its last run."""
    if run.fill in told.fills:
        return told.fills[run.fill]
    return reduce(later, [r.end for r in told.runs if r.fill == run.fill])


def _copied(moment: float, told: Told) -> float | None:
    """When the first good run of a job that begins at this moment or later is over."""
    broken = reduce(Spans.__or__, (fault.active for fault in told.faults if fault.service == "o2o"), NEVER)
    midnight = -told.start.timestamp() % BEAT
    beat = midnight + ceil((moment - midnight) / BEAT) * BEAT
    while beat <= told.until and beat in broken:
        beat += BEAT
    return None if beat > told.until else beat + RUN_LENGTH
