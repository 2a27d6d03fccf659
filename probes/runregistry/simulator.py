"""RunRegistry's `POST runs_filtered_ordered` and its token service, over the runs of the simulated world.

Operators `=`, `>`, `<`, `>=`, `<=`, `<>`, `and`, `or` on `run_number`; newest run first. Conventions of ours: a run is
OPEN while it is taken, SIGNOFF for two days, then COMPLETED, and every column is GOOD but for the last tenth of the
lumi sections.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response

API = "/api/"
TOKEN = "/auth/realms/cern/api-access/token"
TOKEN_LIFE = timedelta(minutes=20)
COLUMNS = ("cms-cms", "ecal-ecal", "hcal-hcal", "tracker-pixel", "tracker-strip")
SIGNED_OFF_FOR = timedelta(days=2)
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
_CLASSES = {"collisions": "Collisions", "cosmics": "Cosmics", "heavy-ions": "CollisionsHI"}


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def now(self) -> datetime: ...

    def visible_runs(self) -> list[SimRun]: ...


class Simulator:
    path = API

    def __init__(self, world: World, *, needs_token: bool = False) -> None:
        self._world = world
        self._needs_token = needs_token

    def answer(self, request: Request) -> Response:
        if request.path == TOKEN:
            return self._token(request)
        if self._needs_token and not self._is_known(request):
            return self._json(401, {"err": "Unauthorized"})
        if request.path != API + "runs_filtered_ordered" or request.method != "POST":
            return self._json(404, {"err": f"no route {request.method} {request.path}"})
        try:
            return self._json(200, self._listed(json.loads(request.body)))
        except (ValueError, TypeError, KeyError) as wrong:
            return self._json(500, {"err": f"{type(wrong).__name__}: {wrong}"})

    def empty(self, request: Request) -> Response:
        return self._json(200, {"runs": [], "pages": 0, "count": 0})

    def _listed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        number, size = int(asked["page"]), int(asked["page_size"])
        condition = asked["filter"].get("run_number", {})
        runs = [run for run in reversed(self._world.visible_runs()) if _passes(run.number, condition)]
        shown = [_record(run, self._world.now) for run in runs[number * size : (number + 1) * size]]
        return {"runs": shown, "pages": -(-len(runs) // size), "count": len(runs)}

    def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "client_credentials" or not form.get("audience"):
            return self._json(400, {"error": "invalid_request"})
        if not form.get("client_id") or not form.get("client_secret"):
            return self._json(401, {"error": "invalid_client"})
        expiry = int((self._world.now + TOKEN_LIFE).timestamp())
        life_s = int(TOKEN_LIFE.total_seconds())
        token = f"{form['audience']}-{expiry}"
        return self._json(200, {"access_token": token, "expires_in": life_s, "token_type": "Bearer"})

    def _is_known(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        audience, _, expiry = token.rpartition("-")
        alive = expiry.isdigit() and self._world.now.timestamp() < int(expiry)
        return scheme == "Bearer" and audience == "cmsrunregistry-sso-proxy" and alive

    def _json(self, status: int, body: Mapping[str, Any]) -> Response:
        date = format_datetime(self._world.now, usegmt=True)
        return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json", "Date": date})


def _passes(number: int, condition: Mapping[str, Any]) -> bool:
    for operator, value in condition.items():
        if operator in ("and", "or"):
            parts = [_passes(number, part) for part in value]
            holds = all(parts) if operator == "and" else any(parts)
        else:
            holds = _COMPARE[operator](number, value)
        if not holds:
            return False
    return True


def _record(run: SimRun, now: datetime) -> dict[str, Any]:
    ended = run.end is not None and run.end <= now
    state = "OPEN"
    if run.end is not None and ended:
        state = "SIGNOFF" if now - run.end < SIGNED_OFF_FOR else "COMPLETED"
    standby = run.lumis // 10
    counts = {"GOOD": run.lumis - standby, "STANDBY": standby, "EMPTY": 0, "causes": [], "comments": []}
    return {
        "run_number": run.number,
        "oms_attributes": {"run_number": run.number, "fill_number": run.fill},
        "rr_attributes": {
            "class": f"{_CLASSES.get(run.run_class, 'Commissioning')}{run.start:%y}",
            "state": state,
            "significant": run.lumis >= 10,
            "stop_reason": "",
        },
        "version": 1,
        "deleted": False,
        "DatasetTripletCache": {"triplet_summary": dict.fromkeys(COLUMNS, counts) if ended else {}},
    }
