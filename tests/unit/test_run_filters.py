"""What an address asks of the grid: each part that can be used counts, each other one is told."""

from __future__ import annotations

import pytest

from dashboard.run_filters import options, told, wanted_of
from spy.domain.verdict import State
from spy.store.views import WantedRuns


def test_an_address_without_filters_asks_for_all_runs():
    assert wanted_of("") == (WantedRuns(), [])
    assert wanted_of("?") == (WantedRuns(), [])
    assert wanted_of("")[0].is_all


def test_every_filter_of_an_address_counts():
    query = (
        "?era=Run2026D&class=heavy-ions&fill=11223&detector=strip%20tracker&state=blocked,unknown&person=a@b.invalid"
    )
    wanted, wrong = wanted_of(query)
    assert wanted == WantedRuns(
        era="Run2026D",
        run_class="heavy-ions",
        fill=11223,
        detector="strip tracker",
        states=frozenset({State.BLOCKED, State.UNKNOWN}),
        person="a@b.invalid",
    )
    assert wrong == []
    assert not wanted.is_all


@pytest.mark.parametrize("fill", ["x", "-1", "1.5", "１２", "9" * 8, "1e3"])
def test_a_fill_that_is_no_number_is_told_and_not_used(fill):
    wanted, (wrong,) = wanted_of(f"?fill={fill}")
    assert wanted.fill is None
    assert "is no number" in wrong


def test_a_state_that_is_none_is_told_and_the_others_count():
    wanted, (wrong,) = wanted_of("?state=blocked,green,,red")
    assert wanted.states == {State.BLOCKED}
    assert wrong == "No state is called 'green', 'red': not used."


def test_what_is_no_filter_is_told():
    wanted, (wrong,) = wanted_of("?colour=red")
    assert wanted.is_all
    assert "'colour'" in wrong


def test_what_the_address_names_can_be_chosen_though_no_run_has_it():
    assert options("Run1999A", ["Run2026D"]) == ["Run2026D", "Run1999A"]
    assert options("Run2026D", ["Run2026D"]) == ["Run2026D"]
    assert options(None, ["Run2026D"]) == ["Run2026D"]


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        (1, WantedRuns(), "1 run"),
        (50008, WantedRuns(), "50\u202f008 runs"),
        (0, WantedRuns(), "No run is there yet."),
        (0, WantedRuns(fill=1), "No run is like this: take a filter away."),
    ],
    ids=str,
)
def test_the_list_says_how_long_it_is_and_why_it_is_empty(found, wanted, said):
    assert told(found, wanted, [])[0].children == said
