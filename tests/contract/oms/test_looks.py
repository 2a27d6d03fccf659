"""The oms probe follows runs at the simulated service, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from probes.oms.simulator import Simulator
from tests.support.oms import BASE, HOUR, LOOK, Watch
from tests.support.period import START, Period, served, sim_run, values


def test_a_run_is_followed_from_start_to_end(watch: Watch) -> None:
    seen = watch.at(HOUR)
    assert values(seen) == {
        "run_start": START,
        "run_ended": False,
        "fill": 11200,
        "tracker_in": True,
        "transferred": True,
    }
    assert not any(e.final for e in seen.values()), "nothing is final while data are being taken"
    seen = watch.at(3 * HOUR)
    assert values(seen) == {
        "run_start": START,
        "run_ended": True,
        "run_end": START + 3 * HOUR,
        "last_lumi": 462,
        "fill": 11200,
        "tracker_in": True,
        "transferred": True,
        "recorded_lumi": pytest.approx(459 * 0.4),
        "run_class": "collisions",
        "stable_beams": True,
        "has_bulk": True,
        "bulk_datasets": "JetMET0,Muon0",
    }
    bulk = {"has_bulk", "bulk_datasets"}
    assert {name for (_, name), e in seen.items() if e.final} == {"tracker_in", "run_class", "stable_beams", *bulk}


def test_all_runs_cost_one_request_once_their_end_was_looked_into(watch: Watch) -> None:
    watch.at(5 * HOUR, 398600, 398601)
    before = watch.looks.http.requests
    watch.at(5 * HOUR + LOOK, 398600, 398601)
    assert watch.looks.http.requests - before == 1


def test_a_new_run_shows_itself_and_history_does_not(watch: Watch) -> None:
    seen = watch.at(5 * HOUR)
    assert {subject for subject, _ in seen} == {"service:oms", "398600", "398601"}
    assert values(seen, "398601")["run_start"] == START + 4 * HOUR
    assert values(seen, "service:oms") == {"newest_run": 398601}


def test_an_old_run_that_is_still_open_brings_no_closed_ones_back(watch: Watch) -> None:
    assert {subject for subject, _ in watch.at(5 * HOUR, 398592)} == {"service:oms", "398592", "398600", "398601"}


def test_a_cold_start_without_a_frontier_asks_for_the_newest_run_only(watch: Watch) -> None:
    watch.looks.first_safe_run = None
    watch.period.now = START + 5 * HOUR
    seen = watch.looks.look(watch.period.now)
    assert {key: e.value for key, e in seen.items()} == {("service:oms", "newest_run"): 398601}
    assert watch.looks.http.requests == 1


def test_without_a_frontier_open_runs_and_later_ones_are_followed(watch: Watch) -> None:
    watch.looks.first_safe_run = None
    assert {subject for subject, _ in watch.at(5 * HOUR)} == {"service:oms", "398600", "398601"}
    assert {subject for subject, _ in watch.at(5 * HOUR, 398599, 398601)} == {"service:oms", "398599", "398601"}


def test_nothing_after_the_frontier_still_tells_the_newest_run(watch: Watch) -> None:
    watch.looks.first_safe_run = 398700
    watch.period.now = START + 5 * HOUR
    assert {key: e.value for key, e in watch.looks.look(watch.period.now).items()} == {
        ("service:oms", "newest_run"): 398601
    }


CLASSES = [
    ({}, "collisions", True, True),
    ({"stable_beams": False}, "commissioning", False, True),
    ({"run_class": "heavy-ions"}, "heavy-ions", True, True),
    ({"run_class": "cosmics", "fill": 0}, "cosmics", False, True),
    ({"run_class": "cosmics", "fill": 11200}, "cosmics", False, True),
    ({"run_class": "commissioning", "stable_beams": True}, "commissioning", True, True),
    ({"run_class": "commissioning", "stable_beams": False}, "commissioning", False, True),
    ({"lumis": 3}, "collisions", True, True),
    ({"datasets": []}, "collisions", True, False),
    ({"tracker_in": False}, "collisions", True, True),
]


@pytest.mark.parametrize(("more", "run_class", "stable", "bulk"), CLASSES, ids=lambda value: str(value))
def test_each_simulated_kind_of_run_is_recognised(
    more: dict[str, Any], run_class: str, stable: bool, bulk: bool
) -> None:
    period = Period([sim_run(**more)], now=START + 4 * HOUR)
    with served(Simulator(period).answer, BASE, "oms") as http:
        seen = values(Watch(http, period).at(4 * HOUR))
    assert (seen["run_class"], seen["stable_beams"], seen["has_bulk"]) == (run_class, stable, bulk)
    assert seen["tracker_in"] is more.get("tracker_in", True)


def test_a_list_longer_than_a_page_is_read_to_its_end(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.oms.probe.PAGE", 3)
    watch.looks.first_safe_run = 398592
    watch.period.runs[-2].lumis = 10
    seen = watch.at(5 * HOUR)
    assert {int(subject) for subject, _ in seen if subject.isdigit()} == {*range(398592, 398602)}
    assert values(seen)["run_class"] == "collisions"
