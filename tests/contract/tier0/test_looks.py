"""The tier0 probe follows runs at the simulated service, over real HTTP."""

from __future__ import annotations

import json

from probes.tier0.simulator import Simulator
from tests.support.period import START, Period, instead, json_response, served
from tests.support.tier0 import BASE, HOUR, LOOK, Watch

PRODUCERS = ",".join(f"PromptCalibProd{name}" for name in ("BeamSpotHP", "EcalPedestals", "SiPixel", "SiStrip"))


def test_a_run_is_followed_from_its_first_minute_to_its_reconstruction(watch: Watch) -> None:
    seen = watch.at(HOUR)
    assert seen["known_to_tier0"] is True
    assert seen["era"] == "Run2026D"
    assert seen["streams"] == "Calibration,Express,ExpressAlignment"
    assert seen["producers"] == PRODUCERS
    assert seen["stream:Express.producers"] == "PromptCalibProdSiPixel,PromptCalibProdSiStrip"
    assert seen["stream:Express.stream_done"] is False
    assert seen["reco_started"] is False

    assert "known_to_tier0" not in watch.at(HOUR + LOOK), "final, never asked again"

    watch.at(3 * HOUR + LOOK)
    assert not watch.final("streams"), "one answer after the end is not two"
    watch.at(3 * HOUR + 2 * LOOK)
    assert watch.final("streams")
    assert watch.final("producers")

    seen = watch.at(6 * HOUR)
    assert "streams" not in seen
    assert seen["stream:Express.stream_done"] is False
    assert (seen["stream:Calibration.stream_done"], seen["stream:ExpressAlignment.stream_done"]) == (True, True)
    assert "stream:Calibration.stream_done" not in watch.at(6 * HOUR + LOOK)
    assert watch.at(8 * HOUR)["stream:Express.stream_done"] is True

    watch.period.runs[-1].locked_at = START + 9 * HOUR
    assert watch.at(9 * HOUR)["reco_started"] is False
    watch.period.runs[-1].started_at = START + 9 * HOUR
    seen = watch.at(9 * HOUR + LOOK)
    assert (seen["reco_started"], seen["reco_global_tag"], seen["reco_cmssw"]) == (
        True,
        "160X_dataRun3_Prompt_v1",
        "CMSSW_16_0_7_patch1",
    )
    before = watch.looks.http.requests
    assert watch.at(10 * HOUR) == {}
    assert watch.looks.http.requests - before == 5, "only the five questions about the service itself"


def test_a_run_being_taken_is_asked_neither_for_finished_streams_nor_for_its_release(watch: Watch) -> None:
    watch.at(HOUR)
    before = watch.looks.http.requests
    watch.at(HOUR + LOOK)
    assert watch.looks.http.requests - before == 6, "five about the service, one about the run's streams"


def test_an_answer_seen_before_the_end_does_not_count_towards_the_final_set(watch: Watch) -> None:
    watch.at(3 * HOUR - LOOK)
    watch.at(3 * HOUR + LOOK)
    assert not watch.final("streams")


def test_a_set_that_changed_between_two_answers_is_not_final(watch: Watch) -> None:
    run = watch.period.runs[-1]
    watch.at(3 * HOUR + LOOK)
    run.streams.append("HLTMonitor")
    assert watch.at(3 * HOUR + 2 * LOOK)["streams"] == "Calibration,Express,ExpressAlignment,HLTMonitor"
    assert not watch.final("streams")
    watch.at(3 * HOUR + 3 * LOOK)
    assert watch.final("streams")


def test_a_lost_stream_makes_the_set_unknown_until_it_is_back(watch: Watch) -> None:
    run = watch.period.runs[-1]
    watch.at(3 * HOUR + LOOK)
    run.streams.remove("Calibration")
    for looks in range(2, 6):
        seen = watch.at(3 * HOUR + looks * LOOK)
        assert "shrinking: stream Calibration" in str(seen["streams"])
        assert "shrinking" in str(seen["producers"])
        assert seen["stream:Calibration.producers"] is None
    assert not watch.final("streams")
    run.streams.append("Calibration")
    watch.at(4 * HOUR)
    watch.at(4 * HOUR + LOOK)
    assert watch.final("streams")


def test_a_lost_producer_makes_the_set_unknown_until_it_is_back(watch: Watch) -> None:
    run = watch.period.runs[-1]
    watch.at(3 * HOUR + LOOK)
    run.alca_skim["Express"] = "PromptCalibProdSiStrip"
    for looks in range(2, 6):
        seen = watch.at(3 * HOUR + looks * LOOK)
        assert "shrinking: PromptCalibProdSiPixel of stream Express" in str(seen["producers"])
        assert seen["stream:Express.producers"] is None
    assert not watch.final("producers")


def test_no_stream_at_all_is_unknown_and_not_an_empty_set(watch: Watch) -> None:
    watch.period.runs[-1].streams.clear()
    seen = watch.at(4 * HOUR)
    assert (seen["streams"], seen["producers"]) == ("no express stream declared", "no producer declared")


def test_a_stream_without_producers_is_declared_and_not_waited_for(watch: Watch) -> None:
    watch.period.runs[-1].alca_skim["Express"] = None
    seen = watch.at(4 * HOUR)
    assert seen["stream:Express.producers"] == ""
    assert "stream:Express.stream_done" not in seen
    assert seen["producers"] == "PromptCalibProdBeamSpotHP,PromptCalibProdEcalPedestals"


def test_streams_without_any_producer_are_unknown_as_a_set_of_producers(watch: Watch) -> None:
    watch.period.runs[-1].alca_skim.clear()
    seen = watch.at(4 * HOUR)
    assert seen["streams"] == "Calibration,Express,ExpressAlignment"
    assert seen["producers"] == "no producer declared"


def test_a_run_that_tier0_does_not_know_is_told_apart_from_not_yet(watch: Watch) -> None:
    watch.period.runs[-1].transferred = False
    seen = watch.at(4 * HOUR)
    assert seen["known_to_tier0"] is False
    assert (seen["era"], seen["streams"], seen["producers"]) == ("not known to Tier0",) * 3


def test_several_global_tags_of_one_run_are_all_named(period: Period) -> None:
    run = period.runs[-1]
    run.locked_at = run.started_at = START + 4 * HOUR
    rows = [
        {"run": 398600, "primary_dataset": name, "cmssw": "CMSSW_16_0_7", "global_tag": tag}
        for name, tag in (("Muon0", "B"), ("Muon1", "A"), ("Muon2", "B"))
    ]
    faulty = instead(Simulator(period).answer, "reco_config", json_response(json.dumps({"result": rows})))
    with served(faulty, BASE, "tier0") as http:
        assert Watch(http, period).at(5 * HOUR)["reco_global_tag"] == "A,B"
