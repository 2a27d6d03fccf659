"""A rolling band: what a number of a product was in the runs before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SIGMA_PER_MAD = 1.4826
"""For values that are normally distributed."""


@dataclass(frozen=True, slots=True)
class Band:
    """Median and edges, in the unit of the number."""

    low: float
    median: float
    high: float


def band(before: Sequence[float], width: float, at_least: int, spread: float = 0.0) -> Band | None:
    """Median ± `width` robust standard deviations of the finite values `before`; None: fewer than `at_least`.

    Median and median absolute deviation (MAD), since one bad run must not widen the band that should show the next.
    Never narrower than `spread` on either side: equal values before make every other one strange.
    """
    if not math.isfinite(width) or width <= 0 or at_least < 1:
        raise ValueError(f"width {width} of {at_least} values; a positive number, and at least one value")
    if len(before) < at_least:
        return None
    if strange := [value for value in before if not math.isfinite(value)]:
        raise ValueError(f"{strange[0]} is no value of a band: leave out what is unknown")
    middle = median(before)
    reach = max(width * SIGMA_PER_MAD * median(abs(value - middle) for value in before), spread)
    return Band(middle - reach, middle, middle + reach)
