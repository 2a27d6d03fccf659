"""What turns in the world around the runs: Tier0's switch and delays, fills, and how far online tags lie behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from probes.simulation.reading import Table

RECO_DELAY = timedelta(hours=48)
LOCK_OFFSET = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Switch:
    """Tier0's `promptreco_status` from a time on."""

    at: datetime
    enabled: bool


@dataclass(frozen=True, slots=True)
class Delay:
    """Tier0's release delay from a time on."""

    at: datetime
    reco_delay: timedelta
    datasets: tuple[str, ...] = ()
    """Primary datasets that it is about; empty: all."""

    def concerns(self, dataset: str) -> bool:
        return not self.datasets or dataset in self.datasets


@dataclass(frozen=True, slots=True)
class FillPlan:
    """When an LHC fill ends, if not with its last run."""

    number: int
    end: datetime | None
    """None: never in this scenario."""


@dataclass(frozen=True, slots=True)
class TagLag:
    """How far the intervals of an online-to-offline tag lie behind the present."""

    name: str
    delay: timedelta


def label(*keys: str) -> Callable[[Mapping[str, Any]], str]:
    """What a table is called in messages."""
    return lambda values: " ".join(str(values[key]) for key in keys if key in values)


def read_tag(table: Table) -> TagLag:
    table.need("name", "delay")
    tag = TagLag(table.text("name"), table.span("delay", timedelta()))
    table.finish()
    return tag


def read_fill(table: Table) -> FillPlan:
    table.need("number")
    fill = FillPlan(table.number("number", 1, lowest=1), table.time("end", None))
    table.finish()
    return fill


def read_switch(table: Table) -> Switch:
    table.need("at", "enabled")
    switch = Switch(table.time("at", start_of(table)), table.flag("enabled", True))
    table.finish()
    return switch


def read_delay(table: Table) -> Delay:
    table.need("at", "reco_delay")
    datasets = tuple(table.names("datasets", []))
    delay = Delay(table.time("at", start_of(table)), table.span("reco_delay", RECO_DELAY), datasets)
    table.finish()
    return delay


def start_of(table: Table) -> datetime:
    """Stands in for a time that is missing or wrong, which is reported anyway."""
    return table.start or datetime.max.replace(tzinfo=UTC)
