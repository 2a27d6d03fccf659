"""Attributes of simulated runs, lumi sections and datasets, as OMS names them.

What makes the class of a run: collisions and heavy ions have beams declared stable and recorded luminosity after the
first lumi sections; commissioning has beams (stable or not) and no luminosity; cosmics have no beam at all. Cosmics
inside a fill carry the fill type and the trigger key of collisions, as between two fills in the real world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from probes.simulation.truth import SimRun
from spy.clock import iso

LUMI = timedelta(seconds=23.31)
UNSTABLE_LUMIS = 3
"""So many lumi sections pass before the beams are declared stable."""
_FILL_TYPES = {"collisions": "PROTONS", "heavy-ions": "PB", "cosmics": "COSMICS", "commissioning": "PROTONS"}
_KEYS = {
    "collisions": "collisions2026",
    "heavy-ions": "collisionshi2026",
    "cosmics": "cosmics2026",
    "commissioning": "circulating2026",
}
_COMPONENTS = ["CSC", "CTPPS", "CTPPS_TOT", "DAQ", "DCS", "DQM", "DT", "ECAL", "ES", "GEM", "HCAL", "L1SCOUT", "PIXEL"]
_READY = (
    *("bpix", "fpix", "tibtid", "tob", "tecm", "tecp", "ebm", "ebp", "eem", "eep", "esm", "esp"),
    *("hbhea", "hbheb", "hbhec", "hf", "ho", "dt0", "dtm", "dtp", "cscm", "cscp", "rpc", "gemm", "gemp"),
)
_TRACKER = frozenset({"tibtid", "tob", "tecm", "tecp"})
_ABSENT = ("castor_ready", "zdc_ready", "rp_time_ready", "rp_sect_45_ready", "rp_sect_56_ready")
_EXPRESS_DATASETS = {
    "Express": "ExpressPhysics",
    "ExpressCosmics": "ExpressCosmics",
    "HIExpress": "HIExpressPhysics",
    "Calibration": "TestEnablesEcalHcal",
    "HLTMonitor": "OnlineMonitor",
    "CosmicHLTMonitor": "OnlineMonitor",
}


def run_row(run: SimRun, now: datetime) -> dict[str, Any]:
    """One row of `runs`; what only an ended run has is null before."""
    end = run.end if run.end is not None and run.end <= now else None
    has_beam = run.run_class != "cosmics"
    looks_like = "collisions" if run.run_class == "cosmics" and run.fill else run.run_class
    key, fill_type = _KEYS[looks_like], _FILL_TYPES[looks_like]
    duration = (end - run.start).total_seconds() if end else None
    recorded = _total(run, run.lumis) if end else None
    out = [] if run.tracker_in else ["TRACKER"]
    return {
        "run_number": run.number,
        "fill_number": run.fill or None,
        "start_time": iso(run.start),
        "end_time": iso(end) if end else None,
        "duration": int(duration) if duration is not None else None,
        "last_update": iso(run.start + LUMI),  # it does not move when end_time appears
        "sequence": "GLOBAL-RUN",
        "components": sorted([*_COMPONENTS, "RPC", "TCDS", "TRG", *([] if out else ["TRACKER"])]),
        "components_out": out,
        "tier0_transfer": run.transferred,
        "stable_beam": _are_stable(run) if end else None,
        "fill_type_runtime": fill_type,
        "fill_type_party1": fill_type.removesuffix("S"),
        "fill_type_party2": fill_type.removesuffix("S"),
        "l1_hlt_mode": key,
        "l1_hlt_mode_stripped": f"{key}/v1",
        "hlt_key": f"/cdaq/{'physics' if has_beam else 'cosmic'}/Run2026/v1.0.0/HLT/V1",
        "l1_key": f"l1_trg_{key}/v1",
        "l1_key_stripped": f"{key}/v1",
        "l1_menu": "L1Menu_Collisions2026_v1_0_0",
        "trigger_mode": f"l1_hlt_{key}/v1",
        "b_field": 3.8,
        "energy": 6800 if has_beam else 0,
        "clock_type": "LHC" if has_beam else "LOCAL",
        "last_lumisection_number": run.lumis if end else None,
        "l1_rate": 98000.0 if end else None,
        "l1_triggers_counter": int(98000 * duration) if duration else None,
        "hlt_physics_rate": 1500.0 if end else None,
        "hlt_physics_size": 6000.0 if end else None,
        "hlt_physics_counter": int(1500 * duration) if duration else None,
        "hlt_physics_throughput": 1.2 if end else None,
        "init_lumi": _recorded(run) if end else None,
        "end_lumi": _recorded(run) if end else None,
        "delivered_lumi": recorded,
        "recorded_lumi": recorded,
        "cmssw_version": run.cmssw,
        "initial_prescale_index": 0,
    }


def fill_rows(runs: Iterable[SimRun], now: datetime) -> Iterator[dict[str, Any]]:
    """The fills of these runs; what only an ended fill has is null before."""
    fills: dict[int, list[SimRun]] = {}
    for run in runs:
        if run.fill:
            fills.setdefault(run.fill, []).append(run)
    for number, own in sorted(fills.items()):
        end = own[0].fill_end
        is_over = end is not None and end <= now
        yield {
            "fill_number": number,
            "start_time": iso(min(run.start for run in own)),
            "start_stable_beam": iso(min(run.start for run in own)) if any(map(_are_stable, own)) else None,
            "end_stable_beam": iso(end) if end and is_over and any(map(_are_stable, own)) else None,
            "end_time": iso(end) if end and is_over else None,
            "first_run_number": min(run.number for run in own),
            "last_run_number": max(run.number for run in own),
            "fill_type_runtime": _FILL_TYPES[own[0].run_class],
        }


def lumi_rows(run: SimRun, now: datetime) -> Iterator[dict[str, Any]]:
    """The lumi sections that are over, in order."""
    is_over = run.end is not None and run.end <= now
    count = run.lumis if is_over else max(int((now - run.start) / LUMI), 0)
    has_beam = run.run_class != "cosmics"
    first_stable = _first_stable(run)
    ready = {f"{name}_ready": run.tracker_in or name not in _TRACKER for name in _READY}
    for number in range(1, count + 1):
        is_stable = first_stable is not None and number >= first_stable
        recorded = (_recorded(run) if is_stable else 0.0) if has_beam else None
        start = run.start + (number - 1) * LUMI
        yield {
            "lumisection_number": number,
            "run_number": run.number,
            "fill_number": run.fill or None,
            "start_time": _seconds(start),
            "end_time": _seconds(start + LUMI),
            "init_lumi": recorded,
            "end_lumi": recorded,
            "delivered_lumi": _total(run, number) if has_beam else None,
            "recorded_lumi": _total(run, number) if has_beam else None,
            "delivered_lumi_per_lumisection": recorded,
            "recorded_lumi_per_lumisection": recorded,
            "prescale_index": 0,
            "prescale_name": "default",
            "pileup": None,
            "physics_flag": is_stable,
            "cms_active": True,
            "beams_stable": is_stable,
            "beam1_present": has_beam,
            "beam2_present": has_beam,
            "beam1_stable": is_stable,
            "beam2_stable": is_stable,
            **ready,
            **dict.fromkeys(_ABSENT),
        }


def dataset_rows(run: SimRun, now: datetime) -> Iterator[dict[str, Any]]:
    """Datasets of the bulk and of the express streams; a run without bulk still has the latter."""
    express = {_EXPRESS_DATASETS.get(stream, stream) for stream in run.streams}
    for name in sorted({*run.datasets, *express}):
        yield {"run_number": run.number, "dataset_name": name, "rate": 100.0, "events": 100 * run.lumis}


def units(row: dict[str, Any]) -> dict[str, str]:
    """Units stand per row: ion runs count in microbarn."""
    is_ions = row.get("fill_type_runtime") == "PB"
    area, rate = ("{\\mu}b^{-1}", "10^{27}cm^{-2}s^{-1}") if is_ions else ("pb^{-1}", "10^{34}cm^{-2}s^{-1}")
    lumi = dict.fromkeys(("delivered_lumi", "recorded_lumi"), area)
    return {"b_field": "T", "energy": "GeV", "init_lumi": rate, "end_lumi": rate, **lumi}


def _are_stable(run: SimRun) -> bool:
    return run.run_class != "cosmics" and run.stable_beams


def _first_stable(run: SimRun) -> int | None:
    """Its first lumi section with stable beams; None: it has none."""
    return min(UNSTABLE_LUMIS, run.lumis // 4) + 1 if _are_stable(run) else None


def _recorded(run: SimRun) -> float:
    """Luminosity of one lumi section with stable beams, in the row's unit."""
    return 0.4 if run.run_class in ("collisions", "heavy-ions") and run.stable_beams else 0.0


def _total(run: SimRun, until: int) -> float:
    """Up to this lumi section, inclusive; 0 without stable beams."""
    first = _first_stable(run)
    return 0.0 if first is None else round(_recorded(run) * max(until - first + 1, 0), 6)


def _seconds(moment: datetime) -> str:
    return iso(moment.replace(microsecond=0))
