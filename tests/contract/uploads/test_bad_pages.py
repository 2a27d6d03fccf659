"""Pages, rows and logs that do not tell: unknown, and nothing else with it."""

from __future__ import annotations

import pytest

from probes.simulation.wire import Response
from probes.uploads.simulator import Simulator
from spy.domain.errors import NoAnswer, Refused, Unreadable
from tests.support.uploads import BEAM, ECAL, RUN, answering, facts, look_at, open_run, page, row, table, upload


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (page("<html><title>CERN Single Sign-On</title></html>"), Unreadable),
        (page("[]", kind="application/json"), Unreadable),
        (page("", 404), Unreadable),
        (page("no", 500), NoAnswer),
        (page("slow down", 429), NoAnswer),
        (page("", 401), Refused),
        (page("", 403), Refused),
        (Response(302, b"", {"Location": "https://login.invalid/"}), Refused),
        (table(*[row(name=f"Run{RUN}@x{i}@u") for i in range(100)]), Unreadable),
        (table(row()[:9]), Unreadable),
    ],
)
def test_an_answer_that_is_no_table_fails_the_look(response, error):
    with pytest.raises(error):
        look_at(lambda request: response)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (row(status="4998"), "unknown status"),
        (row(status="SOMETHING NEW"), "unknown status"),
        (row(status="NOTHING TO DO"), "is not that of a file"),
        (row(at="yesterday"), "Invalid isoformat"),
        (row(file_hash="ab"), "no SHA1"),
    ],
)
def test_a_row_that_cannot_be_read_makes_its_product_unknown_and_no_other(bad, says):
    beam = row(name=f"Run{RUN}@{BEAM}@u", status="PROCESSING")
    seen = look_at(lambda request: table(row(), bad, beam))
    assert says in facts(seen, ECAL)["upload_status"]
    assert says in facts(seen, "EcalPedestals_prompt")["upload_result"]
    assert facts(seen, BEAM)["upload_status"] == "in_progress"


def test_one_run_whose_page_cannot_be_read_leaves_the_others():
    seen = look_at(answering(page("<html>"), table()), open_run(RUN), open_run(RUN + 1))
    assert "without the table" in facts(seen, ECAL)["upload_status"]
    assert facts(seen, ECAL, RUN + 1)["upload_status"] == "none"


@pytest.mark.parametrize(
    ("log", "says"),
    [
        (page("no", 500), "status 500"),
        (page("<html><title>Sign in</title></html>"), "a page instead of a log"),
        (page("INFO: done handling x ", kind="text/plain"), "does not name the tag"),
        (
            page(
                f"going to export input tag i to dest tag EcalPedestals_prompt with destSince {RUN} in db\n"
                "INFO: done handling x ",
                kind="text/plain",
            ),
            "ends without a result",
        ),
    ],
)
def test_a_log_that_does_not_tell_makes_the_tags_unknown(log, says):
    seen = look_at(answering(table(row()), log))
    assert facts(seen, ECAL)["upload_status"] == "done"
    assert says in facts(seen, "EcalPedestals_prompt")["upload_result"]


def test_a_log_that_is_not_complete_yet_is_in_progress():
    seen = look_at(answering(table(row()), page("INFO: starting to process", kind="text/plain")))
    assert facts(seen, "EcalPedestals_prompt")["upload_result"] == "in_progress"
    assert facts(look_at(lambda request: table(row(log="-"))), "EcalPedestals_prompt")["upload_result"] == "in_progress"


def test_an_empty_log_of_the_simulator_has_the_table_and_no_file(world):
    seen = look_at(Simulator(world).empty)
    assert facts(seen, ECAL) == {"upload_status": "none"}


def test_the_simulator_wants_every_field_as_the_real_form_does(http, world):
    with pytest.raises(Unreadable, match="404"):
        http.get("searchUserLog", {"fileName": "Run"}, accept="text/html")
    world.uploads = [upload(code=4210, hours=5.5)]
    assert http.get("getStatus", accept="text/plain").json()[0][1] == 4210
