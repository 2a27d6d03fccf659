"""Endpoint blocks as a configuration holds them, and the probes that they make."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from probes.endpoint.probe import Endpoint
from probes.simulation.wire import Request, Response
from spy.domain.run import Run
from spy.endpoint import EndpointSection
from spy.http import Http
from tests.support.period import Looks, json_response, served, values

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BULK = """
name = "tracker-status"
service = "tracker"
every = "5m"
stale_after = "16m"
path = "status"
rows = "/data"
where = "kind == 'calib'"
[read]
run = { at = "/run", kind = "int" }
kind = { at = "/kind", kind = "string" }
state = { at = "/state", kind = "string" }
bad = { at = "/bad", kind = "int" }
at = { at = "/at", kind = "time" }
[[fact]]
name = "tracker_done"
kind = "bool"
scope = "run"
value = "state == 'done'"
text = "the tracker people are done with the run"
[[fact]]
name = "tracker_bad_modules"
kind = "int"
scope = "run"
value = "bad"
as_of = "at"
max_age = "1h"
text = "modules that are bad now"
"""
LINE = {"run": 398600, "kind": "calib", "state": "done", "bad": 3, "at": "2026-06-01T11:30:00Z"}


def block_of(text: str, **other: Any) -> EndpointSection:
    return EndpointSection.model_validate(tomllib.loads(text) | other)


def probe_of(text: str, **other: Any) -> Endpoint:
    return Endpoint.from_config(block_of(text, **other))


@contextmanager
def asked(answer: Callable[[Request], Response], text: str, **other: Any) -> Iterator[tuple[Looks, Http]]:
    """The probe of a block, on a service that really listens."""
    with served(answer, "/api/", "tracker") as http:
        yield Looks(probe_of(text, **other), http), http


def told(answer: Callable[[Request], Response], text: str, *runs: int, **other: Any) -> dict[str, dict[str, object]]:
    """What one look says about each run (by default 398600), or about the service: a value, or its problem."""
    with asked(answer, text, **other) as (looks, _):
        seen = looks.look(NOW, *(Run(run) for run in runs or (398600,)))
    return {subject: values(seen, subject) for subject, _ in seen}


def rows(*told: Any) -> Callable[[Request], Response]:
    return lambda request: json_response(json.dumps({"data": list(told)}))


def plain(body: str) -> Callable[[Request], Response]:
    return lambda request: json_response(body)
