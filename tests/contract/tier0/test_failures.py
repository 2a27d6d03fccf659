"""What fails at Tier0 is unknown, with the reason, and spoils nothing else."""

from __future__ import annotations

import pytest

from probes.simulation.truth import SimRun
from probes.simulation.wire import Response
from probes.tier0.probe import Tier0
from probes.tier0.simulator import Simulator
from spy.domain.errors import NoAnswer, Refused
from tests.support.period import START, Looks, Period, Wire, instead, json_response, run_of_sim, served
from tests.support.tier0 import BASE, HOUR, LOOK, Watch


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ("promptreco_status", {"prompt_enabled"}),
        ("run=398600", {"known_to_tier0", "era", "streams", "producers", "express_cmssw"}),
        ("reco_config", {"started_run", "started_era", "started_global_tag", "started_cmssw"}),
        ("express_config", {"streams", "producers", "express_cmssw"}),
        ("stream=Calibration", {"stream_done"}),
    ],
)
@pytest.mark.parametrize(
    "wrong",
    [Response(500, b"<html>", {"X-Error-Detail": "Execution error"}), json_response('{"result": [')],
    ids=["http500", "truncated"],
)
def test_a_part_that_fails_is_unknown_and_spoils_no_other(
    period: Period, part: str, lost: set[str], wrong: Response
) -> None:
    period.now = START + 4 * HOUR
    with served(instead(Simulator(period).answer, part, wrong), BASE, "tier0") as http:
        seen = Looks(Tier0(), http).look(period.now, run_of_sim(period.runs[-1], period.now))
    assert {name for (_, name), e in seen.items() if e.value is None} == lost
    assert len([e for e in seen.values() if e.value is not None]) >= 4


def test_an_outage_after_a_good_look_names_every_stream_it_hides(period: Period) -> None:
    simulator = Simulator(period)
    wire: dict[str, Wire] = {"now": simulator.answer}
    with served(lambda request: wire["now"](request), BASE, "tier0") as http:
        watch = Watch(http, period)
        watch.at(4 * HOUR)
        wire["now"] = instead(
            simulator.answer, "express_config", Response(503, b"", {"X-Error-Detail": "Database away"})
        )
        seen = watch.looks.look(START + 4 * HOUR + LOOK, run_of_sim(period.runs[-1], period.now))
    for stream in ("Calibration", "Express", "ExpressAlignment"):
        assert "Database away" in seen[f"398600/stream:{stream}", "producers"].problem
        assert seen[f"398600/stream:{stream}", "stream_done"].value is False


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (Response(503, b"", {}), NoAnswer),
        (Response(403, b"<html>", {}), Refused),
        (Response(302, b"", {"Location": "https://auth.example.invalid/"}), Refused),
    ],
)
def test_a_service_that_is_away_or_refuses_fails_the_whole_look(
    period: Period, wrong: Response, kind: type[Exception]
) -> None:
    with served(lambda request: wrong, BASE, "tier0") as http, pytest.raises(kind):
        Watch(http, period).at(4 * HOUR)


def test_a_refusal_in_the_middle_of_a_look_fails_it_too(period: Period) -> None:
    faulty = instead(Simulator(period).answer, "express_config", Response(403, b"<html>", {}))
    with served(faulty, BASE, "tier0") as http, pytest.raises(Refused):
        Watch(http, period).at(4 * HOUR)


def test_a_replica_that_stands_still_is_found_by_its_date(period: Period) -> None:
    with served(Simulator(period).answer, BASE, "tier0") as http:
        period.now = START + 4 * HOUR
        seen = Looks(Tier0(), http).look(START + 5 * HOUR, run_of_sim(period.runs[-1], period.now))
    assert {e.value for e in seen.values()} == {None}
    assert "an answer of 2026-06-01T04:00:00Z, older than 12 min" in seen["service:tier0", "first_safe_run"].problem


def test_asking_for_open_runs_only_never_asks_about_closed_ones(watch: Watch) -> None:
    asked: list[SimRun] = watch.period.runs
    assert [run.number for run in asked] == [398599, 398600]
    watch.at(4 * HOUR)
    assert {subject.split("/")[0] for subject, _ in watch.looks.known} == {"service:tier0", "prod:398600"}
