"""What cannot be read is unknown, and nothing else with it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest

from probes.o2o import answer
from spy.database import close_database, open_database
from spy.domain.errors import NoAnswer, Refused, Unreadable
from tests.support.o2o import END, LASER, NOW, VOLTAGE, job_start, look, run_of, since, sql
from tests.support.oracle_standin import Standin, failure

BEFORE = END - timedelta(minutes=20)


def test_a_tag_that_does_not_exist_or_holds_nothing_is_unknown(engine, path, interval):
    sql(path, 'DELETE FROM "TAG" WHERE "NAME" = ?', VOLTAGE.name)
    interval(VOLTAGE, END)
    found = look(engine)
    assert since(found, VOLTAGE) == "no such tag"
    assert since(found, LASER) == "the tag holds no interval"


@pytest.mark.parametrize("told", ["soon", 1.5, -1, 2**63 - 1])
def test_a_since_that_is_no_time_makes_its_tag_unknown_and_no_other(engine, path, interval, told):
    interval(VOLTAGE, BEFORE)
    sql(path, 'INSERT INTO "IOV" VALUES (?, ?, ?, ?)', LASER.name, told, "0" * 40, "2026-06-01 00:00:00.000000")
    found = look(engine)
    assert "is no time" in since(found, LASER) or "in the future" in since(found, LASER)
    assert since(found, VOLTAGE) == BEFORE


def test_a_tag_that_counts_runs_is_no_online_tag(engine, path, interval):
    interval(LASER, END)
    sql(path, 'UPDATE "TAG" SET "TIME_TYPE" = ? WHERE "NAME" = ?', "Run", LASER.name)
    assert "time type 'Run'" in since(look(engine), LASER)


def test_an_interval_or_a_job_of_the_future_is_not_believed(engine, interval, job):
    interval(LASER, NOW + timedelta(hours=1))
    interval(VOLTAGE, BEFORE)
    job(VOLTAGE, "2026-06-01 12:00")
    found = look(engine)
    assert "in the future" in since(found, LASER)
    assert "in the future" in job_start(found)


def test_a_local_time_that_never_was_is_unknown(engine, interval, job):
    interval(VOLTAGE, BEFORE - timedelta(days=100))
    job(VOLTAGE, "2026-03-29 02:30")
    end = END.replace(month=3, day=29)
    assert "never was a local time" in job_start(look(engine, run_of(end=end)))


def test_a_start_that_is_no_time_is_unknown(engine, path, interval, job):
    interval(VOLTAGE, BEFORE)
    job(VOLTAGE, "2026-06-01 05:30")
    sql(path, 'UPDATE "O2O_RUN" SET "START_TIME" = ?', "yesterday")
    assert "yesterday" in job_start(look(engine))


def test_without_a_table_of_time_zones_all_is_unknown(path, interval, job, monkeypatch):
    # Which tables of time zones a machine has is no part of the program.
    def no_table(name):
        raise ZoneInfoNotFoundError(name)

    interval(LASER, END)
    monkeypatch.setattr(answer, "ZoneInfo", no_table)
    found = look(open_database(f"sqlite:///{path}", service="conditions"))
    assert "no table of the time zone" in since(found, LASER)


def test_a_database_without_the_job_tables_is_unreadable(path):
    sql(path, 'DROP TABLE "O2O_RUN"')
    engine = open_database(f"sqlite:///{path}", service="conditions")
    with pytest.raises(Unreadable, match="no such table"):
        look(engine)


def test_a_file_without_any_table_is_unreadable(tmp_path):
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(Unreadable, match="no such table"):
        look(open_database(f"sqlite:///{tmp_path / 'empty.db'}", service="conditions"))


@pytest.mark.parametrize(("code", "error"), [("ORA-00942", Refused), ("ORA-03113", NoAnswer), ("DPY-4024", NoAnswer)])
def test_a_database_that_fails_fails_the_whole_look(path, code, error):
    standin = Standin(path)
    url = "oracle+oracledb://reader:tiger@db.invalid/?service_name=x"
    engine = open_database(url, service="conditions", schema="cms_conditions", module=standin.module())
    standin.fail.append(failure(code))
    with pytest.raises(error, match=code):
        look(engine)
    close_database(engine)
    standin.close()


def test_intervals_and_jobs_are_read_in_one_statement(path, interval):
    interval(LASER, END)
    standin = Standin(path)
    url = "oracle+oracledb://reader:tiger@db.invalid/?service_name=x"
    engine = open_database(url, service="conditions", schema="cms_conditions", module=standin.module())
    look(engine)
    assert len([said for said in standin.statements if "o2o_run" in said or "iov" in said]) == 1
    close_database(engine)
    standin.close()
