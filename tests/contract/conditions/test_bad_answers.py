"""What cannot be read is unknown, and nothing else with it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from probes.conditions import answer, simulator
from spy.database import close_database, open_database
from spy.domain.errors import NoAnswer, Refused, Unreadable
from spy.domain.subject import of_service
from tests.support.conditions import LUMI_TAG, NOW, RUN_TAG, facts, look, looking_at, open_run, sql
from tests.support.oracle_standin import Standin, failure


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("SINCE", "soon", "since 'soon' is no integer"),
        ("SINCE", 398599.5, "is no integer"),
        ("PAYLOAD_HASH", "", "is no SHA1"),
        ("PAYLOAD_HASH", "ABC", "is no SHA1"),
        ("INSERTION_TIME", "yesterday", "Invalid isoformat string"),
        ("INSERTION_TIME", "2027-01-01 00:00:00.000000", "inserted in the future"),
    ],
)
def test_an_interval_that_cannot_be_read_makes_its_tag_unknown_and_no_other(engine, path, insert, column, value, says):
    insert(RUN_TAG, 398600, "mine")
    insert(LUMI_TAG, answer.encode_lumi(398600, 1), "good")
    sql(path, f'UPDATE "IOV" SET "{column}" = ? WHERE "TAG_NAME" = ?', value, RUN_TAG)
    found = look(engine, looking_at(open_run()))
    assert says in facts(found, RUN_TAG)["since_run"]
    assert facts(found, LUMI_TAG)["since_run"] == 398600


def test_a_time_base_that_no_calibration_has_is_unknown(engine, path):
    sql(path, 'UPDATE "TAG" SET "TIME_TYPE" = ? WHERE "NAME" = ?', "Hash", RUN_TAG)
    assert "time type 'Hash'" in facts(look(engine, looking_at(open_run())), RUN_TAG)["time_type"]


def test_a_file_without_the_tables_is_unreadable(tmp_path):
    sqlite3.connect(tmp_path / "empty.db").close()
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}", service="conditions")
    with pytest.raises(Unreadable, match="no such table"):
        look(engine, looking_at(open_run()))


@pytest.mark.parametrize(("code", "error"), [("ORA-00942", Refused), ("ORA-03113", NoAnswer), ("DPY-4024", NoAnswer)])
def test_a_database_that_fails_fails_the_whole_look(path, code, error):
    standin = Standin(path)
    url = "oracle+oracledb://reader:tiger@db.invalid/?service_name=x"
    engine = open_database(url, service="conditions", schema="cms_conditions", module=standin.module())
    standin.fail.append(failure(code))
    with pytest.raises(error, match=code):
        look(engine, looking_at(open_run()))
    close_database(engine)
    standin.close()


def test_the_copys_age_is_that_of_its_newest_job_in_utc(engine, path):
    with sqlite3.connect(path) as connection:
        for hours in (3, 1):
            simulator.insert_o2o_run(connection, "SiStripDetVOff", NOW - timedelta(hours=hours), None, -1)
    connection.close()
    found = look(engine, looking_at(open_run()))
    assert found[of_service("conditions"), "conditions_as_of"] == NOW - timedelta(hours=1)


def test_a_copy_without_job_tables_says_nothing_of_its_age(engine, path):
    sql(path, 'DROP TABLE "O2O_RUN"')
    found = look(engine, looking_at(open_run()))
    assert (of_service("conditions"), "conditions_as_of") not in found
    assert facts(found, RUN_TAG)["since_run"] == 0


def test_without_open_runs_nothing_is_asked_about_tags(engine):
    assert look(engine, looking_at()) == {}
