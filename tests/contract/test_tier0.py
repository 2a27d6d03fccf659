"""The tier0 probe against recorded answers of the real service and against its simulator, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response
from probes.tier0 import answer
from probes.tier0.probe import Tier0
from probes.tier0.simulator import Simulator
from spy.domain.errors import NoAnswer, Refused, Unreadable
from spy.http import Answer, Http
from tests.support.period import START, Looks, Period, Wire, instead, json_response, run_of_sim, served, sim_run, values
from tests.support.transcript import Exchange, exchanges, play

DATA = Path(__file__).parent.parent / "data" / "tier0"
BASE = "/t0wmadatasvc/prod/"
HOUR = timedelta(hours=1)
LOOK = timedelta(minutes=2)


def read(body: str, **headers: str) -> Answer:
    return Answer("tier0", "asked", 200, body, headers)


def body(name: str) -> Answer:
    return read((DATA / "bodies" / f"{name}.json").read_text())


# --- recorded answers -------------------------------------------------------------------------------------------------


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


OK, ERRORS, DATABASE = (exchanges(DATA / f"http_{kind}.txt") for kind in ("ok", "errors", "db_edge_cases"))


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
        "prompt_enabled": True,
        "tier0_newest_run": 404616,
    }
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


# --- the simulator speaks as recorded ---------------------------------------------------------------------------------


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


# --- wrong answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        "", "404616", "[404616]", "null", '{"result": 404616}', '{"desc": []}', '{"result": [404616',
        '{"result": []}', '{"result": [1, 2]}', '{"result": ["404616"]}', '{"result": [404616.0]}',
        '{"result": [true]}', '{"result": [NaN]}', '{"result": [-1]}', '{"result": [0]}', '{"result": [[404616]]}',
        "<html><title>Sign in</title></html>",
    ],
)  # fmt: skip
def test_what_is_no_run_number_is_unreadable(wrong: str) -> None:
    with pytest.raises(Unreadable):
        answer.first_safe_run(read(wrong))


@pytest.mark.parametrize("wrong", ["1", "0", '"true"', "null", "[]", '"false"'])
def test_what_is_no_flag_is_unreadable_and_never_false(wrong: str) -> None:
    with pytest.raises(Unreadable):
        answer.flag(read(f'{{"result": [{wrong}]}}'))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"run": 398601, "stream": "Express", "alca_skim": null}', "asked for run 398600, found run 398601"),
        ('{"run": "398600", "stream": "Express", "alca_skim": null}', "expected a run number"),
        ('{"run": 398600, "stream": null, "alca_skim": null}', "expected a text in stream"),
        ('{"run": 398600, "stream": "Express&run=1", "alca_skim": null}', "expected a name in stream"),
        ('{"run": 398600, "stream": "Express"}', "without alca_skim"),
        ('{"run": 398600, "stream": "Express", "alca_skim": ["PromptCalibProd"]}', "expected a text or null"),
        ('{"run": 398600, "stream": "Express", "alca_skim": "PromptCalibProd x"}', "expected names in alca_skim"),
        ('"Express"', "expected rows"),
        (
            '{"run": 398600, "stream": "E", "alca_skim": null}, {"run": 398600, "stream": "E", "alca_skim": null}',
            "twice",
        ),
    ],
)
def test_an_express_row_that_is_wrong_is_unreadable(row: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        answer.express_config(read(f'{{"result": [{row}]}}'), 398600)


def test_a_status_of_the_frame_other_than_100_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="X-Rest-Status 403"):
        answer.flag(read('{"result": [true]}', **{"x-rest-status": "403"}))


# --- looks at the simulated service -----------------------------------------------------------------------------------


class Watch:
    """One open run, looked at again and again."""

    def __init__(self, http: Http, period: Period) -> None:
        self.looks = Looks(Tier0(), http)
        self.period = period
        self.now = START

    def at(self, after: timedelta) -> dict[str, object]:
        """What one look finds about the run."""
        self.now = self.period.now = START + after
        seen = self.looks.look(self.now, run_of_sim(self.period.runs[-1], self.now))
        return values(seen) | {s.partition("/")[2] + "." + n: e.value for (s, n), e in seen.items() if "/" in s}

    def final(self, name: str) -> bool:
        return any(e.final for (_, n), e in self.looks.known.items() if n == name)


@pytest.fixture
def period() -> Period:
    locked = sim_run(398599, start=START - 9 * HOUR, end=START - 6 * HOUR, locked_at=START - HOUR)
    done = {"Express": START + 8 * HOUR, "ExpressAlignment": START + 6 * HOUR, "Calibration": START + 5 * HOUR}
    return Period([locked, sim_run(stream_done=done)], now=START)


@pytest.fixture
def watch(period: Period) -> Iterator[Watch]:
    with served(Simulator(period).answer, BASE, "tier0") as http:
        yield Watch(http, period)


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
    assert watch.looks.http.requests - before == 3, "only the three questions about the service itself"


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


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ("promptreco_status", {"prompt_enabled"}),
        ("prod/run_config?run=", {"known_to_tier0", "era", "streams", "producers"}),
        ("express_config", {"streams", "producers"}),
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
