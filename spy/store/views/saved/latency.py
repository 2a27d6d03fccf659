"""How long each calibration takes: from the run's end until it was harvested, uploaded and visible."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import fmean, median, pstdev

from spy.domain.product import Product
from spy.store.views.saved.history import Part, Record

PUBLISHED_2024 = (timedelta(hours=7.2), timedelta(hours=6.9))
"""Mean and RMS of "upload minus run end" in 2024, over the five workflows together: the experiment gives no more."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One calibration of one run. UTC; None: not yet, never, or not known."""

    run: int
    product: str
    end: datetime
    harvested_at: datetime | None
    """When DQM first showed its harvest."""
    uploaded_at: datetime | None
    """By the upload log."""
    visible_at: datetime | None
    """When every destination tag that it went to was first seen to hold this run's own interval."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How long it took, over many runs."""

    count: int
    mean: timedelta
    rms: timedelta
    """About the mean."""
    median: timedelta
    p90: timedelta
    """Nine in ten took no longer."""


@dataclass(frozen=True, slots=True)
class ProductLatency:
    product: str
    """Empty: all of them together."""
    uploaded: Spread | None
    """None: none was uploaded."""
    visible: Spread | None


def parts(products: Collection[Product]) -> list[Part]:
    """The facts that this needs of each run."""
    wanted = [(f"/product:{p.name}", name) for p in products for name in ("harvest_sample", "uploaded_at")]
    tags = {tag for p in products for tag in p.destination_tags}
    return [*wanted, *((f"/tag:{tag}", "since_run") for tag in sorted(tags))]


def latencies(record: Record, end: datetime, products: Collection[Product]) -> Iterator[Latency]:
    """Of the calibrations of which the run shows anything."""
    for product in products:
        harvests = record.facts.get((f"/product:{product.name}", "harvest_sample"), [])
        harvested = next((word.seen_at for word in harvests if word.value is True), None)
        uploaded = record.newest("uploaded_at", f"/product:{product.name}")
        uploaded_at = uploaded if isinstance(uploaded, datetime) else None
        if harvested or uploaded_at:
            yield Latency(record.run, product.name, end, harvested, uploaded_at, _visible(record, uploaded_at, product))


def _visible(record: Record, uploaded_at: datetime | None, product: Product) -> datetime | None:
    """First sight of an interval of this run in the last tag that got one; another run's may have been there before."""
    own = [words[0] for tag in product.destination_tags if (words := record.facts.get((f"/tag:{tag}", "since_run")))]
    return max(uploaded_at, *(word.seen_at for word in own)) if uploaded_at and own else None


def summary(told: Sequence[Latency], products: Collection[Product]) -> list[ProductLatency]:
    """Per product in the order given; last all together, as the published figure has it."""
    by_name: Mapping[str, list[Latency]] = {p.name: [one for one in told if one.product == p.name] for p in products}
    return [_summed(name, ones) for name, ones in (*by_name.items(), ("", told)) if ones]


def _summed(name: str, told: Sequence[Latency]) -> ProductLatency:
    uploaded = [one.uploaded_at - one.end for one in told if one.uploaded_at]
    visible = [one.visible_at - one.end for one in told if one.visible_at]
    return ProductLatency(name, _spread(uploaded), _spread(visible))


def _spread(times: Sequence[timedelta]) -> Spread | None:
    if not times:
        return None
    seconds = sorted(time.total_seconds() for time in times)
    p90 = seconds[ceil(0.9 * len(seconds)) - 1]
    values = (fmean(seconds), pstdev(seconds), median(seconds), p90)
    return Spread(len(seconds), *(timedelta(seconds=value) for value in values))
