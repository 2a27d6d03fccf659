"""The oms probe on recorded attributes of real runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from probes.oms import answer
from probes.oms.answer import Unclear
from probes.oms.probe import Oms
from probes.simulation.wire import Request, Response
from spy.domain.run import Run, RunClass
from tests.support.oms import BASE, jsonapi, read, recorded, run_row
from tests.support.period import Looks, json_response, served, values


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
    assert answer.recorded_lumi(attributes, page.units[0]) == pytest.approx(5.469869e-6), "1/pb"
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
        "recorded_lumi": "OMS gives no unit of recorded_lumi",  # the copy of RunRegistry leaves units out
        "run_class": "cosmics",  # the recorded sections know no beam, whatever its key `circulating2022` says
        "stable_beams": False,
        "has_bulk": True,
        "bulk_datasets": "ZeroBias",
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
