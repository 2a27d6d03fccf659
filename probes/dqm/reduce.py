"""One number out of histograms of a harvest. Every ValueError says what is wrong: the number is unknown then."""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.dqm.answer import Histogram
from spy.domain.number import Number, Take

STRUCTURES = 6
"""Parts of the pixel detector that the ordinary alignment moves."""
_ADDED = (Take.ENTRIES, Take.SUM, Take.FILLED)


def number(how: Number, of: Sequence[Histogram]) -> float:
    """Of all histograms of a number together. One part that is no number makes all of it none."""
    parts = [_of_one(how, one) for one in of]
    return math.fsum(parts) if how.take in _ADDED else max(parts)


def _of_one(how: Number, of: Histogram) -> float:
    if how.take is Take.ENTRIES:
        return _finite(of.entries, "entries")
    if how.take is Take.SUM:
        return math.fsum(_values(of.content))
    if how.take is Take.FILLED:
        return float(sum(value > 0 for value in _values(of.content)))
    row = _row(of)
    first, last = how.bins or (1, len(row))
    if last > len(row):
        raise ValueError(f"bin {last} of {len(row)} bins")
    if how.take is Take.THRESHOLD:
        return _threshold(row, _errors(of))
    if how.take is Take.OUTSIDE:
        return _outside(row, first, last)
    # Only what is asked for must be a number: other bins may hold something else.
    wanted = [_finite(value, f"bin {at}") for at, value in enumerate(of.content[0][first - 1 : last], first)]
    return wanted[0] if how.take is Take.BIN else max(abs(value) for value in wanted)


def _row(of: Histogram) -> Sequence[float]:
    if len(of.content) != 1 or not of.content[0]:
        raise ValueError(f"{len(of.content)} rows of bins, expected one")
    return of.content[0]


def _outside(row: Sequence[float], first: int, last: int) -> float:
    values = _values([row])
    total = math.fsum(values)
    if total <= 0:
        raise ValueError("an empty histogram has no share outside")
    return 1 - math.fsum(values[first - 1 : last]) / total


def _threshold(row: Sequence[float], errors: Sequence[float]) -> float:
    """Bins 1 to 6 hold movements and their errors; for structure i from 0, bin 8 + 5i holds the smallest movement that
    counts and bin 9 + 5i the smallest significance (CMSSW MillePedeDQMModule).
    """
    if len(row) < 4 + 5 * STRUCTURES or len(errors) < STRUCTURES:
        raise ValueError(f"{len(row)} bins and {len(errors)} errors of an alignment, expected 36")
    return max(_in_thresholds(row, errors, i) for i in range(STRUCTURES))


def _in_thresholds(row: Sequence[float], errors: Sequence[float], i: int) -> float:
    moved, error = abs(_finite(row[i], f"bin {i + 1}")), _finite(errors[i], f"error of bin {i + 1}")
    cut, significance = _finite(row[7 + 5 * i], f"bin {8 + 5 * i}"), _finite(row[8 + 5 * i], f"bin {9 + 5 * i}")
    if error < 0 or cut <= 0 or significance <= 0:
        raise ValueError(f"structure {i}: error {error}, cut {cut}, significance {significance}")
    if error == 0:
        # A structure that was not fitted has no error and did not move.
        if moved:
            raise ValueError(f"structure {i} moved by {moved} without an error")
        return 0.0
    return min(moved / cut, moved / error / significance)


def _errors(of: Histogram) -> Sequence[float]:
    if not of.errors:
        raise ValueError("no errors of the bins")
    return of.errors


def _values(content: Sequence[Sequence[float]]) -> list[float]:
    rows = enumerate(content, 1)
    values = [_finite(value, f"bin {x}, {y}") for y, row in rows for x, value in enumerate(row, 1)]
    if not values:
        raise ValueError("no bins")
    return values


def _finite(value: object, what: str) -> float:
    # The classic GUI writes a bare nan, which is read as null.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} is {value!r}, not a finite number")
    return float(value)
