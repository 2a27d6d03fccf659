"""The newer GUI, which is told by its URL."""

from __future__ import annotations

import json

import pytest

from tests.support.dqm import ALIGN, HIGH, PRODUCTS, RUN, facts, look_at, text


def root_string(value):
    return json.dumps({"_typename": "TObjString", "fString": value, "dqmProperties": {"efficiency": False}})


ROOT_FLAGS = {
    "_typename": "TH2F",
    "fEntries": 6,
    "fXaxis": {"fNbins": 6, "fLabels": {"arr": [
        {"_typename": "TObjString", "fUniqueID": 1, "fString": "DB updated"},
        {"_typename": "TObjString", "fUniqueID": 3, "fString": "DB update vetoed"}]}},
    "fYaxis": {"fNbins": 1, "fLabels": None},
    "fArray": [0] * 8 + [9, 0, 1, 1, 1, 1, 1, 9] + [0] * 8,
}  # fmt: skip


def new_gui(**changed):
    data = [
        {"run": RUN, "lumi": 0, "dataset": f"/StreamExpress/Run2026D-{PRODUCTS[ALIGN].producer}-Express-v1/ALCAPROMPT"},
        {"run": RUN, "lumi": 7, "dataset": f"/StreamExpress/Run2026D-{PRODUCTS[HIGH].producer}-Express-v1/ALCAPROMPT"},
    ]
    folder = {"data": [{"subdir": "X", "me_count": 12}, {"name": "PedeExitCode", "path": "p"}]}
    answers = {
        "samples": text(json.dumps({"data": data})),
        "archive": text(json.dumps(folder)),
        "PedeExitCode": text(root_string("     1   Ended with warnings")),
        "statusResults": text(json.dumps(ROOT_FLAGS)),
    }
    answers |= changed
    return lambda request: next(answers[name] for name in reversed(answers) if name in request.path)


def test_the_new_interface_is_read_where_the_url_names_it():
    seen = look_at(new_gui(), path="/dqm/offline-new/api/v1/")
    assert facts(seen, ALIGN) == {
        "harvest_sample": True,
        "harvest_read": True,
        "pede_exit_code": 1,
        "db_updated": False,
        "db_update_vetoed": True,
    }
    assert facts(seen, HIGH) == {"harvest_sample": False}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"archive": text('{"message": "Sample not found"}', 404)}, "no such sample"),
        ({"statusResults": text('{"message": "ME not found"}', 500)}, "no such object"),
        ({"statusResults": text("crash", 500)}, "status 500"),
        ({"statusResults": text(json.dumps(ROOT_FLAGS | {"fArray": [0] * 8}))}, "with 8 values"),
        ({"PedeExitCode": text('{"_typename": "TH1F"}')}, "no scalar but a TH1F"),
        ({"archive": text('{"error": "Too many"}', 429)}, "status 429"),
    ],
)
def test_an_error_of_the_new_interface_is_unknown_with_its_reason(changed, says):
    seen = look_at(new_gui(**changed), path="/dqm/offline-new/api/v1/")
    assert facts(seen, ALIGN)["harvest_sample"] is True
    assert says in facts(seen, ALIGN)["harvest_read"]
