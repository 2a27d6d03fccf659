"""The parts of a scenario, and how each is read from its table of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from probes.simulation.again import Again, read_again
from probes.simulation.production import Era, era_of
from probes.simulation.reading import Table
from probes.simulation.simulators import read_told, services
from probes.simulation.turns import label, start_of
from spy.domain.act import Do
from spy.domain.errors import ActError
from spy.domain.run import Chunk, RunClass

JOBS = 200
"""Express jobs of a run that does not say."""
LUMI_S = 23.31
"""Length of a lumi section, seconds (2^18 orbits of the LHC)."""
CLASSES = tuple(str(c) for c in RunClass)
OUTCOMES = ("payload", "no_update", "low_statistics", "vetoed", "aborted")
UPLOADS = ("ok", "failed", "skipped", "shifted", "lost", "elsewhere")
KINDS = (
    "down",
    "slow",
    "hang",
    "garbage",
    "empty",
    "stale",
    "http500",
    "http429",
    "auth",
    "disagree",
    "accept_then_drop",
)
STREAMS = {
    "collisions": ["Express", "ExpressAlignment", "Calibration"],
    "cosmics": ["ExpressCosmics"],
    "heavy-ions": ["HIExpress", "HIExpressAlignment", "Calibration"],
    "commissioning": ["Express"],
}
DATASETS = {
    "collisions": ["Muon0", "JetMET0"],
    "cosmics": ["Cosmics"],
    "heavy-ions": ["HIPhysicsRawPrime0", "HIForward0"],
    "commissioning": ["Commissioning"],
}
WITHOUT_CHUNK = ("stop", "resume", "silence", "acknowledge")


@dataclass(frozen=True, slots=True)
class ProductPlan:
    name: str
    harvested: datetime | None
    outcome: str
    upload: str
    uploaded: datetime | None
    """When the upload is tried; None: nothing to upload."""
    vanishes: datetime | None
    lumis: int | None
    """Lumi tags: the last lumi section of the first payload; None: the whole run."""
    again: tuple[Again, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What its histograms say; a number that is not named is drawn."""
    repeats: bool = False
    payload_bytes: int | None = None
    """None: drawn."""
    skips: tuple[str, ...] = ()
    """Destination tags that the upload service skips for this file."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    number: int
    run_class: str
    start: datetime
    end: datetime | None
    lumis: int
    streams: tuple[str, ...]
    datasets: tuple[str, ...]
    express_done: datetime | None
    products: tuple[ProductPlan, ...]
    """None listed: the world draws what happens."""
    era: str
    fill: int
    stable_beams: bool
    tracker_in: bool
    transferred: bool
    empty_alca_skim: tuple[str, ...]
    """Streams for which Tier0 declares nothing (`alca_skim` null)."""
    express_jobs: int
    express_jobs_failed: int
    told: Mapping[str, Any] = field(default_factory=dict)
    """What the readers of simulators made of `[run.<service>]`, by service."""


@dataclass(frozen=True, slots=True)
class Fault:
    service: str
    kind: str
    start: datetime
    end: datetime

    def covers(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class ActPlan:
    at: datetime
    who: str
    do: str
    chunk: str
    """Empty where the act is about no chunk."""
    why: str
    until: datetime | None = None
    rule: str = ""
    product: str = ""
    from_run: int | None = None
    to_run: int | None = None
    until_tag: str = ""


def read_run(table: Table, index: int, until: datetime, eras: Mapping[str, Era]) -> RunPlan:
    table.need("number", "class", "start")
    run_class = table.choice("class", CLASSES, "collisions")
    era = eras[table.choice("era", eras.keys(), era_of(run_class))]
    start = table.time("start", until)
    end = table.time("end", None)
    if end is not None and end <= start:
        table.wrong("end", "must lie after the start of the run")
    length_s = max(((end or until) - start).total_seconds(), 0.0)
    beams = run_class in ("collisions", "heavy-ions")
    streams = table.names("streams", STREAMS[run_class], era.streams.keys())
    jobs = table.number("express_jobs", JOBS)
    failed = table.number("express_jobs_failed", jobs // 100)
    if failed > jobs:
        table.wrong("express_jobs_failed", f"found {failed}, at most express_jobs ({jobs}) can fail")
    run = RunPlan(
        number=table.number("number", 1, lowest=1),
        run_class=run_class,
        start=start,
        end=end,
        lumis=table.number("lumis", max(int(length_s / LUMI_S), 1), lowest=1),
        streams=tuple(streams),
        datasets=tuple(table.names("datasets", DATASETS[run_class])),
        express_done=table.time("express_done", None),
        products=tuple(_product(t) for t in table.tables("product", label("name"))),
        era=era.name,
        fill=table.number("fill", 11200 + index if beams else 0),
        stable_beams=table.flag("stable_beams", run_class != RunClass.COSMICS),
        tracker_in=table.flag("tracker_in", True),
        transferred=table.flag("transferred", True),
        empty_alca_skim=tuple(table.names("empty_alca_skim", [], streams)),
        express_jobs=jobs,
        express_jobs_failed=failed,
        told=read_told(table, "read_run"),
    )
    table.finish()
    return run


def _product(table: Table) -> ProductPlan:
    table.need("name")
    harvested = table.time("harvested", None)
    outcome = table.choice("outcome", OUTCOMES, "payload")
    uploaded = table.time("uploaded", harvested + timedelta(minutes=30) if harvested else None)
    plan = ProductPlan(
        name=table.text("name"),
        harvested=harvested,
        outcome=outcome,
        upload=table.choice("upload", UPLOADS, "ok"),
        uploaded=uploaded if outcome == "payload" else None,
        vanishes=table.time("vanishes", None),
        numbers=table.numbers("numbers"),
        repeats=table.flag("repeats", False),
        payload_bytes=table.number("payload_bytes", 0) if "payload_bytes" in table.values else None,
        lumis=table.number("lumis", 0, lowest=1) or None,
        again=tuple(read_again(t) for t in table.tables("again", label("at"))),
        skips=tuple(table.names("skips", [])),
    )
    table.finish()
    return plan


def read_fault(table: Table, until: datetime) -> Fault:
    table.need("service", "kind", "from")
    start = table.time("from", until)
    fault = Fault(
        service=table.choice("service", services(), ""),
        kind=table.choice("kind", KINDS, KINDS[0]),
        start=start,
        end=table.time("to", datetime.max.replace(tzinfo=UTC)),
    )
    if fault.end <= fault.start:
        table.wrong("to", "must lie after from")
    table.finish()
    return fault


def read_act(table: Table) -> ActPlan:
    table.need("at", "who", "do", "why")
    do = table.choice("do", tuple(str(d) for d in Do), "")
    at = table.time("at", start_of(table))
    if do and do not in WITHOUT_CHUNK and "from_run" not in table.values:
        table.need("chunk")
    if do == "waive":
        table.need("rule")
    chunk = table.text("chunk")
    try:
        Chunk.parse(chunk or "10")
    except ActError as error:
        table.wrong("chunk", str(error))
    act = ActPlan(
        at=at,
        who=table.text("who"),
        do=do,
        chunk=chunk,
        why=table.text("why"),
        until=table.time("until", None),
        rule=table.text("rule"),
        product=table.text("product"),
        from_run=table.number("from_run", 0, lowest=1) or None,
        to_run=table.number("to_run", 0, lowest=1) or None,
        until_tag=table.text("until_tag"),
    )
    table.finish()
    return act
