"""The oms probe asks for the end of a fill only where some class needs a tag that is written after it."""

from __future__ import annotations

import pytest

from probes.oms.simulator import Simulator
from spy.domain.product import OnlineTag
from tests.support.oms import BASE, HOUR, LOOK, Watch, jsonapi
from tests.support.period import START, Period, instead, json_response, served, values

FILL = OnlineTag("LHCInfoPerFill_endFill", "LHCInfoPerFillRcd", "LHCInfo", after_fill=True)


@pytest.fixture
def needing(watch: Watch, period: Period) -> Watch:
    """The fill of run 398600 ends four hours after the run."""
    watch.looks.online_tags = (FILL,)
    for run in period.runs:
        run.fill_end = START + 7 * HOUR
    return watch


def test_nobody_needs_the_fill_and_nobody_asks(watch: Watch) -> None:
    assert not {name for _, name in watch.at(8 * HOUR)} & {"fill_ended", "fill_end"}


def test_the_end_of_the_fill_is_told_once_it_has_come_and_not_asked_for_again(needing: Watch) -> None:
    needing.at(4 * HOUR)
    seen = values(needing.at(4 * HOUR + LOOK))
    assert seen["fill_ended"] is False
    assert "fill_end" not in seen
    seen = values(needing.at(7 * HOUR))
    assert (seen["fill_ended"], seen["fill_end"]) == (True, START + 7 * HOUR)
    before = needing.looks.http.requests
    assert "fill_end" not in values(needing.at(7 * HOUR + LOOK))
    assert needing.looks.http.requests - before == 1


def test_a_run_without_a_fill_says_nothing_about_one(needing: Watch, period: Period) -> None:
    next(run for run in period.runs if run.number == 398600).fill = 0
    needing.at(4 * HOUR)
    assert not {name for _, name in needing.at(8 * HOUR)} & {"fill_ended", "fill_end"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (jsonapi(), "OMS does not list the fill"),
        (jsonapi({"fill_number": "11200", "end_time": None}), "expected a fill_number, found"),
        (jsonapi({"fill_number": 11200, "end_time": "soon"}), "end_time"),
        (jsonapi({"fill_number": 11200, "end_time": "2026-06-09T00:00:00Z"}), "lies in the future"),
    ],
    ids=["not listed", "no number", "no time", "in the future"],
)
def test_a_fill_that_cannot_be_read_is_unknown_and_spoils_nothing_else(period: Period, body: str, said: str) -> None:
    with served(instead(Simulator(period).answer, "/fills", json_response(body)), BASE, "oms") as http:
        watch = Watch(http, period)
        watch.looks.online_tags = (FILL,)
        watch.at(4 * HOUR)
        seen = watch.at(4 * HOUR + LOOK)
    assert seen["398600", "fill_ended"].value is None
    assert said in seen["398600", "fill_ended"].problem
    assert seen["398600", "run_ended"].value is True
