"""A random table of facts about one run, as the watched services would tell it; None is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

RUN = 398600
LAST_LUMI = 462

TAGS = {
    "BeamSpotObjectHP_ByLumi": ("BeamSpotObjects_PCL_byLumi_v0_prompt",),
    "SiPixelQualityFromDbRcd_prompt": ("SiPixelQuality_byPCL_prompt_v2",),
    "SiStripBadStrip_pcl": ("SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt",),
    "SiPixelAliHG_pcl": ("TrackerAlignment_PCL_byRun_v2_express", "SiPixelAli_PCL_v0_hlt"),
    "EcalPedestals_pcl": ("EcalPedestals_prompt", "EcalPedestals_express"),
}
"""Destination tags; the first is the one that the prompt global tag maps."""
TAIL_LUMIS = {"BeamSpotObjectHP_ByLumi": 20, "SiPixelQualityFromDbRcd_prompt": 100}
"""Products with an interval for each lumi section, and how close to the run's end the last one must begin."""
HAS_FLAGS = {"SiPixelAliHG_pcl"}
COUNTS_ENTRIES = {"SiPixelAliHG_pcl", "SiPixelQualityFromDbRcd_prompt", "SiStripBadStrip_pcl"}

PRODUCERS = {
    "BeamSpotObjectHP_ByLumi": "PromptCalibProdBeamSpotHP",
    "SiPixelQualityFromDbRcd_prompt": "PromptCalibProdSiPixel",
    "SiStripBadStrip_pcl": "PromptCalibProdSiStrip",
    "SiPixelAliHG_pcl": "PromptCalibProdSiPixelAliHG",
    "EcalPedestals_pcl": "PromptCalibProdEcalPedestals",
}
_EXPRESS = ("PromptCalibProdSiPixel", "PromptCalibProdSiPixelAliHG", "PromptCalibProdSiStrip")
_STREAMS = {
    "collisions": {"Calibration": "EcalPedestals", "Express": "", "ExpressAlignment": "BeamSpotHP"},
    "heavy-ions": {"Calibration": "EcalPedestals", "HIExpress": "", "HIExpressAlignment": "BeamSpotHP"},
    "cosmics": {"ExpressCosmics": "SiStrip"},
    "commissioning": {"Express": ""},
}


@dataclass(frozen=True, slots=True)
class StreamFacts:
    producers: tuple[str, ...] | None
    done: bool | None = True


@dataclass(frozen=True, slots=True)
class TagFacts:
    mapped: bool | None
    since_run: int | None = RUN
    since_lumi: int | None = LAST_LUMI - 5
    payload_hash: str | None = "4a5b6c"
    inserted_after_start: bool | None = True
    upload_result: str | None = "ok"


@dataclass(frozen=True, slots=True)
class ProductFacts:
    tags: tuple[TagFacts, ...]
    """In the order of `TAGS`."""
    upload_status: str | None = "done"
    harvest_sample: bool | None = True
    exit_code: int | None = 0
    db_updated: bool | None = True
    vetoed: bool | None = False
    entries: int | None = 100_000


@dataclass(frozen=True, slots=True)
class Facts:
    ended: bool | None = True
    first_safe_run: int | None = RUN
    known_to_tier0: bool | None = True
    run_class: str | None = "collisions"
    last_lumi: int | None = LAST_LUMI
    stable_beams: bool | None = True
    tracker_in: bool | None = True
    has_bulk: bool | None = True
    transferred: bool | None = True
    express_jobs: int | None = 200
    express_jobs_failed: int | None = 2
    express_jobs_complete: bool | None = True
    streams: dict[str, StreamFacts] | None = field(default_factory=dict)
    producers_known: bool = True
    """Whether the declared producers of all streams together are known."""
    products: dict[str, ProductFacts] = field(default_factory=dict)


def all_good(run_class: str) -> Facts:
    """Everything in place and settled."""
    streams = {
        stream: StreamFacts((f"PromptCalibProd{only}",) if only else _EXPRESS)
        for stream, only in _STREAMS[run_class].items()
    }
    return Facts(
        run_class=run_class,
        stable_beams=run_class != "cosmics",
        streams=streams,
        products={name: _in_place(name) for name in TAGS},
    )


def _in_place(name: str) -> ProductFacts:
    return ProductFacts(tuple(TagFacts(mapped=index == 0) for index, _ in enumerate(TAGS[name])))


def drawn(dice: Random) -> Facts:
    """All good, then none to eight facts changed, half of the time all about one product."""
    facts = all_good(dice.choice(["collisions"] * 6 + ["heavy-ions", "cosmics", "commissioning"]))
    one = dice.choice(list(TAGS)) if dice.random() < 0.5 else ""
    for _ in range(dice.choice([0, 1, 1, 2, 2, 3, 5, 8])):
        facts = (
            _change_product(facts, dice, one or dice.choice(list(TAGS)))
            if one or dice.random() < 0.5
            else (_change_run(facts, dice))
        )
    return facts


