"""When past runs would have gone, by insertion times alone, and what that cannot know."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from spy.domain.since import encode_lumi, encode_time
from spy.regret.late import Word
from spy.regret.past import PastRun, with_locks
from spy.regret.past_report import past_report
from spy.regret.report import Report, summary
from tests.support.month import (
    ALIGNMENT,
    BEAM_SPOT,
    BY_HAND,
    FIRST,
    GLOBAL_TAG,
    LASER,
    LUMIS,
    STRIP,
    Month,
    end_of,
    start_of,
)

RUN = FIRST + 1


def past_run(run: int, **more: object) -> PastRun:
    known = PastRun(run, start_of(run), end_of(run), LUMIS, "collisions", GLOBAL_TAG)
    return replace(known, **more)  # type: ignore[arg-type]


@pytest.fixture
def told(few: Month) -> Callable[..., Report]:
    """The report on the four runs, some of them known otherwise; nothing of it is in the store."""

    def report(*others: PastRun) -> Report:
        runs: dict[int, PastRun] = {run: past_run(run) for run in few.runs} | {one.run: one for one in others}
        return past_report(list(runs.values()), few.engine, few.config, few.period, few.now)

    return report


def moments(report: Report) -> Sequence[float | None]:
    """Hours after the run's end."""
    spans = [(one.release.released_at, one.release.end) for one in report.runs]
    return [(went - end).total_seconds() / 3600 if went and end else None for went, end in spans]


def change(month: Month, tag: str, run: int, hours: float | None) -> None:
    """Have the run's own intervals in a tag inserted at another time, or never."""
    first, last = (encode_lumi(run, 1), encode_lumi(run, 9999)) if tag == BEAM_SPOT else (run, run)
    with sqlite3.connect(month.path) as connection:
        where = (tag, first, last)
        if hours is None:
            connection.execute("DELETE FROM IOV WHERE TAG_NAME = ? AND SINCE BETWEEN ? AND ?", where)
        else:
            at = f"{end_of(run) + timedelta(hours=hours):%Y-%m-%d %H:%M:%S.%f}"
            text = "UPDATE IOV SET INSERTION_TIME = ? WHERE TAG_NAME = ? AND SINCE BETWEEN ? AND ?"
            connection.execute(text, (at, *where))
    connection.close()


def test_a_run_goes_when_the_last_required_own_interval_is_there(few, told):
    change(few, STRIP, RUN, 9.0)
    change(few, BEAM_SPOT, RUN + 1, 7.5)
    assert moments(told()) == [5.0, 9.0, 7.5, 5.0]


def test_what_made_the_release_possible_is_not_late_within_its_second(few, told):
    change(few, STRIP, RUN, 9.0001)
    assert [one.late for one in told().runs] == [()] * 4


def test_late_is_what_comes_after_that_and_before_tier0s_own_clock(few, told):
    few.late(RUN, BY_HAND, RUN, 5.5)
    few.late(RUN + 2, BY_HAND, RUN + 2, 47.6)
    report = told()
    assert [(late.run, late.tag) for one in report.runs for late in one.regrets] == [(RUN, BY_HAND)]
    assert "4 would-be releases" in summary(report)
    assert "from insertion times alone: 3 without regret, 1 with regret" in summary(report)


def test_what_no_insertion_time_tells_is_said(told):
    report = told()
    assert report.is_past
    assert any("whether Tier0 expected more" in sentence for sentence in report.cannot_know)
    assert any("when Tier0 locked 4 of 4 runs: 47.5 h after their end" in sentence for sentence in report.cannot_know)


def test_a_product_that_may_lack_is_taken_for_not_needed_and_that_is_noted(told):
    assert {one.release.note for one in told().runs} == {
        "taken for not needed, since no interval of its own came: SiPixelAliHG_pcl, SiStripDetVOff_v7_prompt"
    }


def test_its_own_interval_is_waited_for_where_it_came_before_the_lock(few, told):
    few.late(RUN, ALIGNMENT, RUN, 20.0)
    assert moments(told())[1] == 20.0
    assert [one.word for one in told().runs][1] is Word.NONE


@pytest.mark.parametrize(("tag", "product"), [(BEAM_SPOT, "BeamSpotObjectHP_ByLumi"), (LASER, LASER)])
def test_a_run_without_what_it_cannot_lack_would_not_have_gone(few, told, tag, product):
    change(few, BEAM_SPOT, RUN, None if tag == BEAM_SPOT else 5.0)
    if tag == LASER:
        with sqlite3.connect(few.path) as connection:
            since = encode_time(end_of(RUN) + timedelta(minutes=10))
            connection.execute("DELETE FROM IOV WHERE TAG_NAME = ? AND SINCE >= ?", (LASER, since))
        connection.close()
    report = told()
    assert (RUN, product) in [(run, why.split(" had no interval")[0]) for run, why in report.held]
    assert RUN not in [one.release.run for one in report.runs]


def test_a_lumi_interval_that_ends_too_early_is_not_the_runs_own(few, told):
    with sqlite3.connect(few.path) as connection:
        connection.execute("DELETE FROM IOV WHERE TAG_NAME = ? AND SINCE = ?", (BEAM_SPOT, encode_lumi(RUN, 450)))
    connection.close()
    assert [run for run, _ in told().held] == [RUN]
    few.insert((BEAM_SPOT, encode_lumi(RUN, 445), "tail", end_of(RUN) + timedelta(hours=12)))
    assert moments(told())[1] == 12.0


def test_an_interval_inserted_before_the_run_began_was_not_made_for_it(few, told):
    change(few, STRIP, RUN, -4.0)
    assert [run for run, _ in told().held] == []  # low statistics may be: no interval of its own
    assert "SiStripBadStrip_pcl" in told().runs[1].release.note


@pytest.mark.parametrize(
    ("other", "says"),
    [
        pytest.param({"run_class": "commissioning"}, "class commissioning has no required set", id="class"),
        pytest.param({"global_tag": "NoSuch_v1"}, "no such global tag: NoSuch_v1", id="global tag"),
        pytest.param({"problem": "era unknown: OMS is down"}, "era unknown: OMS is down", id="a problem"),
        pytest.param({"end": None, "problem": "run_end unknown"}, "run_end unknown", id="no end"),
    ],
)
def test_a_run_that_cannot_be_judged_is_unknown_with_its_reason(told, other, says):
    report = told(past_run(RUN, **other))
    assert [(str(one.word), one.why) for one in report.runs][1] == ("unknown", says)
    assert not report.is_clean


def test_no_answer_leaves_every_run_unknown(few, told):
    few.path.unlink()
    assert {one.word for one in told().runs} == {Word.UNKNOWN}


def test_nobody_is_locked_before_the_runs_below():
    hour = timedelta(hours=1)
    runs = [past_run(FIRST, end=end_of(FIRST) + 40 * hour), past_run(RUN), past_run(RUN + 1, locked_at=end_of(RUN))]
    locks = [lock for _, lock in with_locks(runs, 10 * hour)]
    assert locks == [end_of(FIRST) + 50 * hour, end_of(FIRST) + 50 * hour, end_of(RUN)]
