"""What Tier0 says about locks and starts is believed only where it contradicts nothing that was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from probes.tier0.probe import SERVICE, Tier0
from probes.tier0.simulator import Simulator
from spy.domain.evidence import Evidence, Value, unknown
from spy.probe import Open, OpenRun
from tests.support.period import START, Period, Wire, instead, json_response, run_of_sim, served, sim_run
from tests.support.tier0 import BASE, HOUR


def service_facts(period: Period, answer: str = "", **known: object) -> dict[str, Evidence]:
    """What one look tells about the service itself; `answer` in place of the first condition-safe run."""
    wire: Wire = Simulator(period).answer
    if answer:
        wire = instead(wire, "firstconditionsaferun", json_response(answer))
    opened = Open(now=period.now, runs=[OpenRun(run_of_sim(period.runs[-1], period.now))], products={})
    with served(wire, BASE, "tier0") as http:
        seen = list(Tier0().observe(http, replace(opened, **known)))  # type: ignore[arg-type]
    return {e.name: e for e in seen if e.subject == "service:tier0"}


@pytest.mark.parametrize(
    ("answer", "known", "trouble"),
    [
        ("[398600]", {"seen_locked": 398599, "first_safe_run": 398600}, ""),
        ("[398600]", {"seen_locked": 398600, "first_safe_run": 398601}, "fell to 398600, though run 398600 was locked"),
        ("[398600]", {"seen_locked": 398600}, "fell to 398600, though run 398600 was locked"),
        ("[398598]", {"first_safe_run": 398600}, "fell from 398600 to 398598"),
        ("[398598]", {}, ""),
        ("[null]", {"seen_locked": 398600}, "null, though run 398600 was locked"),
        ("[null]", {}, "no run was ever locked"),
    ],
)
def test_a_number_that_takes_back_a_lock_is_unknown_with_what_it_contradicts(
    period: Period, answer: str, known: dict[str, object], trouble: str
) -> None:
    seen = service_facts(period, f'{{"result": {answer}}}', **known)
    assert seen["frontier_trouble"].value == trouble
    assert (seen["first_safe_run"].value is None) == bool(trouble)
    assert seen["first_safe_run"].problem == trouble


def test_what_a_further_agent_starts_is_not_what_ours_is_configured_with(period: Period) -> None:
    seen = service_facts(period)
    assert (seen["started_run"].value, seen["started_global_tag"].value) == (398599, "160X_dataRun3_Prompt_v1")
    seen = service_facts(period, helper_datasets=frozenset(period.runs[0].datasets))
    assert (seen["started_run"].value, seen["started_global_tag"].value) == (398599, "")


def test_a_start_of_a_further_agent_alone_hides_not_what_ours_started_with_before(period: Period) -> None:
    told: dict[str, Value] = {
        "started_run": 398500,
        "started_era": "Run2026C",
        "started_global_tag": "GT_v1",
        "started_cmssw": "R_1",
    }
    known = {(SERVICE, name): Evidence(SERVICE, name, value, "tier0", START) for name, value in told.items()}
    helpers = frozenset(period.runs[0].datasets)
    seen = service_facts(period, helper_datasets=helpers, services=known)
    assert {name: seen[name].value for name in told} == told
    lost = known | {(SERVICE, "started_era"): unknown(SERVICE, "started_era", "tier0", START, "no answer")}
    assert service_facts(period, helper_datasets=helpers, services=lost)["started_global_tag"].value == ""
    assert service_facts(period, services=known)["started_global_tag"].value == "160X_dataRun3_Prompt_v1"


def test_a_start_of_a_further_agent_is_not_the_start_that_we_asked_for() -> None:
    run = sim_run(datasets=["Muon0", "ParkingHH"], locked_at=START + 4 * HOUR, started_at=START + 4 * HOUR)
    newer = sim_run(398601, start=START + 4 * HOUR, end=None)
    period = Period([run, newer], now=START + 5 * HOUR)
    opened = Open(now=period.now, runs=[OpenRun(run_of_sim(run, period.now))], products={})
    told = {}
    for helpers in (frozenset({"ParkingHH"}), frozenset({"ParkingHH", "Muon0"})):
        with served(Simulator(period).answer, BASE, "tier0") as http:
            seen = list(Tier0().observe(http, replace(opened, helper_datasets=helpers)))
        told[helpers] = next(e for e in seen if e.name == "reco_started")
    assert [(e.value, e.final) for e in told.values()] == [(True, True), (False, False)]


def test_an_empty_list_of_starts_is_unknown_once_runs_were_locked() -> None:
    locked = sim_run(398599, start=START - 9 * HOUR, end=START - 6 * HOUR, locked_at=START - timedelta(minutes=5))
    period = Period([locked, sim_run()], now=START)
    assert "nothing was ever started, though runs were locked" in service_facts(period)["started_global_tag"].problem
    locked.locked_at = None
    assert service_facts(period)["started_global_tag"].value == ""
