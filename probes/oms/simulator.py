"""The OMS aggregation API (JSON:API) and its token service, of the simulated world.

Resources `runs`, `fills`, `lumisections`, `datasetrates`, with filters, fields, sorting and paging. What real
recordings do not show is a convention here: error bodies, the order of keys, and `datasetrates` grouped by run always.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from probes.oms.rows import dataset_rows, fill_rows, lumi_rows, run_row, units
from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response

API = "/agg/api/v1/"
TOKEN = "/auth/realms/cern/api-access/token"
TOKEN_LIFE = timedelta(minutes=20)
DEFAULT_LIMIT = 10

Row = dict[str, Any]
Test = tuple[str, str, str]
"""Attribute, operator, value."""


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def now(self) -> datetime: ...

    def visible_runs(self) -> list[SimRun]: ...


class BadQuery(Exception):
    """A query that OMS would refuse; the text says why."""


class Simulator:
    path = API

    def __init__(self, world: World, *, needs_token: bool = False) -> None:
        """`needs_token`: as from outside the experiment's network, where OMS redirects strangers to a login page."""
        self._world = world
        self._needs_token = needs_token
        self._resources: Mapping[str, Callable[[SimRun, datetime], Iterable[Row]]] = {
            "runs": lambda run, now: [run_row(run, now)],
            "lumisections": lumi_rows,
            "datasetrates": dataset_rows,
        }

    def answer(self, request: Request) -> Response:
        if request.path == TOKEN:
            return self._token(request)
        refusal = self._stranger(request) if self._needs_token else None
        if refusal:
            return refusal
        resource = request.path.removeprefix(API).rstrip("/")
        if not request.path.startswith(API) or resource not in (*self._resources, "fills"):
            return self._json(404, _error(404, f"no resource {resource}"))
        if request.method != "GET":
            return self._json(405, _error(405, f"{request.method} is not possible"))
        try:
            return self._json(200, self._listed(resource, request))
        except BadQuery as error:
            return self._json(400, _error(400, str(error)))

    def empty(self, request: Request) -> Response:
        """The answer of the same form that lists nothing."""
        return self._json(200, {"data": [], "meta": {"totalResourceCount": 0}, "links": {}})

    def _listed(self, resource: str, request: Request) -> Row:
        tests = list(_tests(request))
        about_run = [test for test in tests if test[0] == "run_number"]
        runs = [run for run in self._world.visible_runs() if _passes({"run_number": run.number}, about_run)]
        now = self._world.now
        if resource == "fills":
            rows = [row for row in fill_rows(runs, now) if _passes(row, tests)]
        else:
            make = self._resources[resource]
            rows = [row for run in runs for row in make(run, now) if _passes(row, tests)]
        for key in reversed((request.first("sort") or "").split(",")):
            if name := key.removeprefix("-"):
                rows.sort(key=lambda row: _sortable(row, name), reverse=key.startswith("-"))
        offset, limit = _number(request, "page[offset]", 0), _number(request, "page[limit]", DEFAULT_LIMIT)
        shown = [_element(resource, row, request) for row in rows[offset : offset + limit]]
        meta = {"totalResourceCount": len(rows)} if "meta" in (request.first("include") or "") else None
        return {"data": shown, **({"meta": meta} if meta else {}), "links": {}}

    def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return self._json(400, {"error": "unsupported_grant_type"})
        if not form.get("client_id") or not form.get("client_secret"):
            return self._json(401, {"error": "invalid_client", "error_description": "Invalid client credentials"})
        if not form.get("audience"):
            return self._json(400, {"error": "invalid_request", "error_description": "audience is missing"})
        expiry = self._world.now + TOKEN_LIFE
        token = f"simulated-{int(expiry.timestamp())}"
        life_s = int(TOKEN_LIFE.total_seconds())
        return self._json(200, {"access_token": token, "expires_in": life_s, "token_type": "Bearer"})

    def _stranger(self, request: Request) -> Response | None:
        """What somebody without a valid token gets; None: he has one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            login = "https://auth.example.invalid/auth/realms/cern/protocol/openid-connect/auth?client_id=cmsoms-prod"
            return Response(302, b"", {"Location": login, "Date": self._date(), "Content-Length": "0"})
        expiry = token.removeprefix("simulated-")
        if not expiry.isdigit() or self._world.now.timestamp() >= int(expiry):
            return self._json(401, _error(401, "the token has expired"))
        return None

    def _date(self) -> str:
        return format_datetime(self._world.now, usegmt=True)

    def _json(self, status: int, body: Row) -> Response:
        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Date": self._date(), "Content-Length": str(len(raw))}
        return Response(status, raw, headers)


_IDENTITY = {"fills": ("fill_number",)}


def _tests(request: Request) -> Iterator[Test]:
    for key, values in request.query.items():
        if key.startswith("filter["):
            name, _, operator = key.removeprefix("filter[").removesuffix("]").partition("][")
            yield name, (operator or "EQ").upper(), values[0]


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: bool(a == b),
    "NEQ": lambda a, b: bool(a != b),
    "LT": lambda a, b: bool(a < b),
    "GT": lambda a, b: bool(a > b),
    "LE": lambda a, b: bool(a <= b),
    "GE": lambda a, b: bool(a >= b),
    "LIKE": lambda a, b: str(b).lower() in str(a).lower(),
    "CT": lambda a, b: str(b).lower() in str(a).lower(),
}


def _passes(row: Mapping[str, Any], tests: Iterable[Test]) -> bool:
    """Null passes no test."""
    for name, operator, text in tests:
        if operator not in _COMPARE:
            raise BadQuery(f"unknown operator {operator}")
        if name not in row:
            raise BadQuery(f"unknown attribute {name}")
        value = row[name]
        if value is None or not _COMPARE[operator](value, _typed(value, text)):
            return False
    return True


def _typed(value: Any, text: str) -> Any:
    """The text of a filter as the type of the attribute."""
    try:
        if isinstance(value, bool):
            return text.lower() == "true"
        return type(value)(text) if isinstance(value, int | float) else text
    except ValueError:
        raise BadQuery(f"{text} is no number") from None


def _sortable(row: Row, name: str) -> tuple[bool, Any]:
    if name not in row:
        raise BadQuery(f"unknown attribute {name}")
    return row[name] is None, row[name] if row[name] is not None else 0


def _number(request: Request, name: str, default: int) -> int:
    text = request.first(name)
    if text is None:
        return default
    if not text.isdigit():
        raise BadQuery(f"{name}={text} is no number")
    return int(text)


def _element(resource: str, row: Row, request: Request) -> Row:
    fields = request.first("fields")
    kept = {name: row[name] for name in fields.split(",") if name in row} if fields else row
    parts = [row.get(name) for name in _IDENTITY.get(resource, ("run_number", "lumisection_number", "dataset_name"))]
    identity = "_".join(str(part) for part in parts if part is not None)
    about = {name: {"units": unit} for name, unit in units(row).items() if name in kept}
    return {
        "id": identity,
        "type": resource,
        "attributes": kept,
        "links": {"self": f"http://cmsomsrproxyext.cern.ch/api/v1/{resource}/{identity}"},
        "meta": {"row": about},
    }


def _error(status: int, detail: str) -> Row:
    return {"errors": [{"status": str(status), "title": detail}]}