_RUN_CHANGES: list[tuple[str, list[Any]]] = [
    ("ended", [False, None]),
    ("first_safe_run", [RUN - 7, None]),
    ("known_to_tier0", [False, None]),
    ("run_class", ["commissioning", "cosmics", None]),
    ("last_lumi", [3, 9, 11, None]),
    ("stable_beams", [False, None]),
    ("tracker_in", [False, None]),
    ("has_bulk", [False, None]),
    ("transferred", [False, None]),
    ("producers_known", [False]),
    ("express_jobs", [0, 1, 19, 20, 21, None]),
    ("express_jobs_failed", [0, 20, 21, 200, None]),
    ("express_jobs_complete", [False, None]),
]


def _change_run(facts: Facts, dice: Random) -> Facts:
    if dice.random() < 0.4:
        return _change_streams(facts, dice)
    name, values = dice.choice(_RUN_CHANGES)
    changes: dict[str, Any] = {name: dice.choice(values)}
    if changes.get("ended", True) is not True:
        changes |= {"last_lumi": None, "run_class": None}  # known only of a run that has ended
    if facts.ended is not True and name in ("last_lumi", "run_class"):
        return facts
    return replace(facts, **changes)


def _change_streams(facts: Facts, dice: Random) -> Facts:
    if not facts.streams:
        return facts
    stream = dice.choice(sorted(facts.streams))
    old = facts.streams[stream]
    new = dice.choice([replace(old, done=False), replace(old, done=None), replace(old, producers=None, done=None)])
    fate = dice.random()
    if fate < 0.1:
        return replace(facts, streams=None)
    if fate < 0.25:
        return replace(facts, streams={name: s for name, s in facts.streams.items() if name != stream} or None)
    if fate < 0.35:
        new = StreamFacts((), False)
    return replace(facts, streams={**facts.streams, stream: new})


def _inherited(product: ProductFacts, dice: Random) -> ProductFacts:
    old = TagFacts(product.tags[0].mapped, RUN - dice.randint(1, 40), 0, "0ld", dice.choice([True, False]), "none")
    return replace(product, tags=(old, *product.tags[1:]), upload_status="none", db_updated=False)


def _absent(product: ProductFacts, dice: Random) -> ProductFacts:
    nothing = TagFacts(product.tags[0].mapped, 0, 0, "", None, "none")
    return replace(product, tags=(nothing, *product.tags[1:]), upload_status="none", db_updated=False)


def _low_entries(product: ProductFacts, dice: Random) -> ProductFacts:
    return replace(_inherited(product, dice), entries=dice.choice([0, 10, 900]), exit_code=0)


def _log_only(product: ProductFacts, dice: Random) -> ProductFacts:
    result = dice.choice(["ok", "shifted", "in_progress", "failed", "skipped", "elsewhere", None])
    tag = replace(_inherited(product, dice).tags[0], upload_result=result)
    return replace(product, tags=(tag, *product.tags[1:]), upload_status=dice.choice(["done", "in_progress", "failed"]))


def _odd_interval(product: ProductFacts, dice: Random) -> ProductFacts:
    changes: list[dict[str, Any]] = [
        {"since_lumi": 5},
        {"payload_hash": ""},
        {"inserted_after_start": False},
        {"upload_result": dice.choice(["failed", "skipped", "elsewhere"])},
    ]
    tag = replace(product.tags[0], **dice.choice(changes))
    return replace(product, tags=(tag, *product.tags[1:]))


def _unknown_somewhere(product: ProductFacts, dice: Random) -> ProductFacts:
    if dice.random() < 0.5:
        of_tag = ["mapped", "since_run", "since_lumi", "payload_hash", "inserted_after_start", "upload_result"]
        return replace(product, tags=(_lost(product.tags[0], dice.choice(of_tag)), *product.tags[1:]))
    return _lost(
        product, dice.choice(["upload_status", "harvest_sample", "exit_code", "db_updated", "vetoed", "entries"])
    )


Told = TypeVar("Told", TagFacts, ProductFacts)


def _lost(told: Told, name: str) -> Told:
    changes: dict[str, Any] = {name: None}
    return replace(told, **changes)


def _no_sample(product: ProductFacts, dice: Random) -> ProductFacts:
    return replace(product, harvest_sample=False, exit_code=None, db_updated=None, vetoed=None, entries=None)


def _flags(product: ProductFacts, dice: Random) -> ProductFacts:
    bad: list[dict[str, Any]] = [
        {"exit_code": 10},
        {"exit_code": -1},
        {"exit_code": 2},
        {"vetoed": True},
        {"exit_code": 1},
        {"db_updated": True},
    ]
    return replace(product, **dice.choice(bad))


def _noise(product: ProductFacts, dice: Random) -> ProductFacts:
    """Another tag than the mapped one tells anything: it gates nothing."""
    others = [
        replace(
            tag, since_run=dice.choice([0, RUN - 1, RUN]), upload_result=dice.choice(["failed", "shifted", "skipped"])
        )
        for tag in product.tags[1:]
    ]
    return replace(product, tags=(product.tags[0], *others))


_PRODUCT_CHANGES: list[Callable[[ProductFacts, Random], ProductFacts]] = [
    *(_inherited, _inherited, _inherited, _absent, _low_entries, _low_entries, _log_only, _odd_interval),
    *(_unknown_somewhere, _unknown_somewhere, _no_sample, _flags, _noise),
]


def _change_product(facts: Facts, dice: Random, name: str) -> Facts:
    changed = dice.choice(_PRODUCT_CHANGES)(facts.products[name], dice)
    return replace(facts, products={**facts.products, name: changed})
