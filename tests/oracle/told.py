"""A scenario file as the oracle reads it: plain values, times as seconds from the scenario's start.

Only runs that list their products can be judged: of the others the world draws what happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.prompt import Prompt
from tests.oracle.spans import Spans, spans

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Again:
    """One more payload after the first."""

    at: float
    by: str
    """tier0: by an upload of this run; person: put at the run by hand."""
    payload: str
    lumis: int | None


@dataclass(frozen=True, slots=True)
class Calibration:
    name: str
    stream: str
    harvested: float | None
    outcome: str
    upload: str
    attempted: float | None
    """When Tier0 hands the payload to the upload service; None: there is nothing to hand over."""
    vanishes: float | None
    skipped: frozenset[str]
    """Destination tags to which this file does not go."""
    lumis: int | None = None
    """The last lumi section of the first payload; None: the run's last."""
    again: tuple[Again, ...] = ()
    """By time."""


@dataclass(frozen=True, slots=True)
class Run:
    number: int
    era: str
    seen_class: str
    """What the lumi sections in OMS say, whatever the trigger key is called."""
    start: float
    end: float | None
    lumis: int
    declared: frozenset[str]
    """Streams whose `alca_skim` names a producer."""
    streams: frozenset[str]
    datasets: frozenset[str]
    """Primary datasets; each is locked for itself."""
    stable_beams: bool
    tracker_in: bool
    transferred: bool
    express_done: float | None
    express_jobs: int
    express_jobs_failed: int
    fill: int
    """LHC fill; 0: none."""
    reopened: Spans
    """When a stream that was done is not done any more, since Tier0 has rewritten its rows."""
    calibrations: tuple[Calibration, ...]
    """Empty: the world draws them, and the run cannot be judged."""

    @property
    def has_bulk(self) -> bool:
        return bool(self.datasets)

    @property
    def is_exempt(self) -> bool:
        beams_never_stable = self.seen_class == "commissioning" and not self.stable_beams
        return self.lumis < 10 or not (self.tracker_in and self.has_bulk and self.transferred) or beams_never_stable

    @property
    def is_locked_by_tier0(self) -> bool:
        """Only runs with bulk data that reached Tier0 take part in its run order."""
        return self.has_bulk and self.transferred

    def done(self, stream: str) -> float | None:
        """When `run_stream_done` turns true: never before the last upload attempt of the stream."""
        attempts = [c.attempted for c in self.calibrations if c.stream == stream and c.attempted is not None]
        return None if self.express_done is None else max([self.express_done, *attempts])


@dataclass(frozen=True, slots=True)
class Act:
    at: float
    until: float
    do: str
    run: int | None
    rule: str
    product: str
    from_run: int | None = None
    """Instead of `run`: the first and the last run of a range."""
    to_run: int | None = None
    until_tag: str = ""

    @property
    def active(self) -> Spans:
        return spans([(self.at, self.until)])


@dataclass(frozen=True, slots=True)
class Fault:
    service: str
    kind: str
    active: Spans


@dataclass(frozen=True, slots=True)
class Online:
    """What the scenario's configuration says about online tags otherwise than shipped."""

    required: Mapping[str, tuple[str, ...]]
    """Class to the tags that it needs, for the classes that say so."""
    after_fill: frozenset[str]
    """Tags that are written when the fill is over."""
    delays: Mapping[str, float]
    """Tag to how long before its start what a run of its job copies ends."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Tier0's own clock from a moment on, for some datasets; none named: for all."""

    at: float
    delay: float
    offset: float
    datasets: frozenset[str] = frozenset()

    def concerns(self, dataset: str) -> bool:
        return not self.datasets or dataset in self.datasets


@dataclass(frozen=True, slots=True)
class Told:
    start: datetime
    until: float
    runs: tuple[Run, ...]
    """By number."""
    faults: tuple[Fault, ...]
    acts: tuple[Act, ...]
    tag_lags: Mapping[str, float]
    """Online tag to how far what its job copies lies behind the present."""
    online: Online
    fills: Mapping[int, float | None]
    """Fill to its end, where the scenario says one; None: it goes on."""
    switched_off: Spans
    """When prompt reconstruction is disabled as a whole."""
    delays: tuple[Delay, ...]
    """As Tier0's own configuration has it, oldest first."""
    helpers: tuple[frozenset[str], ...]
    """Datasets of further Tier0 agents, each with a run order of its own."""
    contradicting: Spans
    """When Tier0 shows runs as not locked that it has locked: nothing that it says about locks counts."""
    prompt: Prompt
    expected: Mapping[str, float]
    """Dataset to the delay after which the agent's configuration expects its lock; "" for all others."""
    expected_helpers: frozenset[str]
    """Datasets of further agents, by the agent's configuration."""
    period: float
    """Longest time between two looks of any gating probe, at least 5 min."""

    def seconds(self, at: str) -> float:
        """An ISO 8601 time of a report as seconds from the start."""
        return (datetime.fromisoformat(at) - self.start) / timedelta(seconds=1)

    def expects(self, dataset: str) -> float:
        """After the run's end, when the agent's configuration expects this dataset to be locked."""
        return self.expected.get(dataset, self.expected[""])

    @property
    def agents(self) -> list[frozenset[str]]:
        """The datasets of each Tier0 agent: the main one takes what the others do not."""
        helped = frozenset().union(*self.helpers)
        return [frozenset().union(*(run.datasets for run in self.runs)) - helped, *self.helpers]
