"""The simulated performance endpoint: axes, filters, dates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.jobs.simulator import PERFORMANCE, Simulator
from probes.simulation.wire import Request
from tests.support.jobs import HOUR
from tests.support.period import START, Period


def asked(period: Period, **query: str) -> tuple[int, Any]:
    keys = {"metrics[]": ["jobstate"], "axes[]": ["workflow"], **{name: [value] for name, value in query.items()}}
    response = Simulator(period).answer(Request("GET", PERFORMANCE, keys))
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({"workflow": "Run398600_StreamExpress$"}, ["Express_Run398600_StreamExpress"]),
        ({"workflow": "^Run"}, []),
        ({"workflow": "Run398601", "jobstate": "failed"}, [f"Express_Run398601_Stream{s}" for s in ("Calibration",)]),
        ({"start_date": "20260602"}, []),
        ({"end_date": "20260531"}, []),
    ],
)
def test_scope_keys_are_regular_expressions_and_both_dates_are_inclusive(
    period: Period, query: dict[str, str], labels: list[str]
) -> None:
    period.now = START + 9 * HOUR
    period.runs[1].express_jobs_failed = 1
    period.runs[1].streams = ["Calibration", "Express", "ExpressAlignment"]
    status, body = asked(period, **query)
    performance = body["result"][0]["performance"]
    found = performance["visualizations"]["jobstate"]["workflow"]
    assert (status, [group["label"] for group in found]) == (200, labels)
    total = sum(state["count"] for group in found for state in group["jobstates"])
    assert performance["status"].get("totalMatchedJobs", 0) == total


@pytest.mark.parametrize(
    "query", [{"workflow": "("}, {"axes[]": "host"}, {"metrics[]": "cpu.TotalJobTime"}, {"start_date": "1.6."}]
)
def test_what_it_does_not_simulate_is_refused(period: Period, query: dict[str, str]) -> None:
    period.now = START + 9 * HOUR
    status, body = asked(period, **query)
    assert status == 400
    assert body["error"]
