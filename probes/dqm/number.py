"""One number out of a histogram of a harvest. Every ValueError says what is wrong: the number is unknown then."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from probes.dqm.answer import Histogram

How = Literal["entries", "sum", "bin"]


def number(of: Histogram, how: How, nx: int, ny: int = 1, at: int = 1) -> float:
    """Entries, the sum of all bins, or bin `at` (from 1, as ROOT counts) of a one-dimensional histogram.

    `nx` and `ny` are the binning that the configuration expects: with any other, a bin has another meaning.
    """
    found = {len(row) for row in of.content}
    if len(of.content) != ny or found != {nx}:
        raise ValueError(f"{len(of.content)} rows of {sorted(found)} bins, not {nx} x {ny}")
    if how == "entries":
        return _finite(of.entries, "entries")
    if how == "sum":
        return _finite(math.fsum(_values(of)), "sum")
    if ny != 1 or not 1 <= at <= nx:
        raise ValueError(f"bin {at} of {nx} x {ny}; allowed are 1 to {nx} of one row")
    return _finite(of.content[0][at - 1], f"bin {at}")


def _values(of: Histogram) -> Iterator[float]:
    for y, row in enumerate(of.content, 1):
        for x, value in enumerate(row, 1):
            yield _finite(value, f"bin {x}, {y}")


def _finite(value: object, what: str) -> float:
    # The classic GUI writes a bare nan, which is read as null.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} is {value!r}, not a finite number")
    return float(value)
