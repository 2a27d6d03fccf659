"""Calibrations that a person should look at: missing, late and odd ones of the newest runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine

from spy.domain.product import Products
from spy.domain.verdict import State
from spy.store.views.numbers import product_numbers
from spy.store.views.runs import RunLine, run_lines
from spy.store.views.saved import PUBLISHED_2024, Latency

NEWEST = 100
"""Runs that are looked at."""
LATE_AFTER = PUBLISHED_2024[0] + PUBLISHED_2024[1]
"""Mean and RMS of 2024 together, 14.1 h: what comes later is later than most were then."""


class Kind(StrEnum):
    MISSING = "missing"
    """The run has ended, needs it, and it is not in place, nor proven not to be needed; perhaps it was locked so."""
    LATE = "late"
    ODD = "odd"
    """A number of it is out of its limits, or of the band of the runs before."""


@dataclass(frozen=True, slots=True)
class Trouble:
    run: int
    product: str
    kind: Kind
    state: State
    text: str
    after: timedelta | None
    """Since the run's end: until now, or until it was uploaded; None: the end is not known."""


def troubles(store: Engine, now: datetime, products: Products, latencies: Sequence[Latency]) -> list[Trouble]:
    """The newest run first. `latencies` says which uploads are looked at for being late."""
    lines = run_lines(store, now, NEWEST)
    found = [*_missing(lines, now), *_late(latencies), *_odd(store, products)]
    return sorted(found, key=lambda one: (-one.run, list(Kind).index(one.kind), one.product))


def _missing(lines: Sequence[RunLine], now: datetime) -> Iterator[Trouble]:
    for line in lines:
        if line.decision is None or line.end is None or line.verdict is State.READY:
            continue
        for name in line.required:
            state = line.products.get(name, State.UNKNOWN)
            if state is not State.READY:
                said = [outcome.text for outcome in line.decision.about(name) if outcome.state is state]
                text, ago = said[0] if said else str(state), now - line.end
                if line.stage.is_closed:
                    # What came after the lock went to a later run.
                    text, ago = f"Tier0 locked the run without it: {text}", (line.locked_at or now) - line.end
                yield Trouble(line.run, name, Kind.MISSING, state, text, ago)


def _late(latencies: Sequence[Latency]) -> Iterator[Trouble]:
    for one in latencies:
        if one.uploaded_at and one.uploaded_at - one.end > LATE_AFTER:
            after = one.uploaded_at - one.end
            text = f"uploaded {after.total_seconds() / 3600:.1f} h after the run's end"
            yield Trouble(one.run, one.product, Kind.LATE, State.WAITING, text, after)


def _odd(store: Engine, products: Products) -> Iterator[Trouble]:
    for product in products.values():
        for line in product_numbers(store, product, NEWEST) if product.numbers else ():
            for point in line.points:
                if not point.is_flagged or point.value is None:
                    continue
                where = "limits" if point.is_out_of_limits else "band of the runs before"
                unit = f" {line.number.unit}" if line.number.unit else ""
                text = f"{line.number.name} is {point.value:.6g}{unit}, out of the {where}"
                yield Trouble(point.run, product.name, Kind.ODD, State.UNKNOWN, text, None)
