"""What OMS says wrongly or not at all is unknown, with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.oms.probe import Oms
from probes.oms.simulator import Simulator
from probes.simulation.wire import Request, Response
from spy.domain.errors import NoAnswer, Refused, Unreadable
from spy.domain.run import Run
from tests.support.oms import BASE, HOUR, LOOK, Watch, jsonapi
from tests.support.period import START, Looks, Period, Wire, instead, json_response, served


def instead_of_runs(change: dict[str, Any], simulator: Simulator) -> Wire:
    """The simulated service with some attributes of run 398600 changed."""

    def give(request: Request) -> Response:
        response = simulator.answer(request)
        body = json.loads(response.body)
        for element in body.get("data", []):
            if element["type"] == "runs" and element["attributes"].get("run_number") == 398600:
                element["attributes"] |= change
        return json_response(json.dumps(body))

    return give


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"end_time": "2026-06-01T09:00:00Z"}, "end_time 2026-06-01T09:00:00Z lies in the future"),
        ({"end_time": "2026-05-31T23:00:00Z"}, "lies before start_time"),
        ({"end_time": "2026-06-01T03:00:00"}, "expected a UTC time"),
        ({"end_time": 1780272000}, "expected a text"),
        ({"start_time": "yesterday"}, "expected a UTC time"),
        ({"last_lumisection_number": "462"}, "expected a whole number"),
        ({"last_lumisection_number": True}, "expected a whole number"),
        ({"tier0_transfer": "true"}, "expected true, false or null"),
        ({"components": "TRACKER"}, "expected a list of names"),
        ({"fill_type_runtime": ["PB"]}, "expected a text"),
    ],
)
def test_a_wrong_attribute_makes_its_own_run_unknown_and_no_other(
    period: Period, change: dict[str, Any], told: str
) -> None:
    with served(instead_of_runs(change, Simulator(period)), BASE, "oms") as http:
        seen = Watch(http, period).at(5 * HOUR)
    about = {name: e for (subject, name), e in seen.items() if subject == "398600"}
    assert about["run_ended"].value is None
    assert all(told in e.problem for e in about.values())
    assert seen["398601", "run_ended"].value is False


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"start_time": None}, "run_start"),
        ({"last_lumisection_number": None}, "last_lumi"),
        ({"components": None}, "tracker_in"),
        ({"tier0_transfer": None}, "transferred"),
        ({"fill_number": None}, "fill"),
    ],
)
def test_null_is_unknown_and_never_false(period: Period, change: dict[str, Any], name: str) -> None:
    with served(instead_of_runs(change, Simulator(period)), BASE, "oms") as http:
        seen = Watch(http, period).at(5 * HOUR)
    assert (seen["398600", name].value, seen["398600", name].problem) == (None, "null in OMS")
    assert seen["398600", "run_ended"].value is True


def test_an_open_run_that_is_not_listed_is_unknown_in_everything(watch: Watch) -> None:
    watch.at(5 * HOUR)
    del watch.period.runs[-2]
    seen = watch.looks.look(watch.period.now + LOOK, Run(398600, end=START + 3 * HOUR))
    about = {name: e for (subject, name), e in seen.items() if subject == "398600"}
    assert set(about) == {"run_start", "run_ended", "run_end", "last_lumi", "fill", "transferred", "recorded_lumi"}
    assert {e.problem for e in about.values()} == {"OMS does not list run 398600"}
    assert watch.looks.value("run_class") == "collisions", "what is final stays"


def test_an_empty_list_makes_every_open_run_unknown(period: Period) -> None:
    simulator = Simulator(period)
    with served(simulator.empty, BASE, "oms") as http:
        seen = Watch(http, period).at(5 * HOUR)
    assert {e.value for e in seen.values()} == {None}
    assert seen["service:oms", "newest_run"].problem == "OMS lists no run at all"


def test_lumi_sections_that_are_not_all_there_are_asked_for_again(watch: Watch) -> None:
    run = watch.period.runs[-2]
    full = Simulator(watch.period)
    missing: list[int] = [400]

    def give(request: Request) -> Response:
        body = json.loads(full.answer(request).body)
        if "lumisections" in request.path and missing:
            body = {
                "data": [e for e in body["data"] if e["attributes"]["lumisection_number"] not in missing],
                "meta": {},
            }
        return json_response(json.dumps(body))

    with served(give, BASE, "oms") as http:
        watch.looks.http = http
        seen = watch.at(5 * HOUR)
        assert seen["398600", "run_class"].problem == f"OMS lists {run.lumis - 1} of {run.lumis} lumi sections"
        assert seen["398600", "stable_beams"].value is None
        assert seen["398600", "has_bulk"].value is True
        missing.clear()
        assert watch.at(5 * HOUR + LOOK)["398600", "run_class"].value == "collisions"


@pytest.mark.parametrize("part", ["lumisections", "datasetrates"])
@pytest.mark.parametrize(
    "wrong",
    [
        Response(500, b"<html>", {}),
        json_response("not JSON"),
        json_response('{"data": [{"attributes": null}]}'),
        json_response('{"data": [], "meta": {"totalResourceCount": 0}}'),
        json_response(jsonapi({"run_number": 1, "dataset_name": 3})),
    ],
    ids=["http500", "no json", "no attributes", "empty", "another run"],
)
def test_a_resource_that_fails_makes_only_its_own_facts_unknown(period: Period, part: str, wrong: Response) -> None:
    lost = {"lumisections": {"run_class", "stable_beams"}, "datasetrates": {"has_bulk", "bulk_datasets"}}[part]
    with served(instead(Simulator(period).answer, part, wrong), BASE, "oms") as http:
        seen = Watch(http, period).at(5 * HOUR)
    assert {name for (subject, name), e in seen.items() if subject == "398600" and e.value is None} == lost


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        (Response(503, b"", {}), NoAnswer, "status 503"),
        (Response(302, b"", {"Location": "https://auth.example.invalid/login"}), Refused, "login page"),
        (json_response("<html>"), Unreadable, "HTML"),
        (json_response('{"data": {}}'), Unreadable, "expected"),
        (json_response('{"data": [{"attributes": {"run_number": "398600"}}]}'), Unreadable, "expected a run_number"),
        (json_response('{"data": [], "meta": {"totalResourceCount": 7}}'), Unreadable, "counts 7 rows and sends 0"),
        (json_response('{"data": [], "meta": {"totalResourceCount": "7"}}'), Unreadable, "totalResourceCount"),
        (json_response('{"data": [{"attributes": {"run_number": NaN}}]}'), Unreadable, "NaN"),
    ],
)
def test_a_list_that_cannot_be_read_fails_the_whole_look(
    period: Period, wrong: Response, kind: type[Exception], told: str
) -> None:
    with served(lambda request: wrong, BASE, "oms") as http, pytest.raises(kind, match=told):
        Watch(http, period).at(5 * HOUR)


def test_a_replica_that_stands_still_is_found_by_its_date(period: Period) -> None:
    period.now = START + 5 * HOUR
    with served(Simulator(period).answer, BASE, "oms") as http, pytest.raises(Unreadable, match="older than 12 min"):
        Looks(Oms(), http, first_safe_run=398600).look(START + 6 * HOUR)
