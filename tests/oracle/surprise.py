"""When Tier0 first locks, or does not lock, otherwise than the agent's configuration says.

From 20 min after that on live sending stops (design section 7): nothing is due any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from tests.oracle.spans import NEVER, since
from tests.oracle.tier0 import Accepted
from tests.oracle.told import Told

ALARM = 20 * 60.0


def first_surprise(told: Told, closed: Mapping[int, float], accepted: Accepted) -> float | None:
    previous, surprises = -inf, []
    for run in (r for r in told.runs if r.is_locked_by_tier0):
        if run.end is None:
            break  # nothing locks behind a run without end, and everybody knows it
        held = accepted.holds.get(run.number, NEVER)
        expected = (since(run.end + told.expected_delay) & since(previous) - held).first()
        previous = closed[run.number]
        released = (accepted.releases.get(run.number, NEVER) & since(run.end)).first()
        if expected is not None and previous > expected + ALARM:
            surprises.append(expected + ALARM)
        if expected is not None and previous < expected - ALARM and (released is None or released > previous):
            surprises.append(previous)
    return min(surprises, default=None)
