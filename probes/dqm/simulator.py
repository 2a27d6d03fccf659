"""The classic DQM GUI over the simulated world: harvest samples and what the harvests wrote into them.

As the real one it answers 200 to everything and writes bare `nan`. What is simulated beyond the real objects is a
convention: `Entries` in every folder, and for the high-granularity alignment the histogram `updateFlags`, shaped as
`statusResults` of the ordinary alignment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Protocol

from probes.dqm.simulated import MAP, Drawn, drawn, fairy
from probes.simulation.truth import SimProduct, SimRun
from probes.simulation.wire import Request, Response
from spy.domain.product import Product

ENOUGH, TOO_FEW = 100_000, 10
LABELS = (
    "DB updated",
    "significant movement",
    "DB update vetoed",
    "within max movement",
    "within max error",
    "above significance",
)
"""Of the bins of `statusResults`."""
FLAGS: Mapping[str, tuple[int, ...]] = {
    "payload": (1, 1, 0, 1, 1, 1),
    "no_update": (0, 0, 0, 1, 1, 0),
    "low_statistics": (0, 0, 0, 1, 1, 0),
    "vetoed": (1, 1, 1, 0, 1, 1),
    "aborted": (0, 0, 0, 0, 0, 0),
}
EXIT_CODES: Mapping[str, str] = {"aborted": "    10   Aborted, no convergence"}
ENDED_WELL = "     0   Ended normally"
SCREEN_X = ("dX", "dThetaX", "dY", "dThetaY", "dZ", "dThetaZ")
SCREEN_Y = ("Layer1", "Layer2", "Layer3", "Layer4", "Disk-3", "Disk-2", "Disk-1", "Disk1", "Disk2", "Disk3")
"""Of the 6 x 10 bins that the high-granularity alignment calls `statusResults`."""

_ARCHIVE = re.compile(r".*/archive/(?P<run>[^/]+)(?P<dataset>/[^/]+/[^/]+/[^/]+)/?(?P<path>.*)")


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def now(self) -> datetime: ...
    @property
    def products(self) -> Mapping[str, Product]: ...

    def visible_runs(self) -> list[SimRun]: ...


class Simulator:
    """`data/json/samples`, `data/json/archive` and `jsonfairy` of the offline instance."""

    path = "/dqm/offline/"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, request: Request) -> Response:
        if request.path.endswith("/data/json/samples"):
            return self._samples(request)
        if "/data/json/archive/" in request.path:
            return self._archive(request)
        if "/jsonfairy/archive/" in request.path:
            return self._fairy(request)
        return Response(404, b"<html><title>404 Not Found</title></html>", {"Content-Type": "text/html"})

    def empty(self, request: Request) -> Response:
        """Nothing was ever imported."""
        if request.path.endswith("/data/json/samples"):
            return _text('{"samples": []}')
        return _text('{"hist": "unsupported type"}' if "/jsonfairy/" in request.path else '{"contents": []}')

    def _samples(self, request: Request) -> Response:
        run = re.compile(request.first("run") or "")
        name = re.compile(request.first("match") or "", re.IGNORECASE)
        items = [
            {"type": "offline_data", "run": str(r.number), "dataset": d, "version": "", "importversion": 1}
            for r in self.world.visible_runs()
            for d in sorted({_dataset(r, p) for p in self._harvested(r)})
            if run.search(str(r.number)) and name.search(d)
        ]
        return _text(json.dumps({"samples": [{"type": "offline_data", "items": items}] if items else []}))

    def _harvested(self, run: SimRun) -> list[SimProduct]:
        return [p for p in run.products if p.harvested and p.harvested <= self.world.now]

    def _found(self, request: Request) -> tuple[list[SimProduct], str]:
        """The harvested products behind a dataset of a run, and the path inside it."""
        asked = _ARCHIVE.fullmatch(request.path)
        if not asked:
            return [], ""
        runs = [r for r in self.world.visible_runs() if str(r.number) == asked["run"]]
        return [p for r in runs for p in self._harvested(r) if _dataset(r, p) == asked["dataset"]], asked["path"]

    def _archive(self, request: Request) -> Response:
        found, folder = self._found(request)
        if not found:
            return _text('{"contents": []}')
        inside = [p for p in found if self.world.products[p.name].dqm_folder == folder]
        entries: list[Any] = [{"streamerinfo": ""}]
        for product in inside[:1]:
            entries += _contents(self.world.products[product.name], product)
        # The real one writes NaN as C does; json.dumps writes it as JavaScript does.
        text = json.dumps({"contents": entries}).replace("NaN", "nan")
        imported = max(p.harvested for p in found if p.harvested)
        return _text(text, {"Last-Modified": format_datetime(imported, usegmt=True)})

    def _fairy(self, request: Request) -> Response:
        found, path = self._found(request)
        folder, _, name = path.rpartition("/")
        for product in found:
            plan = self.world.products[product.name]
            if (made := drawn(path, plan, product.numbers, _shape(name))) is not None:
                return _text(json.dumps({"hist": _drawn(name, made)}))
            if plan.dqm_folder == folder and plan.result_flags:
                if name == flags_object(plan):
                    return _text(json.dumps({"hist": _histogram(name, LABELS, [list(FLAGS[product.outcome])])}))
                if name == "statusResults":
                    screen = [[0] * len(SCREEN_X) for _ in SCREEN_Y]
                    return _text(json.dumps({"hist": _histogram(name, SCREEN_X, screen)}))
        return _text('{"hist": "unsupported type"}')


def _shape(name: str) -> tuple[int, int]:
    return (len(SCREEN_X), len(SCREEN_Y)) if name == "statusResults" else MAP


def _drawn(name: str, made: Drawn) -> dict[str, Any]:
    if len(made.rows) == 1:
        return fairy(name, made)
    return _histogram(name, SCREEN_X if name == "statusResults" else ("",) * len(made.rows[0]), made.rows)


def flags_object(product: Product) -> str:
    return "statusResults" if product.dqm_folder.endswith("/SiPixelAli") else "updateFlags"


def _dataset(run: SimRun, product: SimProduct) -> str:
    return f"/Stream{product.stream}/{run.era}-{product.producer}-Express-v1/ALCAPROMPT"


def _contents(plan: Product, product: SimProduct) -> Iterator[dict[str, Any]]:
    folder = plan.dqm_folder
    entries = TOO_FEW if product.outcome == "low_statistics" else ENOUGH
    yield _object(folder, "Entries", "INT", value=str(entries))
    if not plan.result_flags:
        return
    yield _object(folder, "PedeExitCode", "STRING", value=EXIT_CODES.get(product.outcome, ENDED_WELL))
    yield _object(folder, "BinariesFound", "INT", value="100")
    for name in sorted({"statusResults", flags_object(plan)}):
        yield _object(folder, name, "TH2F")


def _object(folder: str, name: str, kind: str, value: str | None = None) -> dict[str, Any]:
    """Fields and their order as in the real listing; a scalar has `value`, always text, a histogram `rootobj`."""
    axis: dict[str, Any] = {"nbins": 0, "mean": 0, "rms": 0 if value is not None else float("nan"), "min": 0, "max": 0}
    properties = {
        "kind": "SCALAR" if value is not None else "ROOT",
        "type": kind,
        "lumisect": "0",
        "report": {"alarm": 0, "error": 0, "warn": 0, "other": 0},
        "hasref": 0,
        "isEff": 0,
        "tagged": 0,
    }
    return {
        "obj": name,
        "path": f"{folder}/{name}",
        "properties": properties,
        "tag": 0,
        "qresults": [],
        "nentries": 0,
        "stats": {"x": axis, "y": axis, "z": axis},
        **({"value": value} if value is not None else {"rootobj": ""}),
    }


def _histogram(name: str, labels: tuple[str, ...], content: Sequence[Sequence[float]]) -> dict[str, Any]:
    """A TH2 as `jsonfairy` writes it: no `first` and `last` on an axis of one bin."""
    nx, ny = len(labels), len(content)
    total = sum(map(sum, content))
    y_axis: dict[str, Any] = {"title": ""}
    if ny > 1:
        y_axis |= {"first": {"id": 1, "value": 0}, "last": {"id": ny, "value": ny}}
        y_axis["labels"] = [{"center": at + 0.5, "value": label} for at, label in enumerate(SCREEN_Y) if any(labels)]
    return {
        "type": "TH2",
        "title": name,
        "stats": {"name": name, "entries": total, "mean": {}, "rms": {}, "underflow": 0, "overflow": 0},
        "xaxis": {
            "title": "",
            "first": {"id": 1, "value": 0},
            "last": {"id": nx, "value": nx},
            "labels": [{"center": at + 0.5, "value": label} for at, label in enumerate(labels) if label],
        },
        "yaxis": y_axis,
        "values": {"min": 0, "max": max(map(max, content))},
        "bins": {"integral": [[0, 0, 0], [0, total, 0], [0, 0, 0]], "content": content},
    }


def _text(body: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(200, body.encode(), {"Content-Type": "text/plain;charset=UTF-8", **(headers or {})})
