"""Missing, late and odd calibrations, as the store holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from spy.config import load
from spy.domain.number import Number, Take
from spy.domain.release import Stage
from spy.domain.subject import of_number
from spy.domain.verdict import State
from spy.store.views import LATE_AFTER, Kind, Latency, Trouble, troubles
from tests.support.filled_store import NOW, REQUIRED, FilledStore

STRIP = "SiStripBadStrip_pcl"
H = timedelta(hours=1)
PRODUCTS = {
    STRIP: replace(
        load().products[STRIP], numbers=(Number("bad_strips", ("a",), Take.BIN, (1, 1), "strips", high=100.0),)
    )
}


@pytest.fixture
def store(store_url: str) -> Iterator[FilledStore]:
    filled = FilledStore(store_url)
    yield filled
    filled.close()


def told(store: FilledStore, *latencies: Latency) -> list[Trouble]:
    return troubles(store.engine, NOW, PRODUCTS, latencies)


def test_what_a_run_that_has_ended_still_needs_is_missing_and_says_for_how_long(store: FilledStore) -> None:
    store.run(398606)
    products = {STRIP: State.BLOCKED, "SiPixelLA_pcl": State.UNKNOWN}
    store.decide(398606, State.BLOCKED, "no", products=products)
    (found,) = told(store)
    assert (found.run, found.product, found.kind, found.state) == (398606, STRIP, Kind.MISSING, State.BLOCKED)
    assert (found.after, found.text) == (4 * H, f"{STRIP}: calibration blocked: placement (missing)")


def test_a_run_that_is_taken_a_ready_one_and_an_exempt_one_miss_nothing(store: FilledStore) -> None:
    nothing = dict.fromkeys(REQUIRED, State.WAITING)
    store.run(398607, ended=False)
    store.decide(398607, State.WAITING, "still taken", products=nothing)
    store.run(398606)
    store.decide(398606, State.READY)
    store.run(398605)
    store.decide(398605, State.READY, "exempt (short-run)", products=nothing)
    assert told(store) == []


def test_a_run_that_was_locked_without_it_is_not_forgotten(store: FilledStore) -> None:
    store.run(398600)
    store.decide(398600, State.WAITING, "no", products={STRIP: State.WAITING})
    store.stages(398600, Stage.OVERTAKEN, locked_at=NOW - H)
    (found,) = told(store)
    assert found.text.startswith("Tier0 locked the run without it: ")
    assert found.after == 9 * H


def test_an_upload_is_late_beyond_mean_and_rms_of_2024(store: FilledStore) -> None:
    def uploaded(run: int, after: timedelta | None) -> Latency:
        end = NOW - 30 * H
        return Latency(run, STRIP, end, None, end + after if after else None, None)

    (found,) = told(store, uploaded(1, LATE_AFTER), uploaded(2, LATE_AFTER + H), uploaded(3, None))
    assert (found.run, found.kind, found.text) == (2, Kind.LATE, "uploaded 15.1 h after the run's end")


def test_a_number_out_of_its_limits_is_odd_and_an_unknown_one_is_not_called_so(store: FilledStore) -> None:
    for run, value, problem in ((398600, 50.0, ""), (398601, 200.0, ""), (398602, None, "no histogram")):
        store.run(run)
        store.look("dqm", store.fact(of_number("prod", run, STRIP, "bad_strips"), "number", value, "dqm", problem))
    (found,) = told(store)
    assert (found.run, found.kind, found.text) == (398601, Kind.ODD, "bad_strips is 200 strips, out of the limits")
