"""How the bench beside blackbox exporter, Prometheus and Alertmanager counts: a miscount would flatter one side."""

from __future__ import annotations

import json

import pytest

from bench.rival.plan import FIRST_RUN, arrivals, changes, of_ours, of_theirs, percentile, schedule, skipped_ticks
from spy.channels.signature import BadSignature, Secret, sign
from spy.clock import from_iso

KEY = Secret([b"k" * 32])
NOW = from_iso("2026-06-01T00:00:00Z")
PLANNED = {(7, True): 1.0, (7, False): 4.0, (9, True): 2.0, (9, False): 5.0}


def test_a_fifth_of_the_targets_changes_there_and_back_within_the_window_and_the_seed_says_when() -> None:
    planned = changes(200, 60, 1)
    assert len(planned) == 80
    assert {round(planned[number, False] - planned[number, True], 9) for number, _ in planned} == {6.0}
    assert 0.0 < min(planned.values()) < max(planned.values()) <= 57.0
    assert planned == changes(200, 60, 1) != changes(200, 60, 2)


def test_the_targets_are_told_the_times_at_which_they_are_good() -> None:
    assert schedule(PLANNED, 100.0) == {"7": [(101.0, 104.0)], "9": [(102.0, 105.0)]}


def test_a_change_counts_from_its_own_time_to_its_first_message_and_whatever_else_comes_is_needless() -> None:
    told = [(101.5, (7, True)), (101.9, (7, True)), (104.25, (7, False)), (101.0, (9, True)), (105.5, (9, False))]
    found = arrivals(PLANNED, 100.0, told)
    assert found.late_s == [0.5, 0.25, 0.5]
    assert found.missing == [(9, True)]  # told before it happened: that was about something else
    assert found.needless == 2


def test_our_messages_count_only_with_a_good_signature() -> None:
    body = json.dumps({"data": {"run": FIRST_RUN + 7, "kind": "release"}})
    headers = sign(KEY, "a-1", NOW, body.encode())
    assert of_ours([(101.5, headers, body)], KEY) == [(101.5, (7, True))]
    with pytest.raises(BadSignature):
        of_ours([(101.5, headers, body.replace("release", "hold"))], KEY)


def test_every_alert_of_a_message_of_theirs_counts() -> None:
    alerts = [
        {"status": status, "labels": {"instance": f"http://127.0.0.1:1/t/{number}"}}
        for status, number in (("firing", 7), ("resolved", 9))
    ]
    assert of_theirs([(101.5, {}, json.dumps({"alerts": alerts}))]) == [(101.5, (7, True)), (101.5, (9, False))]


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20)])
def test_a_percentile_is_a_value_that_was_seen(share: float, value: int) -> None:
    assert percentile(list(range(20, 0, -1)), share) == value


@pytest.mark.parametrize(
    ("looks", "skipped"),
    [
        pytest.param([0.4, 1.4, 2.4, 3.4, 4.4], 0, id="each second"),
        pytest.param([0.4, 1.9, 2.4, 3.4, 4.4], 0, id="one late"),
        pytest.param([1.03, 2.03, 3.03, 4.03], 0, id="the window begins just after a tick"),
        pytest.param([0.4, 2.4, 3.4, 4.4], 1, id="one left out"),
        pytest.param([2.4, 3.4, 4.4], 2, id="the first two left out"),
        pytest.param([0.4, 1.4, 2.4, 3.4], 1, id="the last left out"),
        pytest.param([], 5, id="none at all"),
    ],
)
def test_a_tick_without_a_look_is_skipped_wherever_it_lies_in_the_window(looks: list[float], skipped: int) -> None:
    assert skipped_ticks(looks, 0.0, 5.0) == skipped
