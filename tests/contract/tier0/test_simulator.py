"""The simulated data service speaks as the recorded one."""

from __future__ import annotations

import json

import pytest

from probes.simulation.wire import Request
from probes.tier0.simulator import Simulator
from tests.support.period import START, Period, sim_run
from tests.support.tier0 import BASE, DATA, ERRORS, HOUR, OK
from tests.support.transcript import Exchange


def recorded_period() -> Period:
    """Runs that lead to the recorded answers."""
    streams = json.loads((DATA / "bodies" / "express_config__stream__Calibration.json").read_text())["result"]
    skims = {row["stream"]: row["alca_skim"] for row in streams}
    old = sim_run(
        402263,
        era="Run2026C",
        cmssw="CMSSW_16_0_4_patch2",
        datasets=["Muon0"],
        stream_done={"Express": START},
        locked_at=START,
        started_at=START,
    )
    new = sim_run(404616, streams=list(skims), alca_skim=skims)
    return Period([old, new], now=START + HOUR)


# Interfaces that the agent does not ask, and two rows that hang on what the world does not simulate.
BEYOND = ("history", "dataset_locked", "skipped_streamers", "repack_stats", "390094", "reco_config?run=402263")
SIMULATED = [exchange for exchange in OK + ERRORS if not any(part in str(exchange) for part in BEYOND)]
CHANGING = {"Date", "X-Rest-Time", "X-Error-Id"}


@pytest.mark.parametrize("exchange", SIMULATED, ids=str)
def test_the_simulator_answers_as_the_real_service_did_byte_for_byte(exchange: Exchange) -> None:
    simulated = Simulator(recorded_period()).answer(exchange.request)
    assert simulated.status == exchange.response.status
    assert simulated.body == exchange.response.body
    ours = {name: value for name, value in simulated.headers.items() if name not in CHANGING}
    theirs = {name: value for name, value in exchange.response.headers.items() if name not in CHANGING}
    if exchange.response.status == 404:  # the real service has more interfaces than the simulator, and lists them
        assert ours.pop("X-Error-Info", "")[:60] == theirs.pop("X-Error-Info", "")[:60]
    assert ours == theirs
    assert CHANGING - {"X-Error-Id"} <= set(simulated.headers)


def test_a_simulated_reco_row_has_the_recorded_keys_in_order() -> None:
    [row] = json.loads((DATA / "bodies" / "reco_config__run__402263__primary_dataset__Muon0.json").read_text())[
        "result"
    ]
    request = Request("GET", BASE + "reco_config", {"run": ["402263"]}, {"accept": "application/json"})
    [simulated] = json.loads(Simulator(recorded_period()).answer(request).body)["result"]
    assert list(simulated) == list(row)
