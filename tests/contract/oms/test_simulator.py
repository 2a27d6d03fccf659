"""The simulated OMS: query language and attributes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from probes.oms.simulator import Simulator
from probes.simulation.truth import SimRun
from probes.simulation.wire import Request
from tests.support.oms import BASE, HOUR, recorded
from tests.support.period import START, Period


def asked(period: Period, resource: str, **query: str) -> Any:
    names = {name.replace("__", "["): value for name, value in query.items()}
    request = Request("GET", BASE + resource, {name: [value] for name, value in names.items()})
    response = Simulator(period).answer(request)
    return response.status, json.loads(response.body)


def numbers(body: Any) -> list[int]:
    return [element["attributes"]["run_number"] for element in body["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"filter[run_number]": "398600"}, [398600]),
        ({"filter[run_number][EQ]": "398600"}, [398600]),
        ({"filter[run_number][ge]": "398600", "sort": "-run_number"}, [398601, 398600]),
        ({"filter[run_number][LT]": "398593"}, [398590, 398591, 398592]),
        ({"filter[end_time][LE]": "2026-05-01T00:00:00Z"}, []),
        ({"filter[sequence][EQ]": "MINIDAQ"}, []),
        ({"filter[tier0_transfer][EQ]": "true", "page[limit]": "2"}, [398590, 398591]),
        ({"filter[l1_hlt_mode][LIKE]": "collisions", "page[limit]": "2", "page[offset]": "10"}, [398600, 398601]),
        ({}, [*range(398590, 398600)]),
    ],
)
def test_filters_sorting_and_paging_are_those_of_oms(
    period: Period, query: dict[str, str], expected: list[int]
) -> None:
    period.now = START + 5 * HOUR
    status, body = asked(period, "runs", **query)
    assert (status, numbers(body)) == (200, expected)


def test_fields_and_meta_come_only_when_asked_for(period: Period) -> None:
    _, body = asked(period, "runs", fields="run_number,end_time", include="meta")
    assert body["data"][0]["attributes"] == {"run_number": 398590, "end_time": "2026-05-27T22:00:00Z"}
    assert body["meta"] == {"totalResourceCount": 11}
    assert "meta" not in asked(period, "runs")[1]


def test_a_simulated_run_has_the_attributes_of_a_recorded_one(period: Period) -> None:
    own = {"ls_duration", "beams_present_and_stable", "beamactive_total_deadtime"}
    real = {name for name in recorded("rr_oms_run_355556.json") if not name.endswith("_included")} - own
    period.now = START + 5 * HOUR
    _, body = asked(period, "runs", **{"filter[run_number]": "398600"})
    simulated = set(body["data"][0]["attributes"])
    assert real - simulated <= {"beta_star_start", "beta_star_stop", "crossing_angle_start", "crossing_angle_stop"}
    _, body = asked(period, "lumisections", **{"filter[run_number]": "398600"})
    bits = set(recorded("rr_oms_lumisections_328645.json")[0])
    assert bits <= set(body["data"][0]["attributes"])


def test_what_only_an_ended_run_has_is_null_before(period: Period) -> None:
    period.now = START + 5 * HOUR
    _, body = asked(period, "runs", **{"filter[run_number]": "398601"})
    attributes = body["data"][0]["attributes"]
    for name in ("end_time", "duration", "recorded_lumi", "last_lumisection_number", "l1_rate"):
        assert attributes[name] is None
    units = body["data"][0]["meta"]["row"]
    assert units["recorded_lumi"] == {"units": "pb^{-1}"}


def test_lumi_sections_of_a_run_that_goes_on_are_those_that_are_over(period: Period) -> None:
    going_on: SimRun = period.runs[-1]
    period.now = going_on.start + timedelta(seconds=23.31 * 5 + 1)
    _, body = asked(period, "lumisections", **{"filter[run_number]": "398601", "include": "meta"})
    assert body["meta"]["totalResourceCount"] == 5


@pytest.mark.parametrize(
    ("resource", "query", "status"),
    [
        ("runs", {"filter[nonsense][EQ]": "1"}, 400),
        ("runs", {"filter[run_number][XX]": "1"}, 400),
        ("runs", {"filter[run_number][EQ]": "many"}, 400),
        ("runs", {"sort": "nonsense"}, 400),
        ("runs", {"page[limit]": "all"}, 400),
        ("nonsense", {}, 404),
    ],
)
def test_a_wrong_question_is_an_error(period: Period, resource: str, query: dict[str, str], status: int) -> None:
    assert asked(period, resource, **query)[0] == status
