"""The luminosity board over the runs of the simulated world.

Conventions, since the board is invented: a run is pending until it is calibrated, an hour after its end unless the
scenario says otherwise in `[run.lumiboard]`: `calibrated` (a time), `failed`, `detectors`.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from probes.simulation.reading import Table
from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response
from probes.simulation.world import World

CALIBRATION = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What the scenario says about one run."""

    calibrated: datetime | None
    """None: an hour after the run's end."""
    failed: bool
    detectors: list[str]


class Simulator:
    path = "/api/"

    def __init__(self, world: World) -> None:
        self._world = world

    @classmethod
    def read_run(cls, table: Table) -> Told:
        return Told(
            calibrated=table.time("calibrated", None),
            failed=table.flag("failed", False),
            detectors=table.names("detectors", ["HFET", "PLT"], allowed=["BCM1F", "HFET", "HFOC", "PLT"]),
        )

    def answer(self, request: Request) -> Response:
        if (request.method, request.path) != ("GET", "/api/runs"):
            return self._json(404, {"error": f"no {request.method} {request.path}"})
        try:
            first, last = int(request.first("from") or ""), int(request.first("to") or "")
        except ValueError:
            return self._json(400, {"error": "from and to are run numbers"})
        runs = [run for run in self._world.visible_runs() if first <= run.number <= last]
        return self._json(200, {"runs": [row(run, run.told["lumiboard"], self._world.now) for run in runs]})

    def empty(self, request: Request) -> Response:
        return self._json(200, {"runs": []})

    def _json(self, status: int, body: Any) -> Response:
        headers = {"Content-Type": "application/json", "Date": format_datetime(self._world.now, usegmt=True)}
        return Response(status, json.dumps(body).encode(), headers)


def row(run: SimRun, told: Told, now: datetime) -> dict[str, Any]:
    ready_at = told.calibrated or (run.end and run.end + CALIBRATION)
    if ready_at is None or now < ready_at:
        return {"run": run.number, "state": "pending", "detectors": []}
    return {"run": run.number, "state": "failed" if told.failed else "calibrated", "detectors": told.detectors}
