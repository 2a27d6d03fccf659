"""What is true in the simulated world: plain values that the simulators read. Times are absolute UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from probes.simulation.again import Again


@dataclass(slots=True)
class TagResult:
    """What the upload service did with one destination tag of one file."""

    tag: str
    result: str
    """ok | shifted | skipped | failed"""
    since: int
    """Encoded as the tag's time base wants it, after synchronization."""
    lands: bool = True
    """Whether an interval really appears in the database (false: lost, skipped, failed)."""
    named: str = ""
    """The tag to which the file went instead; empty: to `tag`."""


@dataclass(slots=True)
class Upload:
    """One file `Run<R>@<inputTag>@<uuid>` in the upload log."""

    file_hash: str
    file_name: str
    product: str
    run: int
    at: datetime
    status_code: int
    """Final code of the drop box, e.g. 4999 or 4210."""
    first_safe_run: int
    content: str
    """Two files with the same content bring the same payloads."""
    tags: list[TagResult] = field(default_factory=list)


@dataclass(slots=True)
class SimProduct:
    """One calibration of one run."""

    name: str
    """Input tag."""
    producer: str
    stream: str
    harvested: datetime | None
    """When the harvest's ALCAPROMPT sample is in DQM; None: never."""
    outcome: str
    """payload | no_update | low_statistics | vetoed | aborted"""
    upload: str
    """ok | failed | skipped | shifted | lost"""
    uploaded: datetime | None
    """None: nothing is uploaded (no payload, or never harvested)."""
    vanishes: datetime | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    """What the histograms of the harvest say, by name of the number."""
    size_bytes: int = 0
    """Of each payload in its file."""
    repeats: bool = False
    """The upload brings the payload of the upload before it, once more."""
    lumis: int | None = None
    """Lumi tags: the last lumi section of the first payload; None: the whole run."""
    again: tuple[Again, ...] = ()
    skips: tuple[str, ...] = ()
    """Destination tags that the upload service skips for this file."""


@dataclass(frozen=True, slots=True)
class Started:
    """What the prompt reconstruction of a dataset was started with."""

    at: datetime
    global_tag: str
    cmssw: str


@dataclass(slots=True)
class SimRun:
    number: int
    run_class: str
    """collisions | cosmics | heavy-ions | commissioning"""
    start: datetime
    end: datetime | None
    lumis: int
    streams: list[str]
    """Express streams."""
    datasets: list[str]
    """Primary datasets with prompt reconstruction; empty: no bulk stream."""
    era: str
    express_global_tag: str
    prompt_global_tag: str
    cmssw: str
    products: list[SimProduct]
    stream_done: dict[str, datetime | None]
    """Express stream to when `run_stream_done` turns true."""
    alca_skim: dict[str, str | None]
    """Express stream to the comma-joined `alca_skim` that Tier0 declares."""
    stable_beams: bool = True
    transferred: bool = True
    tracker_in: bool = True
    fill: int = 0
    fill_end: datetime | None = None
    """None: it goes on."""
    express_jobs: int = 200
    """Reports of express jobs, all streams together, once all of them are done."""
    express_jobs_failed: int = 2
    locked_at: datetime | None = None
    """Set by Tier0 (the world) when it locks the first dataset, which closes the run's conditions."""
    started_at: datetime | None = None
    """When prompt reconstruction of its first dataset was released; None: not yet."""
    dataset_locked: dict[str, datetime] = field(default_factory=dict)
    """Primary dataset to when it was locked; a dataset that waits is not in it."""
    dataset_started: dict[str, Started] = field(default_factory=dict)
    """Primary dataset to its release; of a run with `started_at` and nothing here all were released then."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What the scenario's `[run.<service>]` says, as the service's simulator reads it."""
