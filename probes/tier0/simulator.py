"""T0WmaDataSvc 2.1.1 of the simulated world, byte for byte as recorded: bodies, headers, ETags, error pages.

Tier0 knows a run from its start if the run is transferred. Not published, as in the real service: the list of
datasets before release, the lock of a run, delays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Protocol

from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response
from probes.tier0.frame import CACHED, JSON, NEVER_CACHED, Fault, accepted, framed, page

SCRAM_ARCH = "el8_amd64_gcc13"

# Of the production configuration of June 2026: scenario, write_tiers, dqm_seq.
STREAMS: Mapping[str, tuple[str, str | None, str | None]] = {
    "ALCALumiPixelsCountsExpress": ("AlCaLumiPixels_Run3", None, None),
    "ALCAPPSExpress": ("AlCaPPS_Run3", None, "@none"),
    "Calibration": ("AlCaTestEnable", "RAW", None),
    "CosmicHLTMonitor": ("cosmicsEra_Run3", "FEVTHLTALL", "@HLTMon"),
    "Express": ("ppEra_Run3_2026", "FEVT", "@standardDQMExpress"),
    "ExpressAlignment": ("trackingOnlyEra_Run3", None, "@trackingOnlyDQM"),
    "ExpressCosmics": ("cosmicsEra_Run3", "FEVT", None),
    "HIExpress": ("ppEra_Run3_pp_on_PbPb_2023", "FEVT", None),
    "HIExpressAlignment": ("ppEra_Run3_pp_on_PbPb_2023", "RAW", "@trackingOnlyDQM"),
    "HLTMonitor": ("ppEra_Run3_2026", "FEVTHLTALL", "@HLTMon"),
}
APIS = [
    "hello",
    "express_config",
    "reco_config",
    "run_config",
    "firstconditionsaferun",
    "run_stream_done",
    "run_dataset_done",
    "promptreco_status",
]
_RUN = re.compile(r"^[1-9][0-9]{1,6}$")
_NAME = re.compile(r"[0-9_a-zA-Z]+")  # at the start only, as in the service
_PATH = re.compile(r"^/t0wmadatasvc/(?P<instance>[^/]*)(/(?P<api>[^/]*))?$")


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def now(self) -> datetime: ...
    @property
    def instance(self) -> str: ...
    @property
    def prompt_enabled(self) -> bool: ...

    def visible_runs(self) -> list[SimRun]: ...
    def first_safe_run(self) -> int | None: ...


class Simulator:
    path = "/t0wmadatasvc/prod/"

    def __init__(self, world: World) -> None:
        self._world = world
        self._apis: dict[str, tuple[Callable[[Request], list[Any]], tuple[str, ...], tuple[str, ...]]] = {
            # name: (rows, required parameters, optional parameters)
            "hello": (lambda request: ["world"], (), ()),
            "firstconditionsaferun": (lambda request: [world.first_safe_run()], (), ()),
            "promptreco_status": (lambda request: [world.prompt_enabled], (), ()),
            "run_config": (self._run_config, (), ("run",)),
            "express_config": (self._express_config, (), ("run", "stream")),
            "reco_config": (self._reco_config, (), ("run", "primary_dataset")),
            "run_stream_done": (self._run_stream_done, ("run", "stream"), ()),
            "run_dataset_done": (self._run_dataset_done, ("run",), ("primary_dataset",)),
        }

    def answer(self, request: Request) -> Response:
        try:
            kind = accepted(request.headers.get("accept", ""))
            result = self._result(request)
        except Fault as fault:
            return page(fault, request, self._date())
        is_hello = request.path.endswith("/hello")
        return framed(result, kind, request, {"Date": self._date(), **(NEVER_CACHED if is_hello else CACHED)})

    def empty(self, request: Request) -> Response:
        """The answer of the same form that lists nothing."""
        return framed([], JSON, request, {"Date": self._date(), **CACHED})

    def _date(self) -> str:
        return format_datetime(self._world.now, usegmt=True)

    def _result(self, request: Request) -> list[Any]:
        found = _PATH.match(request.path)
        if not found or found["instance"] != self._world.instance:
            raise Fault(404, 206, "No such instance")
        if request.method not in ("GET", "HEAD"):
            raise Fault(405, 202, "Request method not supported", allow="GET HEAD")
        name = found["api"] or ""
        if not name:
            raise Fault(400, 205, "API not specified")
        if name not in self._apis:
            info = f'Api "{name}" not found. This method supports these Apis: {APIS}'
            raise Fault(404, 207, "API not supported", info, allow="")
        rows, required, optional = self._apis[name]
        _check(request, required, optional)
        return rows(request)

    def _known(self, request: Request) -> list[SimRun]:
        """The run asked for, or without one the newest that Tier0 knows."""
        runs = [run for run in self._world.visible_runs() if run.transferred]
        asked = request.first("run")
        return [run for run in runs if run.number == int(asked)] if asked else runs[-1:]

    def _run_config(self, request: Request) -> list[Any]:
        return [{"run": run.number, "acq_era": run.era} for run in self._known(request)]

    def _express_config(self, request: Request) -> list[Any]:
        stream = request.first("stream") if request.first("run") else None  # ignored without a run
        return [
            _express_row(run, name)
            for run in self._known(request)
            for name in sorted(run.streams)
            if stream in (None, name)
        ]

    def _reco_config(self, request: Request) -> list[Any]:
        asked, dataset = request.first("run"), request.first("primary_dataset")
        runs = [run for run in self._world.visible_runs() if self._started(run)]
        runs = [run for run in runs if run.number == int(asked)] if asked else runs[-1:]
        wanted = dataset if asked else None
        return [_reco_row(run, name) for run in runs for name in self._started(run) if wanted in (None, name)]

    def _run_stream_done(self, request: Request) -> list[Any]:
        stream = request.first("stream") or ""
        done = [run.stream_done.get(stream) for run in self._known(request)]
        return [any(at is not None and at <= self._world.now for at in done)]

    def _run_dataset_done(self, request: Request) -> list[Any]:
        """A convention: the world follows no prompt reconstruction, so none is ever finished."""
        return [False]

    def _started(self, run: SimRun) -> list[str]:
        """The datasets of which prompt reconstruction was released, sorted."""
        if run.started_at is None or run.started_at > self._world.now:
            return []
        return sorted(run.dataset_started or run.datasets)


def _express_row(run: SimRun, stream: str) -> dict[str, Any]:
    scenario, tiers, dqm = STREAMS.get(stream, ("ppEra_Run3_2026", None, None))
    return {
        "run": run.number,
        "stream": stream,
        "cmssw": run.cmssw,
        "scram_arch": SCRAM_ARCH,
        "reco_cmssw": run.cmssw,
        "reco_scram_arch": SCRAM_ARCH,
        "alca_skim": run.alca_skim.get(stream),
        "dqm_seq": dqm,
        "global_tag": run.express_global_tag[:50],
        "scenario": scenario,
        "proc_version": 1,
        "multicore": 8,
        "write_tiers": tiers,
        "write_dqm": True,
    }


def _reco_row(run: SimRun, dataset: str) -> dict[str, Any]:
    started = run.dataset_started.get(dataset)
    return {
        "run": run.number,
        "primary_dataset": dataset,
        "cmssw": started.cmssw if started else run.cmssw,
        "scram_arch": SCRAM_ARCH,
        "alca_skim": None,
        "physics_skim": "LogError,LogErrorMonitor",
        "dqm_seq": "@common",
        "nano_flavour": "@PHYS,@L1",
        "global_tag": (started.global_tag if started else run.prompt_global_tag)[:50],
        "scenario": "cosmicsEra_Run3" if run.run_class == "cosmics" else "ppEra_Run3_2026",
        "proc_version": 1,
        "multicore": 8,
        "write_reco": False,
        "write_dqm": True,
        "write_aod": True,
        "write_miniaod": True,
        "write_nanoaod": True,
    }


def _check(request: Request, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    """The service's own check of parameters."""
    left = {name: values[0] for name, values in request.query.items() if name not in (*required, *optional)}
    if left:
        raise _invalid(f"Excess keyword arguments, not validated kwargs='{left}'")
    for name in (*required, *optional):
        values = request.query.get(name)
        if values is None and name in optional:
            continue
        value: Any = values[0] if values and len(values) == 1 else values
        pattern = _RUN if name == "run" else _NAME
        if not isinstance(value, str) or not pattern.match(value):
            raise _invalid(f"Incorrect '{name}' parameter {type(value)} {value}")


def _invalid(info: str) -> Fault:
    return Fault(400, 302, "Invalid input parameter", info)
