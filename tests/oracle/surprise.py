"""When Tier0 first locks, or does not lock, otherwise than the agent's configuration says.

From 20 min after that on live sending stops (design section 7): nothing is due any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from tests.oracle.spans import NEVER, since
from tests.oracle.tier0 import Accepted
from tests.oracle.told import Run, Told

ALARM = 20 * 60.0


def first_surprise(told: Told, closed: Mapping[int, float], accepted: Accepted) -> float | None:
    previous, surprises = -inf, []
    for run in (r for r in told.runs if r.is_locked_by_tier0):
        if run.end is None:
            break  # nothing locks behind a run without end, and everybody knows it
        held = accepted.holds.get(run.number, NEVER)
        first = min(map(told.expects, run.datasets))
        usual = (since(run.end + first) & since(previous) - held).first()
        previous = closed[run.number]
        released = (accepted.releases.get(run.number, NEVER) & since(run.end)).first()
        if usual is None:
            continue
        if previous > max([usual, *_lower_datasets(run, told)]) + ALARM:
            surprises.append(max([usual, *_lower_datasets(run, told)]) + ALARM)
        if previous < min([usual, *_higher_by_others(run, told)]) - ALARM and (released is None or released > previous):
            surprises.append(previous)
    return min(surprises, default=None)


def _lower_datasets(run: Run, told: Told) -> list[float]:
    """When the slowest dataset of each lower run lets this one go on, in the main agent's order."""
    lower = [r for r in told.runs if r.number < run.number and r.is_locked_by_tier0 and r.end is not None]
    own = {r.number: r.datasets - told.expected_helpers or r.datasets for r in lower}
    return [r.end + max(map(told.expects, own[r.number])) for r in lower if r.end is not None]


def _higher_by_others(run: Run, told: Told) -> list[float]:
    """When a further agent locks a higher run, which closes this one too."""
    higher = [r for r in told.runs if r.number > run.number and r.is_locked_by_tier0 and r.end is not None]
    named = [(r.end, r.datasets & told.expected_helpers) for r in higher]
    return [end + min(map(told.expects, names)) for end, names in named if names and end is not None]
