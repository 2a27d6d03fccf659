"""Recorded histograms and names of samples."""

from __future__ import annotations

import json

import pytest

from probes.dqm import answer
from probes.dqm.answer import Sample
from spy.http import Answer
from tests.support.dqm import DATA


def recorded(name):
    body = (DATA / name).read_text()
    return Answer("dqm", name, 200, body, {})


def test_the_recorded_jsonfairy_histogram_is_read_whole():
    given = recorded("jsonfairy_321012_StreamExpress_TrackEtaPhi_TH2.json")
    found = answer.readable(given, answer.fairy_histogram)
    assert (found.kind, found.entries) == ("TH2", 27465754.0)
    assert (len(found.content), {len(row) for row in found.content}) == (32, {31})
    assert (min(map(min, found.content)), max(map(max, found.content))) == (1306, 35303)
    assert sum(map(sum, found.content)) == pytest.approx(2.74584e7)
    assert found.labels == {}


@pytest.mark.parametrize("name", ["jsrootfairy_FedChNErr_6.08.04.json", "jsrootfairy_FedChNErr_6.10.09.json"])
def test_recorded_root_json_of_two_versions_is_the_same_histogram(name):
    found = answer.readable(recorded(name), answer.root_histogram)
    assert (found.kind, found.entries, len(found.content[0])) == ("TH1F", 100, 100)
    assert sum(found.content[0]) == pytest.approx(18.647, abs=0.001)


def test_recorded_answers_of_the_new_interface_are_read():
    mocks = json.loads((DATA / "dqmgui_v1_frontend_mock_db.json").read_text())
    assert answer.root_text(mocks["irun"]) == "348496"
    assert answer.new_objects(mocks["summary"])[0] == "reportSummaryMap"
    assert answer.new_objects(mocks["all"]) == []
    assert answer.new_samples(mocks["samples"], 503335) == []  # online, no harvest


@pytest.mark.parametrize(
    ("dataset", "sample"),
    [
        (
            "/StreamExpress/Run2024F-PromptCalibProdSiPixelAli-Express-v1/ALCAPROMPT",
            ("Express", "PromptCalibProdSiPixelAli", 1),
        ),
        (
            "/StreamALCALumiPixelsCountsExpress/Run2024F-PromptCalibProdLumiPCC-Express-v12/ALCAPROMPT",
            ("ALCALumiPixelsCountsExpress", "PromptCalibProdLumiPCC", 12),
        ),
        ("/StreamExpress/Run2018A-PromptCalibProd-Express-v1/ALCAPROMPT", ("Express", "PromptCalibProd", 1)),
        ("/StreamExpress/Run2018D-Express-v1/DQMIO", None),
        ("/ZeroBias/Run2024F-PromptCalibProdSiPixelAli-Express-v1/ALCAPROMPT", None),
    ],
)
def test_real_names_of_samples_are_read(dataset, sample):
    found = Sample.of(dataset)
    assert (found and (found.stream, found.producer, found.version)) == sample


def test_of_two_versions_of_a_sample_the_newest_counts():
    names = [f"/StreamExpress/Run2026D-PromptCalibProdSiStrip-Express-v{v}/ALCAPROMPT" for v in (9, 10)]
    names.append("/StreamExpressCosmics/Run2026D-PromptCalibProdSiStrip-Express-v11/ALCAPROMPT")
    samples = [sample for name in names if (sample := Sample.of(name))]
    found = answer.newest(samples, "PromptCalibProdSiStrip", ("Express",))
    assert found is not None
    assert found.version == 10


@pytest.mark.parametrize(("line", "code"), [("     0   Ended normally", 0), ("-1 running", -1), ("  10   Aborted", 10)])
def test_an_exit_code_is_the_leading_integer(line, code):
    assert answer.exit_code(line) == code
