"""When Tier0's own clock locks a run whose datasets have delays of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.agent.delays import Delays, Lock

HOUR = timedelta(hours=1)
OFFSET = timedelta(minutes=30)
DELAYS = Delays(
    48 * HOUR, OFFSET, {"Scouting": 12 * HOUR, "Held": 4800 * HOUR, "ParkingHH": 24 * HOUR}, frozenset({"ParkingHH"})
)


@pytest.mark.parametrize(
    ("datasets", "hours", "named"),
    [
        ("Muon0", 48, ""),
        ("JetMET0,Muon0,Scouting", 12, "Scouting"),
        ("Held,Muon0", 48, ""),
        ("Held", 4800, "Held"),
        ("Muon0,ParkingHH", 24, "ParkingHH"),
        (None, 12, "Scouting"),
        ("", 12, "Scouting"),
    ],
)
def test_the_first_dataset_closes_the_run_and_who_knows_no_dataset_expects_the_earliest(datasets, hours, named) -> None:
    assert DELAYS.first(datasets) == Lock(hours * HOUR - OFFSET, named)


def test_later_runs_wait_for_the_last_dataset_of_the_main_agent_alone() -> None:
    assert DELAYS.last("Muon0,Scouting").after == 48 * HOUR - OFFSET
    assert DELAYS.last("Held,Muon0").dataset == "Held"
    slow = Delays(48 * HOUR, OFFSET, {"ParkingHH": 96 * HOUR}, frozenset({"ParkingHH"}))
    assert slow.last("Muon0,ParkingHH").after == 48 * HOUR - OFFSET
    assert slow.last("ParkingHH").after == 96 * HOUR - OFFSET


def test_a_further_agent_is_expected_only_where_a_dataset_of_it_is_known() -> None:
    assert DELAYS.first_of_helpers("Muon0,ParkingHH") == Lock(24 * HOUR - OFFSET, "ParkingHH")
    assert DELAYS.first_of_helpers("Muon0") is None
    assert DELAYS.first_of_helpers(None) is None
