"""What a run recorded, in 1/pb: by the unit of its row or not at all, and nothing else of the run depends on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.oms import answer
from probes.oms.simulator import Simulator
from probes.simulation.wire import Request, Response
from tests.support.oms import BASE, HOUR, LOOK, Watch, read
from tests.support.period import START, Period, Wire, json_response, served, sim_run, values

IN_PB = {"recorded_lumi": {"units": "pb^{-1}"}}
NO_UNIT = "OMS gives no unit of recorded_lumi"


def told_instead(simulator: Simulator, value: object, about: object) -> Wire:
    """The simulated service with another value and unit of what run 398600 recorded."""

    def give(request: Request) -> Response:
        body = json.loads(simulator.answer(request).body)
        for element in body.get("data", []):
            if element["type"] == "runs" and element["attributes"].get("run_number") == 398600:
                element["attributes"]["recorded_lumi"] = value
                element["meta"] = about
        return json_response(json.dumps(body))

    return give


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("fb^{-1}", 2000.0),
        ("pb^{-1}", 2.0),
        ("nb^{-1}", 2e-3),
        ("{\\mu}b^{-1}", 2e-6),
        ("mb^{-1}", 2e-9),
        ("b^{-1}", 2e-12),
    ],
)
def test_every_known_unit_becomes_one_per_picobarn(period: Period, unit: str, expected: float) -> None:
    give = told_instead(Simulator(period), 2, {"row": {"recorded_lumi": {"units": unit}}})
    with served(give, BASE, "oms") as http:
        seen = Watch(http, period).at(5 * HOUR)
    assert seen["398600", "recorded_lumi"].value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "about", "problem"),
    [
        (0, {"row": {"recorded_lumi": {"units": "parsec"}}}, "unit 'parsec' of recorded_lumi: expected one of fb^{-1}"),
        (0.0, {"row": {"recorded_lumi": {"units": None}}}, NO_UNIT),
        (0.0, {"row": {"recorded_lumi": {"units": ["pb^{-1}"]}}}, NO_UNIT),
        (0.0, {"row": {"recorded_lumi": "pb^{-1}"}}, NO_UNIT),
        (0.0, {"row": {"delivered_lumi": {"units": "pb^{-1}"}}}, NO_UNIT),
        (0.0, {"row": []}, NO_UNIT),
        (0.0, {}, NO_UNIT),
        (0.0, None, NO_UNIT),
        (None, {"row": IN_PB}, "null in OMS"),
        ("5.4", {"row": IN_PB}, "expected a luminosity in recorded_lumi, found '5.4'"),
        (True, {"row": IN_PB}, "expected a luminosity in recorded_lumi, found True"),
        (-0.1, {"row": IN_PB}, "expected a luminosity in recorded_lumi, found -0.1"),
        (10**400, {"row": IN_PB}, "expected a luminosity in recorded_lumi, found 1000"),
    ],
)
def test_without_number_or_unit_it_is_unknown_and_not_nought_and_the_rest_of_the_run_is_told(
    period: Period, value: object, about: object, problem: str
) -> None:
    with served(Simulator(period).answer, BASE, "oms") as http:
        good = values(Watch(http, period).at(5 * HOUR))
    with served(told_instead(Simulator(period), value, about), BASE, "oms") as http:
        seen = values(Watch(http, period).at(5 * HOUR))
    assert str(seen.pop("recorded_lumi")).startswith(problem)
    good.pop("recorded_lumi")
    assert seen == good


def test_an_attribute_that_is_absent_is_unknown() -> None:
    page = answer.page(read(json.dumps({"data": [{"attributes": {"run_number": 1}, "meta": {"row": IN_PB}}]})))
    with pytest.raises(answer.Unclear, match="null in OMS"):
        answer.recorded_lumi(page.rows[0], page.units[0])


def test_it_is_told_only_once_the_run_is_over_and_stays_open_to_correction(watch: Watch, period: Period) -> None:
    assert "recorded_lumi" not in values(watch.at(HOUR))
    seen = watch.at(5 * HOUR)
    assert seen["398600", "recorded_lumi"].final is False
    with served(told_instead(Simulator(period), 190.5, {"row": IN_PB}), BASE, "oms") as http:
        watch.looks.http = http
        seen = watch.at(5 * HOUR + LOOK)
    assert {name for (subject, name) in seen if subject == "398600"} >= {"recorded_lumi", "run_end"}
    assert seen["398600", "recorded_lumi"].value == 190.5


def elements(period: Period, resource: str) -> list[dict[str, Any]]:
    query = {"filter[run_number]": ["398600"], "page[limit]": ["2000"]}
    found: list[dict[str, Any]] = json.loads(Simulator(period).answer(Request("GET", BASE + resource, query)).body)[
        "data"
    ]
    return found


@pytest.mark.parametrize(
    ("more", "per_pb"),
    [
        ({}, 459 * 0.4),
        ({"run_class": "heavy-ions"}, 459 * 0.4e-6),
        ({"run_class": "commissioning", "stable_beams": True}, 0.0),
        ({"stable_beams": False}, 0.0),
        ({"run_class": "cosmics", "fill": 0}, 0.0),
        ({"run_class": "cosmics", "fill": 11200}, 0.0),
    ],
)
def test_a_simulated_run_recorded_what_its_lumi_sections_did(more: dict[str, Any], per_pb: float) -> None:
    period = Period([sim_run(**more), sim_run(398601, start=START + 4 * HOUR, end=None)], now=START + 5 * HOUR)
    (run,), sections = elements(period, "runs"), elements(period, "lumisections")
    each = [section["attributes"]["recorded_lumi_per_lumisection"] or 0.0 for section in sections]
    assert run["attributes"]["recorded_lumi"] == pytest.approx(sum(each))
    assert (sections[-1]["attributes"]["recorded_lumi"] or 0.0) == pytest.approx(sum(each))
    with served(Simulator(period).answer, BASE, "oms") as http:
        seen = Watch(http, period).at(5 * HOUR)
    assert seen["398600", "recorded_lumi"].value == pytest.approx(per_pb)


def test_what_it_costs_is_nothing(period: Period) -> None:
    """It comes with the list of runs."""
    asked: list[Request] = []
    simulator = Simulator(period)

    def give(request: Request) -> Response:
        asked.append(request)
        return simulator.answer(request)

    with served(give, BASE, "oms") as http:
        watch = Watch(http, period)
        watch.at(5 * HOUR, 398600, 398601)
        asked.clear()
        watch.at(5 * HOUR + LOOK, 398600, 398601)
    assert [request.path for request in asked] == [BASE + "runs"]
