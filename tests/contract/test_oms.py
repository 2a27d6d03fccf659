"""The oms probe against recorded attributes of real runs and against its simulator, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from probes.oms import answer
from probes.oms.answer import LumiSection, Unclear
from probes.oms.probe import Oms
from probes.oms.simulator import TOKEN, Simulator
from probes.simulation.server import serve
from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response
from spy.domain.errors import NoAnswer, Refused, Unreadable
from spy.domain.run import Run, RunClass
from spy.http import Answer, ClientCredentials, Http
from tests.support.period import START, Looks, Period, Wire, instead, json_response, run_of_sim, served, sim_run, values

DATA = Path(__file__).parent.parent / "data" / "oms"
BASE = "/agg/api/v1/"
HOUR = timedelta(hours=1)
LOOK = timedelta(minutes=2)
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def recorded(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def jsonapi(*rows: dict[str, Any], total: int | None = None) -> str:
    data = [{"id": str(row.get("run_number")), "type": "runs", "attributes": row} for row in rows]
    return json.dumps({"data": data, "meta": {"totalResourceCount": len(rows) if total is None else total}})


def read(body: str) -> Answer:
    return Answer("oms", "asked", 200, body, {})


def run_row(row: dict[str, Any], now: datetime = NOW) -> answer.RunRow:
    return answer.run_row(read(""), row, now)


# --- recorded answers -------------------------------------------------------------------------------------------------


def test_a_recorded_cosmics_run_that_goes_on_has_no_end_and_no_tracker() -> None:
    row = run_row(recorded("rr_oms_run_334614_cosmics_ongoing.json")["oms_attributes"])
    assert row == answer.RunRow(
        number=334614,
        start=datetime(2020, 1, 24, 18, 40, 8, tzinfo=UTC),
        end=None,
        last_lumi=None,
        fill=7495,
        fill_type="COSMICS",
        components=("DAQ", "DCS", "DQM", "DT", "HCAL", "SCAL", "TCDS", "TRG"),
        transferred=True,
    )


def test_the_recorded_element_of_an_ion_run_with_units_per_row_is_read() -> None:
    element = recorded("oms_runs_resource_2018HI_jsonapi.json")
    assert element["meta"]["row"]["recorded_lumi"] == {"units": "{\\mu}b^{-1}"}
    page = answer.page(read(json.dumps({"data": [element], "links": {}})))
    assert page.total is None
    [attributes] = page.rows
    row = run_row(attributes)
    assert (row.number, row.fill_type, row.last_lumi) == (123456, "PB", None)
    assert row.end == datetime(2018, 11, 19, 22, 8, 1, tzinfo=UTC)
    assert "TRACKER" in (row.components or ())


def recorded_service(request: Request) -> Response:
    """OMS with the recorded run 355556 and the recorded lumi sections."""
    sections = recorded("rr_oms_lumisections_328645.json")
    run = recorded("rr_oms_run_355556.json")
    rows = [{**sections[at % len(sections)], "run_number": 355556} for at in range(218)]
    bodies = {
        "runs": jsonapi(run),
        "lumisections": jsonapi(*rows),
        "datasetrates": jsonapi({"run_number": 355556, "dataset_name": "ZeroBias", "rate": 12.5}),
    }
    return json_response(bodies[request.path.removeprefix(BASE)])


def test_a_look_at_recorded_attributes_tells_everything_about_an_ended_run() -> None:
    with served(recorded_service, BASE, "oms") as http:
        run = Run(355556, end=datetime(2022, 7, 12, 22, 47, 40, tzinfo=UTC))
        seen = Looks(Oms(), http).look(datetime(2022, 7, 13, tzinfo=UTC), run)
    assert values(seen, "355556") == {
        "run_start": datetime(2022, 7, 12, 21, 22, 46, tzinfo=UTC),
        "run_ended": True,
        "run_end": datetime(2022, 7, 12, 22, 47, 40, tzinfo=UTC),
        "last_lumi": 218,
        "fill": 7968,
        "tracker_in": True,
        "transferred": True,
        "run_class": "cosmics",  # the recorded sections know no beam, whatever its key `circulating2022` says
        "stable_beams": False,
        "has_bulk": True,
    }
    assert values(seen, "service:oms") == {"newest_run": 355556}


def test_recorded_lumi_sections_without_a_number_count_from_one() -> None:
    rows = recorded("rr_oms_lumisections_328645.json")
    sections = [answer.lumi_section(read(""), row, 328645, at) for at, row in enumerate(rows, start=1)]
    answer.check_complete(sections, 94)
    assert answer.run_class(sections, "COSMICS") is RunClass.COSMICS
    assert answer.had_stable_beams(sections) is False
    with pytest.raises(Unclear, match="94 of 95"):
        answer.check_complete(sections, 95)


# --- what the sections mean -------------------------------------------------------------------------------------------


def section(number: int, stable: bool | None, present: bool | None, recorded: float | None) -> LumiSection:
    return LumiSection(number, stable, present, present, recorded)


DARK, BEAM, GOOD = section(1, False, False, None), section(1, False, True, 0.0), section(1, True, True, 0.4)


@pytest.mark.parametrize(
    ("sections", "fill_type", "expected"),
    [
        pytest.param([BEAM, GOOD, BEAM], "PROTONS", RunClass.COLLISIONS, id="some stable with luminosity"),
        pytest.param([BEAM, GOOD], "PB", RunClass.HEAVY_IONS, id="lead"),
        pytest.param([BEAM, GOOD], "O", RunClass.HEAVY_IONS, id="oxygen"),
        pytest.param([DARK, DARK], "COSMICS", RunClass.COSMICS, id="no beam"),
        pytest.param([DARK, DARK], "PROTONS", RunClass.COSMICS, id="no beam inside a proton fill"),
        pytest.param([DARK, BEAM], "PROTONS", RunClass.COMMISSIONING, id="beams never stable"),
        pytest.param(
            [BEAM, section(2, True, True, 0.0)], "PROTONS", RunClass.COMMISSIONING, id="stable, no luminosity"
        ),
        pytest.param([section(1, None, None, None), GOOD], "PROTONS", RunClass.COLLISIONS, id="nulls beside good ones"),
    ],
)
def test_the_class_of_a_run_comes_from_its_lumi_sections(
    sections: list[LumiSection], fill_type: str, expected: RunClass
) -> None:
    assert answer.run_class(sections, fill_type) is expected


@pytest.mark.parametrize(
    ("sections", "fill_type", "why"),
    [
        pytest.param([], "PROTONS", "no lumi section", id="none"),
        pytest.param([BEAM, GOOD], None, "fill_type_runtime is null", id="no fill type"),
        pytest.param([BEAM, GOOD], "COSMICS", "fill_type_runtime is COSMICS", id="beams in a cosmics fill"),
        pytest.param([BEAM, GOOD], "PROTONS_PB", "fill_type_runtime is PROTONS_PB", id="mixed beams"),
        pytest.param([section(1, True, True, None)], "PROTONS", "luminosity is null", id="luminosity null"),
        pytest.param([DARK, section(2, None, False, None)], "PROTONS", "null", id="stability null"),
        pytest.param([DARK, section(2, False, None, None)], "COSMICS", "null", id="presence null"),
        pytest.param([section(1, True, False, 0.0)], "PROTONS", "without any beam", id="stable without beam"),
    ],
)
def test_what_is_not_clear_is_unknown_and_never_guessed(
    sections: list[LumiSection], fill_type: str | None, why: str
) -> None:
    with pytest.raises(Unclear, match=why):
        answer.run_class(sections, fill_type)


def test_stable_beams_are_unknown_only_if_a_null_could_hide_them() -> None:
    assert answer.had_stable_beams([section(1, None, None, None), GOOD]) is True
    with pytest.raises(Unclear):
        answer.had_stable_beams([section(1, None, None, None), BEAM])


def test_only_express_datasets_prove_that_there_is_no_bulk() -> None:
    express = [
        "ExpressPhysics",
        "ExpressAlignment",
        "TestEnablesEcalHcal",
        "OnlineMonitor",
        "AlCaLumiPixelsCountsExpress",
    ]
    assert answer.has_bulk(express) is False
    assert answer.has_bulk([*express, "Muon0"]) is True
    assert answer.has_bulk([*express, "SomethingNew"]) is True
    with pytest.raises(Unclear, match="no dataset at all"):
        answer.has_bulk([])


# --- looks at the simulated service -----------------------------------------------------------------------------------


class Watch:
    def __init__(self, http: Http, period: Period) -> None:
        self.looks = Looks(Oms(), http, first_safe_run=398600)
        self.period = period

    def at(self, after: timedelta, *numbers: int) -> dict[tuple[str, str], Any]:
        """One look, with these runs open (default 398600)."""
        now = self.period.now = START + after
        opened = [run_of_sim(run, now) for run in self.period.runs if run.number in (numbers or (398600,))]
        return self.looks.look(now, *opened)


@pytest.fixture
def period() -> Period:
    old = [sim_run(n, start=START - 99 * HOUR, end=START - 98 * HOUR) for n in range(398590, 398600)]
    return Period([*old, sim_run(), sim_run(398601, start=START + 4 * HOUR, end=None)], now=START)


@pytest.fixture
def watch(period: Period) -> Iterator[Watch]:
    with served(Simulator(period).answer, BASE, "oms") as http:
        yield Watch(http, period)


def test_a_run_is_followed_from_start_to_end(watch: Watch) -> None:
    seen = watch.at(HOUR)
    assert values(seen) == {
        "run_start": START,
        "run_ended": False,
        "fill": 11200,
        "tracker_in": True,
        "transferred": True,
    }
    assert not any(e.final for e in seen.values()), "nothing is final while data are being taken"
    seen = watch.at(3 * HOUR)
    assert values(seen) == {
        "run_start": START,
        "run_ended": True,
        "run_end": START + 3 * HOUR,
        "last_lumi": 462,
        "fill": 11200,
        "tracker_in": True,
        "transferred": True,
        "run_class": "collisions",
        "stable_beams": True,
        "has_bulk": True,
    }
    assert {name for (_, name), e in seen.items() if e.final} == {"tracker_in", "run_class", "stable_beams", "has_bulk"}


def test_all_runs_cost_one_request_once_their_end_was_looked_into(watch: Watch) -> None:
    watch.at(5 * HOUR, 398600, 398601)
    before = watch.looks.http.requests
    watch.at(5 * HOUR + LOOK, 398600, 398601)
    assert watch.looks.http.requests - before == 1


def test_a_new_run_shows_itself_and_history_does_not(watch: Watch) -> None:
    seen = watch.at(5 * HOUR)
    assert {subject for subject, _ in seen} == {"service:oms", "398600", "398601"}
    assert values(seen, "398601")["run_start"] == START + 4 * HOUR
    assert values(seen, "service:oms") == {"newest_run": 398601}


def test_a_cold_start_without_a_frontier_asks_for_the_newest_run_only(watch: Watch) -> None:
    watch.looks.first_safe_run = None
    watch.period.now = START + 5 * HOUR
    seen = watch.looks.look(watch.period.now)
    assert {key: e.value for key, e in seen.items()} == {("service:oms", "newest_run"): 398601}
    assert watch.looks.http.requests == 1


def test_without_a_frontier_open_runs_and_later_ones_are_followed(watch: Watch) -> None:
    watch.looks.first_safe_run = None
    assert {subject for subject, _ in watch.at(5 * HOUR)} == {"service:oms", "398600", "398601"}
    assert {subject for subject, _ in watch.at(5 * HOUR, 398599, 398601)} == {"service:oms", "398599", "398601"}


def test_nothing_after_the_frontier_still_tells_the_newest_run(watch: Watch) -> None:
    watch.looks.first_safe_run = 398700
    watch.period.now = START + 5 * HOUR
    assert {key: e.value for key, e in watch.looks.look(watch.period.now).items()} == {
        ("service:oms", "newest_run"): 398601
    }


CLASSES = [
    ({}, "collisions", True, True),
    ({"stable_beams": False}, "commissioning", False, True),
    ({"run_class": "heavy-ions"}, "heavy-ions", True, True),
    ({"run_class": "cosmics", "fill": 0}, "cosmics", False, True),
    ({"run_class": "cosmics", "fill": 11200}, "cosmics", False, True),
    ({"run_class": "commissioning", "stable_beams": True}, "commissioning", True, True),
    ({"run_class": "commissioning", "stable_beams": False}, "commissioning", False, True),
    ({"lumis": 3}, "collisions", True, True),
    ({"datasets": []}, "collisions", True, False),
    ({"tracker_in": False}, "collisions", True, True),
]


@pytest.mark.parametrize(("more", "run_class", "stable", "bulk"), CLASSES, ids=lambda value: str(value))
def test_each_simulated_kind_of_run_is_recognised(
    more: dict[str, Any], run_class: str, stable: bool, bulk: bool
) -> None:
    period = Period([sim_run(**more)], now=START + 4 * HOUR)
    with served(Simulator(period).answer, BASE, "oms") as http:
        seen = values(Watch(http, period).at(4 * HOUR))
    assert (seen["run_class"], seen["stable_beams"], seen["has_bulk"]) == (run_class, stable, bulk)
    assert seen["tracker_in"] is more.get("tracker_in", True)


def test_a_list_longer_than_a_page_is_read_to_its_end(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.oms.probe.PAGE", 3)
    watch.looks.first_safe_run = 398592
    watch.period.runs[-2].lumis = 10
    seen = watch.at(5 * HOUR)
    assert {int(subject) for subject, _ in seen if subject.isdigit()} == {*range(398592, 398602)}
    assert values(seen)["run_class"] == "collisions"


# --- what OMS may say wrongly -----------------------------------------------------------------------------------------


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
    assert set(about) == {"run_start", "run_ended", "run_end", "last_lumi", "fill", "transferred"}
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
    lost = {"lumisections": {"run_class", "stable_beams"}, "datasetrates": {"has_bulk"}}[part]
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


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_strangers_are_sent_to_a_login_page_and_refused(period: Period) -> None:
    with served(Simulator(period, needs_token=True).answer, BASE, "oms") as http, pytest.raises(Refused, match="login"):
        Watch(http, period).at(HOUR)


def test_client_credentials_open_oms_and_survive_the_end_of_a_token(period: Period) -> None:
    with serve({"oms": Simulator(period, needs_token=True).answer}) as servers:
        auth = ClientCredentials(
            "oms",
            servers.urls["oms"] + TOKEN,
            client_id="spy",
            secret=lambda: "s3cret",
            audience="cmsoms-prod",
            deadline=timedelta(seconds=10),
        )
        http = Http("oms", servers.urls["oms"] + BASE, deadline=timedelta(seconds=10), auth=auth)
        watch = Watch(http, period)
        assert watch.at(HOUR)["398600", "run_ended"].value is False
        before = http.requests
        # The simulated hours outlive the token, which this process's clock still believes in.
        assert watch.at(5 * HOUR)["398600", "run_ended"].value is True
        assert http.requests - before == 4, "one question twice: rejected, and again with the new token"
        http.close()
        auth.close()


def test_wrong_credentials_are_refused(period: Period) -> None:
    with serve({"oms": Simulator(period, needs_token=True).answer}) as servers:
        auth = ClientCredentials(
            "oms",
            servers.urls["oms"] + TOKEN,
            client_id="spy",
            secret=str,
            audience="a",
            deadline=timedelta(seconds=10),
        )
        with pytest.raises(Refused, match="invalid_client"):
            auth.token()
        auth.close()


# --- the simulator's query language -----------------------------------------------------------------------------------


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
