"""One calibration, and what a class of runs requires of it. Built from the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from spy.domain.number import Number


class Base(StrEnum):
    """What the `since` of a destination tag counts (TAG.TIME_TYPE of the conditions database)."""

    RUN = "run"
    LUMI = "lumi"
    TIME = "time"


class NoPayload(StrEnum):
    """Why a harvest that ran wrote nothing. Proven, never assumed."""

    NO_UPDATE = "no_update"
    LOW_STATISTICS = "low_statistics"
    VETOED = "vetoed"
    ABORTED = "aborted"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Product:
    """One calibration that the prompt calibration loop computes per run."""

    name: str
    """The input tag, which names the file in the upload log: `Run<R>@<name>@<uuid>`."""
    producer: str
    """Entry of Tier0's `alca_skim`, `PromptCalibProd...`."""
    streams: tuple[str, ...]
    """Express streams that may declare the producer."""
    destination_tags: tuple[str, ...]
    record: str
    base: Base
    detector: str
    owners: tuple[str, ...]
    """Mail addresses."""
    tail_lumis: int = 0
    """Lumi base only: how many lumi sections before the run's end the last interval may begin."""
    accepts: frozenset[NoPayload] = frozenset()
    """Kinds of no payload that are as good as a payload."""
    min_entries: int = 0
    """Entries below which a harvest that wrote nothing had too little data; 0: never an excuse."""
    dqm_folder: str = ""
    """Folder of the harvest's result in the ALCAPROMPT sample; empty where DQM holds none."""
    result_flags: bool = False
    """DQM tells how the fit ended (alignment): the payload is then judged with it."""
    numbers: tuple[Number, ...] = ()
    """What the harvest's histograms tell of the payload."""


@dataclass(frozen=True, slots=True)
class OnlineTag:
    """A tag that a job copies from the online database (O2O) as time passes; prompt reconstruction reads it."""

    name: str
    record: str
    job: str
    """JOB_NAME of the job's runs."""
    on_change: bool = False
    """Written only when a value changed: then a good run of the job is as good as a new interval."""
    delay: timedelta = timedelta()
    """How long before its start what a run of the job copies ends."""
    owners: tuple[str, ...] = ()
    """Mail addresses."""
    after_fill: bool = False
    """Written when the LHC fill has ended, up to the fill's end: that is what it must reach, and not the run's end."""


@dataclass(frozen=True, slots=True)
class Required:
    """What one class of runs needs."""

    run_class: str
    expected_streams: tuple[str, ...]
    """Express streams that must have been declared."""
    products: tuple[str, ...]
    """Names of products that must be in place."""
    only_where_declared: bool = False
    """A product counts only if some stream of the run declares its producer (heavy ions)."""
    online_tags: tuple[OnlineTag, ...] = ()
    """Tags that must reach the run's end, whatever its streams declare."""


def required_names(classes: Iterable[Required]) -> frozenset[str]:
    """Products that some class requires."""
    return frozenset(name for required in classes for name in required.products)


def needed_online(classes: Iterable[Required]) -> tuple[OnlineTag, ...]:
    """Online tags that some class requires, by name."""
    needed = {tag.name: tag for required in classes for tag in required.online_tags}
    return tuple(needed[name] for name in sorted(needed))


Products = Mapping[str, Product]
