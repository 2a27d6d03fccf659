"""The shape of what `/trends` answers. Durations are hours; what is not known is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldBy:
    cause: str
    hours: float
    share: float
    """0 to 1."""
    runs: int
    most: Mapping[str, float]
    """Hours by what it names, the five longest."""


@dataclass(frozen=True, slots=True)
class InState:
    kind: str
    """verdict, or release for its stages"""
    state: str
    hours: float
    share: float
    runs: int


@dataclass(frozen=True, slots=True)
class RuleVotes:
    rule: str
    is_shadow: bool
    runs: int
    ready_h: float
    waiting_h: float
    unknown_h: float
    blocked_h: float
    alone_h: float
    """It alone was not ready."""
    waived: int
    """Runs of which its failure was accepted."""


@dataclass(frozen=True, slots=True)
class Latency:
    product: str
    """Empty: all of them together."""
    uploads: int
    mean_h: float | None
    rms_h: float | None
    median_h: float | None
    p90_h: float | None


@dataclass(frozen=True, slots=True)
class Regret:
    number: int
    made_at: datetime
    begin: datetime
    until: datetime
    rulebook: str
    judged: int
    regrets: int
    unknown: int
    summary: str
    acknowledged_at: datetime | None
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class RunSaved:
    run: int
    run_class: str
    recorded_lumi: float | None
    """1/pb; null: not known."""
    end: datetime
    alone_at: datetime | None
    """When it would have been ready without the runs before it."""
    prefix_ready_at: datetime | None
    accepted_at: datetime | None
    would_at: datetime | None
    locked_at: datetime | None
    started_at: datetime | None
    is_overtaken: bool
    saved_h: float | None
    lost_h: float
    """To earlier runs."""
    basis: str


@dataclass(frozen=True, slots=True)
class Trends:
    begin: datetime
    end: datetime
    sentence: str
    saved_h: float | None
    """Null: no run of the period has started."""
    lost_h: float
    held_h: float
    causes: tuple[HeldBy, ...]
    states: tuple[InState, ...]
    rules: tuple[RuleVotes, ...]
    rules_left_out: int
    """Runs whose revisions were too many to read for the rules."""
    latencies: tuple[Latency, ...]
    published_mean_h: float
    """Of 2024, five workflows together."""
    published_rms_h: float
    regrets: tuple[Regret, ...]
    """Empty: nobody made a report, and what was missed is unknown."""
    endless: tuple[int, ...]
    """Runs of which nobody knows when they ended; counted nowhere."""
    runs: tuple[RunSaved, ...]
    """The newest first, at most `limit`."""
    runs_left_out: int
