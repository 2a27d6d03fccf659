"""Turns a scenario into runs and products with absolute times: what will happen, before any of it has.

A run with at least one `[[run.product]]` is exactly what the scenario says: a product that is not listed is never
harvested. A run without any is drawn from the seed (`latency.py`). Uploads of drawn runs, and where the scenario asks
for it also listed ones, keep Tier0's upload order: they wait for every lower run until that one's uploads are done, at
most until 18 h after its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from probes.simulation.drawn import numbers_of, payload_bytes
from probes.simulation.latency import HARVEST_TO_UPLOAD, draw
from probes.simulation.production import Era, producers
from probes.simulation.scenario import Scenario
from probes.simulation.story import LUMI_S, ProductPlan, RunPlan
from probes.simulation.truth import SimProduct, SimRun
from spy.domain.product import Product

UPLOAD_ORDER_TIMEOUT = timedelta(hours=18)
CLEAN_UP = timedelta(minutes=20)
"""From the last upload of a stream to `run_stream_done` where the scenario does not say: logs are collected."""


@dataclass(slots=True)
class Order:
    """Tier0's upload order: from when on a run may upload."""

    free_at: list[datetime] = field(default_factory=list)

    def wait(self, wanted: datetime) -> datetime:
        return max([wanted, *self.free_at])

    def add(self, run: SimRun, next_start: datetime | None) -> None:
        """A run holds later ones until all is uploaded, or its time is over (without an end: since its last data)."""
        end = run.end or next_start
        if end is None:
            return
        done = list(run.stream_done.values())
        finished = max((moment for moment in done if moment), default=end)
        timeout = end + UPLOAD_ORDER_TIMEOUT
        self.free_at.append(timeout if None in done else min(finished, timeout))


def build_runs(scenario: Scenario, products: Mapping[str, Product], seed: int) -> list[SimRun]:
    runs: list[SimRun] = []
    order = Order()
    for index, plan in enumerate(scenario.runs):
        run = _run(plan, scenario.eras[plan.era])
        if plan.products:
            run.products = [_listed(product, products[product.name], run, seed) for product in plan.products]
            if scenario.upload_order:
                _wait_their_turn(run, order)
            run.stream_done = {s: _later(plan.express_done, _last_upload(run, s)) for s in run.streams}
        else:
            _draw(run, plan, products, seed, order)
        following = scenario.runs[index + 1].start if index + 1 < len(scenario.runs) else None
        order.add(run, following)
        runs.append(run)
    for run in runs:
        run.fill_end = _fill_end(run.fill, runs, scenario)
    return runs


def _fill_end(number: int, runs: list[SimRun], scenario: Scenario) -> datetime | None:
    """What the scenario says; else with the last run of the fill."""
    told = next((fill for fill in scenario.fills if fill.number == number), None)
    ends = [run.end for run in runs if run.fill == number]
    if told is not None or None in ends:
        return told.end if told else None
    return max(end for end in ends if end is not None)


def _run(plan: RunPlan, era: Era) -> SimRun:
    return SimRun(
        number=plan.number,
        run_class=plan.run_class,
        start=plan.start,
        end=plan.end,
        lumis=plan.lumis,
        streams=list(plan.streams),
        datasets=list(plan.datasets),
        era=era.name,
        express_global_tag=era.express_global_tag,
        prompt_global_tag=era.prompt_global_tag,
        cmssw=era.cmssw,
        products=[],
        stream_done=dict.fromkeys(plan.streams),
        alca_skim={s: None if s in plan.empty_alca_skim else era.alca_skim(s) for s in plan.streams},
        stable_beams=plan.stable_beams,
        transferred=plan.transferred,
        tracker_in=plan.tracker_in,
        fill=plan.fill,
        express_jobs=plan.express_jobs,
        express_jobs_failed=plan.express_jobs_failed,
        told=plan.told,
    )


def _stream_of(run: SimRun, product: Product) -> str:
    """The stream that declares the producer; else one that could, since the scenario lists the product all the same."""
    declaring = [s for s in run.streams if product.producer in producers(run.alca_skim[s])]
    return next(iter(declaring + [s for s in product.streams if s in run.streams]), product.streams[0])


