"""The tier0 probe on recorded answers of the real service."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from probes.tier0 import answer
from probes.tier0.probe import Tier0
from probes.tier0.simulator import Simulator
from spy.domain.errors import NoAnswer, Unreadable
from spy.http import Http
from tests.support.period import START, Looks, Period, instead, json_response, run_of_sim, served, sim_run, values
from tests.support.tier0 import BASE, DATA, DATABASE, ERRORS, HOUR, OK, body, read
from tests.support.transcript import Exchange, play


def test_the_recorded_answers_mean_what_they_say() -> None:
    assert answer.first_safe_run(body("firstconditionsaferun")) == 404616
    assert answer.flag(body("promptreco_status")) is True
    assert answer.flag(body("run_stream_done__run__402263__stream__Express")) is True
    assert answer.flag(body("run_stream_done__run__404616__stream__Express")) is False
    assert answer.flag(body("run_dataset_done__run__390094")) is True
    assert answer.flag(body("run_dataset_done__run__402263__primary_dataset__Muon0")) is False
    assert answer.run_config(body("run_config")) == answer.RunConfig(404616, "Run2026D")
    assert answer.run_config(body("run_config__run__402263"), 402263) == answer.RunConfig(402263, "Run2026C")
    assert answer.run_config(body("run_config__run__999999"), 999999) is None
    assert answer.reco_config(body("reco_config__run__404616"), 404616) == []
    [row] = answer.reco_config(body("reco_config__run__402263__primary_dataset__Muon0"), 402263)
    assert (row.dataset, row.cmssw, row.global_tag) == ("Muon0", "CMSSW_16_0_4_patch2", "160X_dataRun3_Prompt_v1")


def test_the_recorded_run_expects_sixteen_producers_of_six_streams() -> None:
    streams = answer.express_config(body("express_config__stream__Calibration"), 404616)
    assert {name: len(row.producers) for name, row in streams.items()} == {
        "ALCALumiPixelsCountsExpress": 1,
        "ALCAPPSExpress": 2,
        "Calibration": 1,
        "Express": 10,
        "ExpressAlignment": 1,
        "HLTMonitor": 1,
    }
    assert "PromptCalibProd" in streams["Express"].producers


def test_the_real_answer_of_2023_with_fewer_keys_and_in_text_form_is_read() -> None:
    real = read((DATA / "reco_config_run262163_BTagCSV.json").read_text())
    assert answer.reco_config(real, 262163) == [
        answer.RecoConfig(262163, "BTagCSV", "CMSSW_7_5_5_patch4", "75X_dataRun2_Prompt_ppAt5TeV_v0")
    ]


@pytest.mark.parametrize("era", ["Run2022A", "Run2023C", "Run2024F", "Run2025C", "Run2026D"])
def test_the_lists_of_each_era_give_its_producers_per_stream(era: str) -> None:
    real = json.loads((DATA / "express_streams_by_era.json").read_text())[era]
    rows = [
        {"run": 398600, "stream": name, "alca_skim": ",".join(of["alca_producers"]) or None}
        for name, of in real.items()
    ]
    found = answer.express_config(read(json.dumps({"result": rows})), 398600)
    assert {name: list(row.producers) for name, row in found.items()} == {
        name: sorted(of["pcl_producers"]) for name, of in real.items()
    }
    assert any(row.producers for row in found.values())


@pytest.fixture
def recorded() -> Iterator[Http]:
    with served(lambda request: play(OK, request), BASE, "tier0") as http:
        yield http


def test_a_look_at_the_recorded_service_finds_frontier_switch_and_the_declared_run(recorded: Http) -> None:
    run = sim_run(402263)
    looks = Looks(Tier0(), recorded)
    # Recorded at 09:40:26; its express_config without a stream was not, and must be unknown.
    now = START.replace(month=11, day=22, hour=9, minute=41)
    seen = looks.look(now, run_of_sim(run, now))
    assert values(seen, "service:tier0") == {
        "first_safe_run": 404616,
        "frontier_trouble": "",
        "prompt_enabled": True,
        "tier0_newest_run": 404616,
    } | dict.fromkeys(("started_run", "started_era", "started_global_tag", "started_cmssw"), "reco_config: status 599")
    told = values(seen, "402263")
    assert (told["known_to_tier0"], told["era"]) == (True, "Run2026C")
    assert "status 599" in str(told["streams"])
    assert "status 599" in str(told["producers"])
    assert seen["service:tier0", "first_safe_run"].as_of == now.replace(minute=40, second=26)


@pytest.mark.parametrize("exchange", [e for e in ERRORS if e.request.method == "GET"][:11], ids=str)
def test_a_recorded_error_page_is_never_read_as_data(exchange: Exchange) -> None:
    path = exchange.request.path + ("?" if exchange.request.query else "")
    with served(lambda request: exchange.response, path, "tier0") as http, pytest.raises(Unreadable) as caught:
        http.get("")
    assert exchange.response.headers["X-Error-Detail"] in caught.value.what


@pytest.mark.parametrize(("at", "told"), [(0, "Database unavailable"), (2, "Execution error")])
def test_a_recorded_failure_of_its_database_is_no_answer(at: int, told: str) -> None:
    with served(lambda request: DATABASE[at].response, BASE, "tier0") as http, pytest.raises(NoAnswer, match=told):
        http.get("promptreco_status")


def test_the_recorded_null_frontier_is_unknown_and_nothing_is_taken_for_locked() -> None:
    period = Period([sim_run()], now=START + 4 * HOUR)
    faulty = instead(
        Simulator(period).answer, "firstconditionsaferun", json_response(DATABASE[1].response.body.decode())
    )
    with served(faulty, BASE, "tier0") as http:
        seen = Looks(Tier0(), http).look(period.now, run_of_sim(period.runs[0], period.now))
    assert seen["service:tier0", "first_safe_run"].problem == "no run was ever locked"
    assert seen["398600", "reco_started"].problem == "Tier0's first condition-safe run is unknown"
