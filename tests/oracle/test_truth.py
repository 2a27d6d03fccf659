"""The oracle itself, on cases that were worked out by hand from the design's text."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.oracle.draw import draw, offset
from tests.oracle.judge import judge
from tests.oracle.scenario_file import read, seconds
from tests.oracle.spans import NEVER, Spans, since, spans
from tests.oracle.truth import Truth, truths

HOUR = 3600.0
LOCK = 3 * HOUR + 47.5 * HOUR
"""The run of `plain` ends at 3 h."""


def plain(**changes: Any) -> dict[str, Any]:
    """A collision run that is right from 10 h on: the last product lands at 9 h, the streams are done at 10 h."""
    names = ("BeamSpotObjectHP_ByLumi", "SiPixelQualityFromDbRcd_prompt", "SiStripBadStrip_pcl", "EcalPedestals_pcl")
    products = [{"name": name, "harvested": "5h"} for name in names]
    products.append({"name": "SiPixelAliHG_pcl", "harvested": "7h", "uploaded": "9h"})
    run = {"number": 600, "class": "collisions", "start": "0h", "end": "3h", "lumis": 400, "express_done": "10h"}
    run |= {"streams": ["Express", "ExpressAlignment", "Calibration"], "datasets": ["Muon0"], "product": products}
    return {"start": datetime.fromisoformat("2026-06-01T00:00:00Z"), "until": "60h", "run": [run | changes]}


def product(scenario: dict[str, Any], name: str, run: int = 0) -> dict[str, Any]:
    return next(p for p in scenario["run"][run]["product"] if p["name"] == name)


def without(scenario: dict[str, Any], name: str) -> dict[str, Any]:
    scenario["run"][0]["product"] = [p for p in scenario["run"][0]["product"] if p["name"] != name]
    return scenario


def with_product(name: str, **changes: Any) -> dict[str, Any]:
    scenario = plain()
    product(scenario, name).update(changes)
    return scenario


def with_act(do: str, at: str, **more: Any) -> dict[str, Any]:
    act = {"at": at, "who": "w", "do": do, "chunk": "600", "why": "y", **more}
    return plain() | {"act": [act]}


def truth(scenario: dict[str, Any], number: int = 600) -> Truth:
    return truths(read(scenario))[number]


def hours(*pieces: float) -> Spans:
    return spans(zip([p * HOUR for p in pieces[::2]], [p * HOUR for p in pieces[1::2]], strict=True))


CASES = {
    "plain: right once the streams are done": (plain(), since(10 * HOUR)),
    "the streams are done only after the last upload": (
        with_product("SiStripBadStrip_pcl", uploaded="12h"),
        since(12 * HOUR),
    ),
    "an advisory product's upload holds it as well": (
        plain(product=[*plain()["run"][0]["product"], {"name": "SiPixelLA_pcl", "harvested": "13h"}]),
        since(13.5 * HOUR),
    ),
    "still being taken": (plain(end=None), NEVER),
    "streams never done": (plain(express_done=None), NEVER),
    "not harvested": (without(plain(), "EcalPedestals_pcl"), NEVER),
    "vanishes": (with_product("SiStripBadStrip_pcl", vanishes="20h"), hours(10, 20)),
    "vanishes before it counts": (with_product("SiStripBadStrip_pcl", vanishes="9h"), NEVER),
    "shifted": (with_product("SiStripBadStrip_pcl", upload="shifted"), NEVER),
    "lost": (with_product("SiStripBadStrip_pcl", upload="lost"), NEVER),
    "failed": (with_product("SiStripBadStrip_pcl", upload="failed"), NEVER),
    "after the lock": (with_product("SiStripBadStrip_pcl", uploaded="51h"), NEVER),
    "no update of the alignment": (with_product("SiPixelAliHG_pcl", outcome="no_update"), since(10 * HOUR)),
    "no update, harvest known late": (
        with_product("SiPixelAliHG_pcl", outcome="no_update", harvested="14h"),
        since(14 * HOUR),
    ),
    "no update without a harvest": (with_product("SiPixelAliHG_pcl", outcome="no_update", harvested=None), NEVER),
    "no update of the strips": (with_product("SiStripBadStrip_pcl", outcome="no_update"), NEVER),
    "few entries in the strips": (with_product("SiStripBadStrip_pcl", outcome="low_statistics"), since(10 * HOUR)),
    "few entries in the beam spot": (with_product("BeamSpotObjectHP_ByLumi", outcome="low_statistics"), NEVER),
    "few entries in the pedestals": (with_product("EcalPedestals_pcl", outcome="low_statistics"), NEVER),
    "vetoed": (with_product("SiPixelAliHG_pcl", outcome="vetoed"), NEVER),
    "aborted": (with_product("SiPixelAliHG_pcl", outcome="aborted"), NEVER),
    "an expected stream is missing": (
        without(plain(streams=["Express", "Calibration"]), "BeamSpotObjectHP_ByLumi"),
        NEVER,
    ),
    "a stream declares nothing": (plain(empty_alca_skim=["ExpressAlignment"]), NEVER),
    "commissioning": (plain(**{"class": "commissioning"}), NEVER),
    "beams never stable": (plain(stable_beams=False), since(9 * HOUR + HOUR)),
    "3 lumis, nothing harvested but the beam spot": (
        plain(lumis=3, product=[{"name": "BeamSpotObjectHP_ByLumi", "harvested": "5h"}]),
        since(10 * HOUR),
    ),
    "no bulk data": (without(plain(datasets=[]), "EcalPedestals_pcl"), since(10 * HOUR)),
    "tracker off": (without(plain(tracker_in=False), "EcalPedestals_pcl"), since(10 * HOUR)),
    "kept back": (with_act("keep_back", "5h", until="20h"), since(20 * HOUR)),
    "kept back for two hours later on": (with_act("keep_back", "15h", until="17h"), hours(10, 15, 17, float("inf"))),
    "another run kept back": (with_act("keep_back", "5h", chunk="601"), since(10 * HOUR)),
    "all stopped": (with_act("stop", "5h", chunk="", until="11h"), since(11 * HOUR)),
    "waived before the streams are done": (with_act("waive", "9h30m", rule="settled"), since(9.5 * HOUR)),
}


@pytest.mark.parametrize(("scenario", "right"), CASES.values(), ids=CASES.keys())
def test_a_release_is_right_at_these_times(scenario: dict[str, Any], right: Spans) -> None:
    scenario["run"][0] = {key: value for key, value in scenario["run"][0].items() if value is not None}
    for listed in scenario["run"][0]["product"]:
        for key in [key for key, value in listed.items() if value is None]:
            del listed[key]
    assert truth(scenario).right == right


def test_a_waiver_makes_a_missing_product_right_while_it_lasts() -> None:
    scenario = without(with_act("waive", "12h", rule="calibration", until="20h"), "EcalPedestals_pcl")
    assert truth(scenario).right == hours(12, 20)


def test_a_waiver_for_one_product_does_not_excuse_another() -> None:
    scenario = without(with_act("waive", "12h", rule="calibration", product="SiStripBadStrip_pcl"), "EcalPedestals_pcl")
    assert truth(scenario).right == NEVER


def test_heavy_ions_need_only_what_their_streams_declare() -> None:
    scenario = plain(**{"class": "heavy-ions"}, streams=["HIExpress", "Calibration"])
    assert truth(without(scenario, "BeamSpotObjectHP_ByLumi")).right == since(10 * HOUR)
    assert truth(without(scenario, "EcalPedestals_pcl")).right == NEVER


def test_cosmics_need_the_strips_only() -> None:
    listed = [{"name": "SiStripBadStrip_pcl", "harvested": "5h"}]
    scenario = plain(**{"class": "cosmics"}, streams=["ExpressCosmics"], product=listed)
    assert truth(scenario).right == since(10 * HOUR)


def test_tier0_closes_a_run_at_its_own_clock_and_in_run_order() -> None:
    scenario = two_runs()
    assert truth(scenario, 600).closed == LOCK
    del scenario["run"][0]["end"]
    assert truth(scenario, 601).closed == float("inf")


def test_a_lower_runs_late_payload_moved_over_ours_is_not_ours() -> None:
    """600 is never locked, since Tier0 did not get it; its payload of 13 h is moved to 601, over the one of 5h30m."""
    scenario = two_runs()
    scenario["run"][0] |= {"transferred": False}
    product(scenario, "SiStripBadStrip_pcl").update(uploaded="13h")
    assert truth(scenario, 601).right == hours(12, 13)
    product(scenario, "SiStripBadStrip_pcl").update(uploaded="5h20m")
    assert truth(scenario, 601).right == since(12 * HOUR)


def test_the_switch_the_hold_and_the_delay_move_the_lock() -> None:
    off = [{"at": "50h", "enabled": False}, {"at": "52h", "enabled": True}]
    assert truth(plain() | {"switch": off}).closed == 52 * HOUR
    assert truth(plain() | {"delay": [{"at": "10h", "reco_delay": "4800h"}]}).closed == 4802.5 * HOUR


def two_runs() -> dict[str, Any]:
    """600 is right at 10 h, 601 at 12 h."""
    scenario = plain()
    second = plain(number=601, start="3h5m", end="5h", express_done="12h")["run"][0]
    scenario["run"].append(second)
    return scenario


def report(*accepted: tuple[int, float, str]) -> dict[str, Any]:
    """(run, hour of acceptance, kind) of every message."""
    start = datetime.fromisoformat("2026-06-01T00:00:00Z")
    rows = []
    for index, (run, hour, kind) in enumerate(accepted):
        at = (start + timedelta(hours=hour)).isoformat()
        rows.append({"at": at, "chunk": str(run), "kind": kind, "id": str(index), "attempts": 1, "accepted_at": at})
    return {"messages": rows, "changes": [], "mails": [], "final": {}}


def test_nothing_is_said_about_a_release_in_time() -> None:
    assert judge(plain(), report((600, 10.1, "release"))) == []


def said(scenario: dict[str, Any], *accepted: tuple[int, float, str]) -> list[str]:
    return [sentence.split(":")[0] for sentence in judge(scenario, report(*accepted))]


def test_a_release_before_it_is_right_is_wrong() -> None:
    assert said(plain(), (600, 9.99, "release")) == ["wrong"]


def test_a_release_after_the_payload_vanished_is_wrong() -> None:
    scenario = with_product("SiStripBadStrip_pcl", vanishes="10h2m")
    assert said(scenario, (600, 10.1, "release")) == ["wrong"]


def test_a_release_before_the_lower_run_is_wrong() -> None:
    assert said(two_runs(), (601, 12.01, "release"), (600, 12.02, "release")) == ["wrong", "late"]


def test_a_second_release_is_doubled() -> None:
    assert said(plain(), (600, 10.1, "release"), (600, 10.11, "release")) == ["doubled"]


def test_no_release_is_missing_and_one_after_the_allowance_is_late() -> None:
    assert said(plain()) == ["missing"]
    assert said(plain(), (600, 10.2, "release")) == ["late"]


def test_longer_poll_periods_allow_more() -> None:
    slow = plain() | {"agent": {"probe": {"dqm": {"every": "15m"}}}}
    assert said(slow, (600, 10.3, "release")) == []


@pytest.mark.parametrize("service", ["tier0", "conditions", "oms", "uploads", "dqm", "jobs", "receiver"])
def test_after_a_fault_the_time_allowed_begins_anew(service: str) -> None:
    scenario = plain() | {"fault": [{"service": service, "kind": "down", "from": "9h", "to": "15h"}]}
    assert said(scenario, (600, 15.1, "release")) == []
    assert said(scenario, (600, 15.3, "release")) == ["late"]


def test_a_dead_mail_server_excuses_nothing() -> None:
    assert said(plain() | {"fault": [{"service": "smtp", "kind": "down", "from": "9h", "to": "15h"}]}) == ["missing"]


def test_a_run_above_a_blocked_one_is_due_when_tier0_locks_the_lower() -> None:
    scenario = without(two_runs(), "EcalPedestals_pcl")
    assert said(scenario) == ["missing"]
    assert said(scenario, (601, 20, "release")) == ["wrong"]
    assert said(scenario, (601, 50.6, "release")) == []


def test_a_run_that_is_not_transferred_holds_nobody() -> None:
    scenario = two_runs()
    scenario["run"][0]["transferred"] = False
    assert said(scenario, (601, 12.1, "release")) == []


def test_a_payload_that_vanishes_under_a_waiting_release_calls_for_a_withdrawal() -> None:
    scenario = with_product("SiStripBadStrip_pcl", vanishes="20h")
    assert said(scenario, (600, 10.1, "release")) == []  # locked at once, so nothing can be taken back
    waiting = scenario | {"switch": [{"at": "10h3m", "enabled": False}, {"at": "30h", "enabled": True}]}
    assert said(waiting, (600, 10.1, "release")) == ["missing"]
    assert said(waiting, (600, 10.1, "release"), (600, 20.1, "withdraw")) == []


def test_a_withdrawn_release_comes_back_only_by_a_person() -> None:
    scenario = with_act("withdraw", "10h12m")
    scenario["switch"] = [{"at": "9h30m", "enabled": False}, {"at": "10h30m", "enabled": True}]
    assert said(scenario, (600, 10.1, "release"), (600, 10.2, "withdraw"), (600, 10.5, "release")) == ["wrong"]


def test_a_hold_that_never_reaches_tier0_is_missing() -> None:
    scenario = with_act("hold_tier0", "5h", until="40h")
    assert "missing: no hold of 600, which a person asked for at 5h00m" in judge(scenario, report())
    assert said(scenario, (600, 5.01, "hold"), (600, 40.01, "release")) == []


def test_durations_compound() -> None:
    assert [seconds(text) for text in ("6h30m", "90s", "2d", "-2h")] == [23400, 90, 172800, -7200]
    with pytest.raises(ValueError, match="no duration"):
        seconds("6 hours")


def test_sets_of_time_combine() -> None:
    a, b = hours(1, 3, 5, 7), hours(2, 6)
    assert (a & b, a | b, a - b) == (hours(2, 3, 5, 6), hours(1, 7), hours(1, 2, 6, 7))
    assert ~~a == a


@pytest.mark.parametrize("seed", range(200))
def test_every_drawn_scenario_is_readable_and_the_same_again(seed: int) -> None:
    text = draw(seed)
    assert text == draw(seed)
    told = read(tomllib.loads(text))
    assert 2 <= len(told.runs) <= 6
    assert all(run.calibrations and all(c.stream for c in run.calibrations) for run in told.runs)
    assert all(seconds(offset(run.start)) == run.start for run in told.runs)


def test_drawn_scenarios_release_and_refuse() -> None:
    found = [t for seed in range(200) for t in truths(read(tomllib.loads(draw(seed)))).values()]
    share = sum(bool(t.due) for t in found) / len(found)
    assert 0.3 < share < 0.9
