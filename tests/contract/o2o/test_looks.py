"""What a look at the online tags says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from probes.o2o.answer import local_of_utc
from spy.domain.evidence import Evidence
from spy.domain.product import OnlineTag
from spy.domain.subject import of_run
from tests.support.o2o import END, LASER, NOW, VOLTAGE, job_start, look, run_of, since

BEFORE = END - timedelta(minutes=20)


def test_the_newest_interval_of_each_tag_and_the_newest_good_job_are_told(engine, interval, job):
    interval(LASER, BEFORE - timedelta(hours=1))
    interval(LASER, BEFORE)
    interval(VOLTAGE, END - timedelta(days=9))
    job(VOLTAGE, "2026-06-01 04:10")
    job(VOLTAGE, "2026-06-01 05:30")
    found = look(engine)
    assert since(found, LASER) == BEFORE
    assert since(found, VOLTAGE) == END - timedelta(days=9)
    assert job_start(found) == datetime(2026, 6, 1, 3, 30, tzinfo=UTC)


def test_a_job_that_failed_or_still_runs_counts_for_nothing(engine, interval, job):
    interval(VOLTAGE, BEFORE)
    job(VOLTAGE, "2026-06-01 04:10")
    job(VOLTAGE, "2026-06-01 05:30", status=1)
    job(VOLTAGE, "2026-06-01 05:40", status=-1)
    assert job_start(look(engine)) == datetime(2026, 6, 1, 2, 10, tzinfo=UTC)


def test_the_job_of_another_tag_counts_for_nothing(engine, interval, job):
    interval(VOLTAGE, BEFORE)
    job(LASER, "2026-06-01 05:30")
    assert "no good run of job DetVOff" in job_start(look(engine))


def test_what_reaches_beyond_the_runs_end_is_told_up_to_what_the_run_needs(engine, interval, job):
    for tag in (LASER, VOLTAGE):
        interval(tag, NOW - timedelta(minutes=5))
    job(VOLTAGE, "2026-06-01 10:50")
    found = look(engine)
    assert since(found, LASER) == since(found, VOLTAGE) == END
    assert job_start(found) == END + VOLTAGE.delay


def test_a_tag_of_the_fill_is_measured_by_the_end_of_the_fill_and_not_before_it(engine, interval):
    tag = OnlineTag(LASER.name, "FillRcd", "Fill", after_fill=True)
    interval(LASER, NOW)
    open_ = look(engine, tags=(tag,))
    assert "cannot be judged before the fill's end" in since(open_, tag)
    ended = replace(run_of(), known={e.key: e for e in [fill_end(END + timedelta(hours=2))]})
    assert since(look(engine, ended, tags=(tag,)), tag) == END + timedelta(hours=2)
    going_on = replace(ended, run=replace(ended.run, end=None))
    assert "cannot be judged before" in since(look(engine, going_on, tags=(tag,)), tag)


def fill_end(at):
    return Evidence(of_run("prod", 398600), "fill_end", at, "oms", NOW)


def test_each_run_is_measured_by_its_own_end(engine, interval):
    interval(LASER, END + timedelta(hours=1))
    found = look(engine, run_of(), run_of(398601, END + timedelta(hours=2)), tags=(LASER,))
    assert since(found, LASER) == END
    assert since(found, LASER, 398601) == END + timedelta(hours=1)


def test_a_run_that_goes_on_cannot_be_judged_and_others_can(engine, interval):
    interval(LASER, BEFORE)
    found = look(engine, run_of(), run_of(398601, None))
    assert since(found, LASER) == BEFORE
    assert "before the run's end" in since(found, LASER, 398601)
    assert "before the run's end" in job_start(found, run=398601)


def test_only_a_tag_written_on_change_is_told_by_its_job(engine, interval):
    interval(LASER, BEFORE)
    assert [name for _, name in look(engine, tags=(LASER,))] == ["online_since"]


def test_no_required_tag_is_no_question(tmp_path):
    assert look(None, tags=()) == {}


def test_jobs_long_before_the_oldest_open_run_are_not_looked_at(engine, interval, job):
    interval(VOLTAGE, BEFORE)
    job(VOLTAGE, "2026-05-31 04:59")
    assert "no good run" in job_start(look(engine))
    job(VOLTAGE, "2026-05-31 05:01")
    assert job_start(look(engine)) == datetime(2026, 5, 31, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-01-15 12:00", datetime(2026, 1, 15, 11, tzinfo=UTC)),
        ("2026-03-29 01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29 03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # Comes twice: the first is meant, since then less is covered.
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_jobs_local_time_is_told_in_utc(engine, interval, job, local, utc):
    end = utc + timedelta(hours=2)
    interval(VOLTAGE, END - timedelta(days=300))
    job(VOLTAGE, local)
    found = look(engine, run_of(end=end), now=end + timedelta(days=200))
    assert job_start(found) == utc
    assert local_of_utc(utc) == datetime.fromisoformat(local)