def _listed(plan: ProductPlan, product: Product, run: SimRun, seed: int) -> SimProduct:
    stream = _stream_of(run, product)
    return SimProduct(
        name=product.name,
        producer=product.producer,
        stream=stream,
        harvested=plan.harvested,
        outcome=plan.outcome,
        upload=plan.upload,
        uploaded=plan.uploaded,
        vanishes=plan.vanishes,
        numbers=numbers_of(seed, run.number, product, plan.outcome, plan.numbers),
        repeats=plan.repeats,
        size_bytes=payload_bytes(seed, run.number, product, plan.payload_bytes),
        lumis=plan.lumis,
        again=plan.again,
        skips=plan.skips,
    )


def _wait_their_turn(run: SimRun, order: Order) -> None:
    for product in run.products:
        product.uploaded = order.wait(product.uploaded) if product.uploaded else None


def _last_upload(run: SimRun, stream: str) -> datetime | None:
    return max((p.uploaded for p in run.products if p.stream == stream and p.uploaded), default=None)


def _later(done: datetime | None, upload: datetime | None) -> datetime | None:
    return max(done, upload) if done and upload else done


def _draw(run: SimRun, plan: RunPlan, products: Mapping[str, Product], seed: int, order: Order) -> None:
    if run.end is None:
        return
    for product in products.values():
        if any(product.producer in producers(skim) for skim in run.alca_skim.values()):
            run.products.append(_drawn(run, run.end, product, seed, order))
    for stream in run.streams:
        ends = [p.uploaded or p.harvested for p in run.products if p.stream == stream]
        last = max((moment for moment in ends if moment), default=run.end)
        # A drawn run says nothing about its express processing, or when it is done at the earliest.
        run.stream_done[stream] = max(plan.express_done or last + CLEAN_UP, last)


def _drawn(run: SimRun, end: datetime, product: Product, seed: int, order: Order) -> SimProduct:
    fate = draw(seed, run.number, product)
    harvested = end + fate.latency - HARVEST_TO_UPLOAD
    has_payload = fate.outcome == "payload"
    return SimProduct(
        name=product.name,
        producer=product.producer,
        stream=_stream_of(run, product),
        harvested=None if fate.outcome == "aborted" else harvested,
        outcome=fate.outcome,
        upload=fate.upload if has_payload else "ok",
        uploaded=order.wait(harvested + HARVEST_TO_UPLOAD) if has_payload else None,
        numbers=numbers_of(seed, run.number, product, fate.outcome, {}),
        size_bytes=payload_bytes(seed, run.number, product, None),
    )


HISTORY_GAP = timedelta(hours=60)
"""Between the end of the newest closed run and the start of the scenario: longer than Tier0's delay."""
HISTORY_LENGTH = timedelta(hours=2)
HISTORY_LUMIS = int(HISTORY_LENGTH.total_seconds() / LUMI_S)


def build_history(scenario: Scenario, first_number: int, begin: datetime) -> list[SimRun]:
    """Closed runs right below the first one, back to back, all locked and started before everything begins."""
    first = scenario.runs[0] if scenario.runs else None
    run_class = first.run_class if first else "collisions"
    era = scenario.eras[first.era if first else "Run2026D"]
    streams = list(first.streams) if first else ["Express"]
    count = min(scenario.history_runs, first_number - 1)

    def end(number: int) -> datetime:
        return begin - HISTORY_GAP - HISTORY_LENGTH * (first_number - 1 - number)

    return [
        replace(_closed(number, run_class, era, streams, end(number)), told=scenario.unsaid)
        for number in range(first_number - count, first_number)
    ]


def _closed(number: int, run_class: str, era: Era, streams: list[str], end: datetime) -> SimRun:
    return SimRun(
        number=number,
        run_class=run_class,
        start=end - HISTORY_LENGTH,
        end=end,
        lumis=HISTORY_LUMIS,
        streams=streams,
        datasets=["Muon0"],
        era=era.name,
        express_global_tag=era.express_global_tag,
        prompt_global_tag=era.prompt_global_tag,
        cmssw=era.cmssw,
        products=[],
        stream_done=dict.fromkeys(streams, end + timedelta(hours=12)),
        alca_skim={stream: era.alca_skim(stream) for stream in streams},
        stable_beams=run_class in ("collisions", "heavy-ions"),
        locked_at=end + timedelta(hours=47, minutes=30, seconds=30),
        started_at=end + timedelta(hours=48, seconds=30),
    )
