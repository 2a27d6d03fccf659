"""What a product's payload is like, in one to three numbers, and how one run's number is held against earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median

from spy.domain.band import Band, band

RUNS = 30
"""Newest earlier values that make the band."""
AT_LEAST = 8
"""Fewer make none."""


class Take(StrEnum):
    """How a histogram becomes a number. Of several histograms the sum for the first three, else the largest."""

    ENTRIES = "entries"
    SUM = "sum"
    """Of all bins."""
    FILLED = "filled"
    """How many bins are above 0."""
    BIN = "bin"
    """The one bin named by `bins`."""
    LARGEST = "largest"
    """Largest magnitude within `bins`."""
    OUTSIDE = "outside"
    """Share of the content that lies outside `bins`, from 0 to 1."""
    THRESHOLD = "threshold"
    """Largest movement of an alignment in units of what an update needs; from 1 on it is significant."""


@dataclass(frozen=True, slots=True)
class Number:
    name: str
    objects: tuple[str, ...]
    """Histograms, by their paths in the harvest's sample."""
    take: Take
    bins: tuple[int, int] | None = None
    """First and last bin, from 1 as ROOT counts; None: all."""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    """Limits; a value on one is within. None: no limit on that side."""
    width: float = 6.0
    """Half width of the band, in robust standard deviations of earlier values; 0: no band."""
    spread: float = 0.0
    """The band is never narrower than this on either side of its median, in the number's unit."""
    justifies: float | None = None
    """From this value on the fit has a reason to upload; None: the number tells none."""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier run's value of the same number, the run being of the same class."""

    run: int
    value: float


@dataclass(frozen=True, slots=True)
class Held:
    """One value against its limits, its band and the run before."""

    value: float
    band: Band | None
    """None: the number has none, or too few earlier runs have a value."""
    previous: Past | None
    is_out_of_limits: bool
    is_out_of_band: bool

    @property
    def change(self) -> float | None:
        """Against the run before."""
        return self.value - self.previous.value if self.previous else None

    @property
    def is_odd(self) -> bool:
        return self.is_out_of_limits or self.is_out_of_band


def hold(number: Number, value: float, earlier: Sequence[Past]) -> Held:
    """`earlier`: newest first."""
    values = [past.value for past in earlier[:RUNS]]
    found = band(values, number.width, AT_LEAST, number.spread) if number.width > 0 else None
    low = number.low is not None and value < number.low
    high = number.high is not None and value > number.high
    return Held(
        value=value,
        band=found,
        previous=earlier[0] if earlier else None,
        is_out_of_limits=low or high,
        is_out_of_band=found is not None and not found.low <= value <= found.high,
    )


SIZE = Number("size", (), Take.SUM, unit="bytes")
"""Of the payload itself, which the conditions database tells."""


def hold_size(size_bytes: int, earlier: Sequence[Past]) -> Held:
    """Payloads differ with what they hold: a quarter more or less than usual is never odd."""
    usual = median(past.value for past in earlier) if earlier else 0.0
    return hold(replace(SIZE, spread=usual / 4), float(size_bytes), earlier)


def told(number: Number, held: Held) -> str:
    """`bad_strips 9312 strips: above its limit 8000; band 6100 to 7300; 6650 in run 398599`."""
    head = f"{number.name} {held.value:.6g}{f' {number.unit}' if number.unit else ''}"
    parts = [_limits(number, held), _band(held) if number.width else ""]
    if held.previous:
        parts.append(f"{held.previous.value:.6g} in run {held.previous.run} ({held.change:+.3g} since)")
    return f"{head}: {'; '.join(part for part in parts if part)}".removesuffix(": ")


def _limits(number: Number, held: Held) -> str:
    if number.high is not None and held.value > number.high:
        return f"above its limit {number.high:.6g}"
    if number.low is not None and held.value < number.low:
        return f"below its limit {number.low:.6g}"
    limits = [f"at least {number.low:.6g}" if number.low is not None else ""]
    limits.append(f"at most {number.high:.6g}" if number.high is not None else "")
    allowed = ", ".join(limit for limit in limits if limit)
    return f"allowed {allowed}" if allowed else ""


def _band(held: Held) -> str:
    if held.band is None:
        return "too few earlier runs for a band"
    where = "outside its band" if held.is_out_of_band else "band"
    return f"{where} {held.band.low:.6g} to {held.band.high:.6g}"
