"""What a calibration waits for: an earlier run that stands before it is named, with the time at the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spy import config
from spy.domain.evidence import Evidence
from spy.domain.run import Chunk
from spy.domain.subject import of_product, of_run
from spy.domain.verdict import Seen
from spy.rules.situation import LowerRun, Situation
from spy.rules.view import View
from spy.rules.waits import waits_for

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PRODUCT = config.load().products["EcalPedestals_pcl"]


def waits(*lower: LowerRun, harvested: bool = True) -> tuple[Seen, View]:
    facts = [
        Evidence(of_run("prod", 398610), "run_ended", True, "oms", NOW),
        Evidence(of_product("prod", 398610, PRODUCT.name), "harvest_sample", harvested, "dqm", NOW),
    ]
    view = View(Situation(Chunk(398610), NOW, {e.key: e for e in facts}, lower_runs=lower), {}, {})
    return waits_for(view, PRODUCT), view


def lower(number: int, ended: float | None = 5, settled: bool = False, uploaded: bool = True) -> LowerRun:
    """`ended`: hours ago; None: not yet."""
    end = None if ended is None else NOW - timedelta(hours=ended)
    return LowerRun(number, end is not None, end, settled, uploaded)


def test_the_lowest_unfinished_run_is_waited_for_until_18_hours_after_its_end() -> None:
    seen, view = waits(lower(398600, settled=True), lower(398601), lower(398602, 1))
    assert seen.value == "run 398601"
    assert seen.note.endswith("it waits until run 398601 is finished, at the latest until 2026-06-02T01:00:00Z")
    assert view.due_at == datetime(2026, 6, 2, 1, tzinfo=UTC)


def test_a_run_whose_time_is_over_holds_nothing_any_more() -> None:
    assert waits(lower(398600, 18))[0].value == "upload"
    assert waits(lower(398600, 20), lower(398601, 17.9))[0].value == "run 398601"


def test_a_run_without_end_holds_and_nobody_knows_until_when() -> None:
    assert waits(lower(398600, None))[0].note.endswith("until run 398600 is finished, which has no end yet")


def test_a_run_that_tier0_does_not_have_holds_nothing() -> None:
    assert waits(lower(398600, uploaded=False))[0].value == "upload"


def test_what_is_not_harvested_waits_for_its_harvest_whatever_stands_before_it() -> None:
    assert waits(lower(398600), harvested=False)[0].value == "harvest"
