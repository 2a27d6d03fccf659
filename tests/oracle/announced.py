"""A manual update that a person announced for a range of runs: when it is there for each of them."""

from __future__ import annotations

from tests.oracle.facts import TAGS
from tests.oracle.told import Act, Calibration, Told

LOG_MAY_LAG = 600.0
"""The log of uploads must have been read so long after an interval, to know that no file of the loop made it."""


def is_about(act: Act, number: int) -> bool:
    if act.from_run is not None:
        return act.from_run <= number and (act.to_run is None or number <= act.to_run)
    return act.run is None or act.run == number


def there(act: Act, number: int, told: Told) -> float | None:
    """When a run would first be reconstructed with an interval put by hand into the awaited tag, after the act.

    One that begins in a lower run of the range counts until the next payload of the loop begins.
    """
    name = next((name for name, tags in TAGS.items() if act.until_tag in tags), "")
    for run in sorted(told.runs, key=lambda run: -run.number):
        if run.number > number or not is_about(act, run.number):
            continue
        own = next((c for c in run.calibrations if c.name == name), None)
        if moments := _by_hand(own, act.at):
            return min(moments)
        if own is not None and own.attempted is not None and own.upload == "ok":
            return None
    return None


def _by_hand(calibration: Calibration | None, after: float) -> list[float]:
    return [a.at for a in calibration.again if a.by == "person" and a.at >= after] if calibration else []
