"""Answers of the classic GUI that are no JSON, absent or wrong."""

from __future__ import annotations

import json

import pytest

from probes.dqm.simulator import Simulator
from probes.simulation.wire import Response
from spy.domain.errors import NoAnswer, Refused, Unreadable
from tests.support.dqm import ALIGN, BEAM, PRODUCTS, RUN, facts, look_at, open_run, text

LISTED = json.dumps(
    {
        "samples": [
            {"type": "offline_data", "items": [
                {"type": "offline_data", "run": str(RUN), "dataset": "/Cosmics/Run2026D-PromptReco-v1/DQMIO"}]},
            {"type": "offline_relval", "items": []},
            {"type": "offline_data", "items": [
                {"type": "offline_data", "run": str(RUN), "version": "", "importversion": 1,
                 "dataset": f"/StreamExpress/Run2026D-{PRODUCTS[ALIGN].producer}-Express-v1/ALCAPROMPT"}]},
        ]
    }
)  # fmt: skip
FLAGS = json.dumps(
    {"hist": {"type": "TH2", "stats": {"entries": 1}, "bins": {"content": [[1, 1, 0, 1, 1, 1]]}, "xaxis": {"labels": [
        {"center": at + 0.5, "value": name}
        for at, name in enumerate(["DB updated", "b", "DB update vetoed", "d", "e", "f"])]}}}
)  # fmt: skip


def listing(value="     0   Ended normally", extra=""):
    scalar = {"obj": "PedeExitCode", "properties": {"kind": "SCALAR", "type": "STRING"}, "value": value}
    return '{"contents": [' + extra + '{"streamerinfo": ""}, ' + json.dumps(scalar) + "]}"


def classic(samples=LISTED, folder=None, histogram=FLAGS):
    """A classic GUI with these three answers."""
    bodies = {"samples": samples, "archive": listing() if folder is None else folder, "jsonfairy": histogram}

    def answer(request):
        kind = next(k for k in ("jsonfairy", "samples", "archive") if k in request.path)
        body = bodies[kind]
        return body if isinstance(body, Response) else text(body)

    return answer


def test_samples_are_found_in_every_group():
    assert facts(look_at(classic()), ALIGN) == {
        "harvest_sample": True,
        "harvest_read": True,
        "pede_exit_code": 0,
        "db_updated": True,
        "db_update_vetoed": False,
    }


@pytest.mark.parametrize(
    "folder",
    [
        listing(extra=", "),
        listing().replace('{"streamerinfo": ""}', '{"streamerinfo": "", "stats": {"rms": nan, "mean": -inf}}'),
        listing().replace("Ended normally", "Ended\nnormally"),
        listing().replace("Ended normally", "C:\\path nan, inf [, "),
    ],
    ids=["comma after [", "bare nan and inf", "bare newline", "bare backslash"],
)
def test_what_the_classic_gui_writes_instead_of_json_is_read(folder):
    with pytest.raises(ValueError, match=r"."):
        json.loads(folder, parse_constant=lambda name: pytest.fail(name))
    assert facts(look_at(classic(folder=folder)), ALIGN)["pede_exit_code"] == 0


@pytest.mark.parametrize(
    "folder",
    ["{}", '{"contents": []}', '{"contents": [{"streamerinfo": ""}]}', '{"contents": [, {"subdir": "Layouts"}]}'],
)
def test_an_absent_folder_is_asked_for_again(folder):
    seen = look_at(classic(folder=folder))
    assert facts(seen, ALIGN)["harvest_sample"] is True
    assert "nothing in its folder yet" in facts(seen, ALIGN)["harvest_read"]
    assert "pede_exit_code" not in facts(seen, ALIGN)


@pytest.mark.parametrize(
    ("bodies", "name", "says"),
    [
        ({"folder": listing("no exit code found")}, "pede_exit_code", "no exit code found"),
        ({"folder": '{"contents": [{"streamerinfo": ""}, {"obj": 1}]}'}, "harvest_read", "not the expected shape"),
        ({"folder": '{"contents": [nonsense'}, "harvest_read", "no valid JSON"),
        ({"folder": text("<html><title>Sign in</title>")}, "harvest_read", "Sign in"),
        ({"folder": text("", 500)}, "harvest_read", "status 500"),
        ({"histogram": '{"hist": "unsupported type"}'}, "harvest_read", "unsupported type"),
        ({"histogram": "JSON for this source is not supported"}, "harvest_read", "no valid JSON"),
        ({"histogram": '"error":"JSON preparing process was interrupted."'}, "harvest_read", "no valid JSON"),
        ({"histogram": FLAGS.replace("DB updated", "dX")}, "db_updated", "'DB updated' is not there"),
        ({"histogram": FLAGS.replace("[[1,", "[[0.5,")}, "db_updated", "neither 0 nor 1"),
        ({"histogram": FLAGS.replace("[[1,", "[[nan,")}, "db_updated", "is not there"),
    ],
)
def test_what_cannot_be_read_of_a_harvest_is_unknown_and_nothing_else(bodies, name, says):
    seen = look_at(classic(**bodies))
    assert says in facts(seen, ALIGN)[name]
    assert facts(seen, ALIGN)["harvest_sample"] is True
    assert facts(seen, BEAM) == {"harvest_sample": False}


def test_what_is_unknown_is_asked_again_with_its_reason_and_what_is_known_is_not_told_twice():
    first = look_at(classic(folder=listing("no exit code found")))
    assert [e.final for e in first if e.name == "harvest_read"] == [False]
    second = look_at(classic(folder=listing("no exit code found")), open_run(known=first))
    assert set(facts(second, ALIGN)) == {"harvest_read", "pede_exit_code"}
    third = look_at(classic(), open_run(known=first))
    assert facts(third, ALIGN) == {"harvest_read": True, "pede_exit_code": 0}


@pytest.mark.parametrize(
    ("samples", "error"),
    [
        ("[]", Unreadable),
        ('{"samples": [{"items": [{"run": 1}]}]}', Unreadable),
        ("", Unreadable),
        ('{"samples": [', Unreadable),
        (text("<html>", 200, "text/html"), Unreadable),
        (text("", 401), Refused),
        (text("", 503), NoAnswer),
    ],
)
def test_a_list_that_cannot_be_read_fails_the_look(samples, error):
    with pytest.raises(error):
        look_at(classic(samples))


def test_one_run_whose_list_cannot_be_read_leaves_the_others():
    left = [text("[]"), text('{"samples": []}')]
    seen = look_at(lambda request: left.pop(0), open_run(RUN), open_run(RUN + 1))
    assert "not the expected shape" in facts(seen, BEAM)["harvest_sample"]
    assert facts(seen, BEAM, RUN + 1) == {"harvest_sample": False}


def test_an_empty_gui_has_no_sample(world):
    assert facts(look_at(Simulator(world).empty), BEAM) == {"harvest_sample": False}
