"""RunRegistry: read from the recorded records and from its simulator, and no trouble when it is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from probes.runregistry.probe import RunRegistry
from probes.runregistry.simulator import TOKEN, Simulator
from probes.simulation.server import serve
from probes.simulation.wire import Request, Response
from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable
from spy.domain.run import Run
from spy.http import ClientCredentials, Http
from tests.support.period import START, Looks, Period, json_response, run_of_sim, served, sim_run, values

BASE = "/api/"
HOUR = timedelta(hours=1)
RECORDED = Path(__file__).parents[2] / "data" / "runregistry" / "runregistry_runs_filtered_ordered_355555_355556.json"
THEN = datetime(2022, 7, 13, tzinfo=UTC)


@pytest.fixture
def period() -> Period:
    runs = [sim_run(398600 + at, start=START + at * HOUR, end=START + (at + 1) * HOUR) for at in range(60)]
    return Period(runs, now=START + 60 * HOUR)


@pytest.fixture
def http(period: Period) -> Iterator[Http]:
    with served(Simulator(period).answer, BASE, "runregistry") as http:
        yield http


def look(http: Http, period: Period) -> dict[tuple[str, str], Any]:
    return Looks(RunRegistry(), http).look(period.now, *(run_of_sim(run, period.now) for run in period.runs))


def test_recorded_records_are_read() -> None:
    with served(lambda request: json_response(RECORDED.read_text("utf-8")), BASE, "runregistry") as http:
        seen = Looks(RunRegistry(), http).look(THEN, Run(355555), Run(355556), Run(355557))
    found = values(seen, "355555")
    flags = str(found.pop("rr_flags")).split(", ")
    assert found == {"rr_class": "Cosmics22", "rr_state": "SIGNOFF", "rr_significant": True}
    assert {"tracker-strip:GOOD 304/335", "cms-cms:BAD 335/335", "ctpps-rp45_210:STANDBY 335/335"} <= set(flags)
    assert not any(flag.startswith(("castor", "l1t-l1tmu")) for flag in flags), "nobody judged these"
    assert values(seen, "355556")["rr_class"] == "Commissioning22"
    assert set(values(seen, "355557").values()) == {"RunRegistry does not list run 355557"}
    assert not any(e.final for e in seen.values())


def test_all_open_runs_are_one_question_in_pages(http: Http, period: Period) -> None:
    seen = look(http, period)
    assert http.requests == 2, "60 runs on two pages of 50"
    assert values(seen, "398600") == {
        "rr_class": "Collisions26",
        "rr_state": "COMPLETED",
        "rr_significant": True,
        "rr_flags": ", ".join(
            f"{name}:GOOD 416/462" for name in ("cms-cms", "ecal-ecal", "hcal-hcal", "tracker-pixel", "tracker-strip")
        ),
    }
    assert values(seen, "398659")["rr_state"] == "SIGNOFF"


def test_without_an_open_run_nothing_is_asked(http: Http) -> None:
    assert Looks(RunRegistry(), http).look(START) == {}
    assert http.requests == 0


@pytest.mark.parametrize("audience", ["cmsrunregistry-sso-proxy", "cmsoms-prod"])
def test_a_token_for_its_own_audience_opens_it(period: Period, audience: str) -> None:
    with serve({"runregistry": Simulator(period, needs_token=True).answer}) as servers:
        url = servers.urls["runregistry"]
        auth = ClientCredentials(
            "runregistry",
            url + TOKEN,
            client_id="spy",
            secret=lambda: "s3cret",
            audience=audience,
            deadline=timedelta(seconds=10),
        )
        http = Http("runregistry", url + BASE, deadline=timedelta(seconds=10), auth=auth)
        if audience == "cmsoms-prod":
            with pytest.raises(Refused):
                look(http, period)
        else:
            assert values(look(http, period), "398600")["rr_class"] == "Collisions26"
            period.now += HOUR  # the token is over, which this process's clock does not know
            assert values(look(http, period), "398600")["rr_class"] == "Collisions26"
        http.close()
        auth.close()


def record(**changes: Any) -> dict[str, Any]:
    good = {
        "run_number": 398600,
        "rr_attributes": {"class": "Collisions26", "state": "OPEN", "significant": True},
        "DatasetTripletCache": {"triplet_summary": {"tracker-strip": {"GOOD": 5, "causes": []}}},
    }
    return good | changes


def framed(*records: Any, **more: Any) -> str:
    return json.dumps({"runs": list(records), "pages": 1, "count": len(records)} | more)


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        (Response(500, b'{"err": "Cannot read property"}', {}), NoAnswer, "status 500"),
        (json_response('{"err": "Sorry"}'), Unreadable, "Sorry"),
        (json_response("<html>"), Unreadable, "an HTML page"),
        (json_response('{"runs": ['), Unreadable, "no valid JSON"),
        (json_response("[]"), Unreadable, "expected"),
        (json_response(framed(record(), pages="1")), Unreadable, "number of pages, found '1'"),
        (json_response(framed(record(run_number=None))), Unreadable, "a run_number, found None"),
        (Response(401, b"{}", {}), Refused, "401"),
    ],
)
def test_a_wrong_answer_fails_the_look(period: Period, wrong: Response, kind: type[SourceError], says: str) -> None:
    with served(lambda request: wrong, BASE, "runregistry") as http, pytest.raises(kind, match=says):
        look(http, period)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rr_attributes": None}, "an object as rr_attributes"),
        ({"rr_attributes": {"class": 26, "state": "OPEN", "significant": True}}, "texts as class and state"),
        ({"rr_attributes": {"class": "x", "state": "OPEN", "significant": "true"}}, "true or false"),
        ({"DatasetTripletCache": {}}, "an object as triplet_summary"),
        ({"DatasetTripletCache": {"triplet_summary": {"a-b": {"GOOD": -1}}}}, "whole numbers of lumi sections"),
        ({"DatasetTripletCache": {"triplet_summary": {"a-b": None}}}, "whole numbers of lumi sections"),
    ],
)
def test_a_wrong_record_spoils_only_its_run(period: Period, changes: dict[str, Any], says: str) -> None:
    period.runs = period.runs[:2]
    text = framed(record(**changes), record(run_number=398601))
    with served(lambda request: json_response(text), BASE, "runregistry") as http:
        seen = look(http, period)
    assert all(says in str(problem) for problem in values(seen, "398600").values())
    assert values(seen, "398601")["rr_flags"] == "tracker-strip:GOOD 5/5"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"=": 398601}, [398601]),
        ({"and": [{">": 398600}, {"<": 398603}]}, [398602, 398601]),
        ({"or": [{"<=": 398600}, {">=": 398659}]}, [398659, 398600]),
    ],
)
def test_the_simulator_filters_as_runregistry_does(
    period: Period, condition: dict[str, Any], expected: list[int]
) -> None:
    asked = {"page": 0, "page_size": 50, "sortings": [], "filter": {"run_number": condition}}
    request = Request("POST", "/api/runs_filtered_ordered", body=json.dumps(asked).encode())
    told = json.loads(Simulator(period).answer(request).body)
    assert [run["run_number"] for run in told["runs"]] == expected
    assert (told["pages"], told["count"]) == (1, len(expected))
    bad = Simulator(period).answer(Request("POST", "/api/runs_filtered_ordered", body=b"{}"))
    assert bad.status == 500
    assert "err" in json.loads(bad.body)
