"""What is remembered of earlier runs, and which of it one run is held against."""

from __future__ import annotations

import pytest

from spy.domain.earlier import KEPT, SPAN, Earlier
from spy.domain.evidence import Value
from spy.domain.number import RUNS, Past
from spy.domain.subject import of_number, of_run, of_tag

PART = ("number", "P.n")


def told(earlier: Earlier, run: int, value: Value | None, run_class: str = "collisions") -> None:
    earlier.learn(of_run("prod", run), "run_class", run_class)
    earlier.learn(of_number("prod", run, "P", "n"), "number", value)


@pytest.fixture
def earlier() -> Earlier:
    return Earlier()


def test_only_lower_runs_of_the_same_class_count_the_newest_first_whatever_came_first(earlier: Earlier) -> None:
    for run, run_class in ((12, "collisions"), (10, "collisions"), (11, "cosmics"), (14, "collisions")):
        told(earlier, run, float(run), run_class)
    assert earlier.values(13, PART, "number", "collisions") == [Past(12, 12.0), Past(10, 10.0)]


def test_a_run_far_back_counts_no_more(earlier: Earlier) -> None:
    told(earlier, 1000, 1.0)
    assert earlier.values(1000 + SPAN, PART, "number", "collisions") == [Past(1000, 1.0)]
    assert earlier.values(1001 + SPAN, PART, "number", "collisions") == []


def test_more_runs_than_make_a_band_are_not_looked_at(earlier: Earlier) -> None:
    for run in range(100, 110 + RUNS):
        told(earlier, run, 1.0)
    assert len(earlier.values(200, PART, "number", "collisions")) == RUNS


def test_a_number_that_became_unknown_counts_no_more(earlier: Earlier) -> None:
    told(earlier, 10, 1.0)
    told(earlier, 10, None)
    assert earlier.values(11, PART, "number", "collisions") == []


def test_forgetting_takes_only_what_no_open_run_looks_at(earlier: Earlier) -> None:
    for run in (100, 101, 900):
        told(earlier, run, 1.0)
    assert (earlier.count(100 + SPAN), earlier.count(101 + SPAN)) == (4, 2)
    earlier.forget(100 + KEPT)
    assert (earlier.count(100 + SPAN), earlier.count(101 + SPAN)) == (4, 2)
    earlier.forget(101 + KEPT)
    assert (earlier.count(100 + SPAN), earlier.count(101 + SPAN)) == (2, 2)


@pytest.mark.parametrize(("since", "found"), [(10, 10), (9, None)], ids=["made for it", "inherited"])
def test_a_payload_is_repeated_only_of_a_run_it_was_made_for(earlier: Earlier, since: int, found: int | None) -> None:
    tag = of_tag("prod", 10, "TAG")
    earlier.learn(tag, "since_run", since)
    earlier.learn(tag, "payload_hash", "abc")
    assert earlier.run_with_payload(11, "TAG", "abc") == found
    assert earlier.run_with_payload(11, "OTHER", "abc") is None
    assert earlier.run_with_payload(10, "TAG", "abc") is None
