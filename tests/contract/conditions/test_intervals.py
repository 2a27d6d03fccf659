"""What the conditions probe says of a run's tags, by SQLite and through the Oracle dialect."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from probes.conditions import answer, simulator
from spy.database import close_database, open_database
from tests.support.conditions import (
    END,
    GLOBAL_TAG,
    LUMI_TAG,
    RUN_TAG,
    START,
    TIME_TAG,
    facts,
    look,
    looking_at,
    open_run,
    sha1,
)
from tests.support.oracle_standin import Standin


def test_a_payload_made_for_the_run_is_told_with_its_hash_and_time(engine, insert):
    insert(RUN_TAG, 398500, "old", -20)
    insert(RUN_TAG, 398600, "mine")
    insert(RUN_TAG, 398700, "later run")
    assert facts(look(engine, looking_at(open_run())), RUN_TAG) == {
        "mapped": True,
        "time_type": "run",
        "synchronization": "prompt",
        "since_run": 398600,
        "payload_hash": sha1("mine"),
        "payload_bytes": 0,
        "inserted_at": END + timedelta(hours=1),
    }


def test_an_inherited_interval_is_told_with_the_run_it_was_made_for(engine, insert):
    insert(RUN_TAG, 398500, "old", -20)
    assert facts(look(engine, looking_at(open_run())), RUN_TAG)["since_run"] == 398500


def test_of_one_since_the_newest_insertion_counts(engine, insert):
    insert(RUN_TAG, 398600, "second harvest", 4)
    insert(RUN_TAG, 398600, "forced harvest", 1)
    found = facts(look(engine, looking_at(open_run())), RUN_TAG)
    assert (found["payload_hash"], found["inserted_at"]) == (sha1("second harvest"), END + timedelta(hours=4))


def test_a_tag_without_interval_says_none_and_not_unknown(engine):
    found = facts(look(engine, looking_at(open_run())), RUN_TAG)
    assert (found["since_run"], found["payload_hash"]) == (0, "")
    assert "inserted_at" not in found


def test_a_vanished_payload_is_seen(engine, insert, path):
    insert(RUN_TAG, 398600, "mine")
    with sqlite3.connect(path) as connection:
        simulator.delete_iov(connection, RUN_TAG, 398600, END + timedelta(hours=1))
    connection.close()
    assert facts(look(engine, looking_at(open_run())), RUN_TAG)["since_run"] == 0


def test_a_lumi_tag_is_judged_by_all_intervals_inside_the_run(engine, insert):
    insert(LUMI_TAG, answer.encode_lumi(398599, 400), "run before")
    before = facts(look(engine, looking_at(open_run())), LUMI_TAG)
    assert (before["since_run"], before["since_lumi"], before["payload_hash"]) == (398599, 0, sha1("run before"))
    for lumi, payload, hours in ((35, "a", 1), (218, "b", 2), (440, "c", 1)):
        insert(LUMI_TAG, answer.encode_lumi(398600, lumi), payload, hours)
    insert(LUMI_TAG, answer.encode_lumi(398601, 1), "run after")
    found = facts(look(engine, looking_at(open_run())), LUMI_TAG)
    lines = "".join(f"{answer.encode_lumi(398600, x)}:{sha1(p)}\n" for x, p in ((35, "a"), (218, "b"), (440, "c")))
    assert found == {
        "mapped": True,
        "time_type": "lumi",
        "synchronization": "prompt",
        "since_run": 398600,
        "since_lumi": 440,
        "payload_hash": sha1(lines),
        "inserted_at": END + timedelta(hours=2),
    }


def test_replacing_one_interval_inside_the_run_changes_the_hash(engine, insert):
    for lumi in (1, 100, 200):
        insert(LUMI_TAG, answer.encode_lumi(398600, lumi), f"ls{lumi}")
    first = facts(look(engine, looking_at(open_run())), LUMI_TAG)
    insert(LUMI_TAG, answer.encode_lumi(398600, 100), "other", 3)
    second = facts(look(engine, looking_at(open_run())), LUMI_TAG)
    assert first["payload_hash"] != second["payload_hash"]
    assert first["since_lumi"] == second["since_lumi"]


def test_a_time_tag_shows_the_first_interval_from_the_runs_end_on(engine, insert):
    for hours in (-2, -1):
        insert(TIME_TAG, answer.encode_time(END + timedelta(hours=hours)), f"{hours}", hours)
    found = facts(look(engine, looking_at(open_run())), TIME_TAG)
    assert (found["since_time"], found["since_run"]) == (END - timedelta(hours=1), 0)
    for hours in (2, 3):
        insert(TIME_TAG, answer.encode_time(END + timedelta(hours=hours)), f"{hours}", hours)
    found = facts(look(engine, looking_at(open_run())), TIME_TAG)
    assert (found["since_time"], found["payload_hash"]) == (END + timedelta(hours=2), sha1("2"))
    assert found["mapped"] is False


def test_a_time_tag_of_a_run_without_end_is_unknown_and_the_others_are_judged(engine, insert):
    insert(RUN_TAG, 398600, "mine")
    found = look(engine, looking_at(open_run(end=None)))
    assert facts(found, TIME_TAG)["since_time"] == "a Time tag cannot be judged before the run's end"
    assert facts(found, RUN_TAG)["since_run"] == 398600


def test_all_tags_of_all_open_runs_come_in_one_statement(path, insert):
    for run in range(398600, 398640):
        insert(RUN_TAG, run, f"run {run}")
        insert(LUMI_TAG, answer.encode_lumi(run, 1), f"lumi {run}")
    standin = Standin(path)
    url = "oracle+oracledb://reader:tiger@db.invalid/?service_name=x"
    engine = open_database(url, service="conditions", schema="cms_conditions", module=standin.module())
    look(engine, looking_at(open_run()))  # the first connect asks the database who it is
    standin.statements.clear()
    found = look(engine, looking_at(*(open_run(number) for number in range(398600, 398640))))
    assert {facts(found, RUN_TAG, run)["since_run"] for run in range(398600, 398640)} == set(range(398600, 398640))
    assert {facts(found, LUMI_TAG, run)["since_run"] for run in range(398600, 398640)} == set(range(398600, 398640))
    selects = [sql for sql in standin.statements if "cms_conditions." in sql]
    assert [name for sql in selects for name in ("iov found", "global_tag_map", "o2o_run") if name in sql] == [
        "iov found",
        "global_tag_map",
        "o2o_run",
    ]
    close_database(engine)
    standin.close()


@pytest.mark.parametrize(
    ("global_tag", "tag", "mapped"),
    [
        (GLOBAL_TAG, RUN_TAG, True),
        (GLOBAL_TAG, TIME_TAG, False),
        ("", RUN_TAG, "the prompt global tag is unknown, since the run's era is"),
        ("170X_Prompt_v9", RUN_TAG, "no such global tag: 170X_Prompt_v9"),
    ],
)
def test_the_map_of_the_runs_global_tag_decides(engine, global_tag, tag, mapped):
    found = look(engine, looking_at(open_run(global_tag=global_tag)))
    assert facts(found, tag)["mapped"] == mapped


def test_a_global_tag_frozen_in_the_past_shows_no_later_upload(engine, path):
    with sqlite3.connect(path) as connection:
        connection.execute('UPDATE "GLOBAL_TAG" SET "SNAPSHOT_TIME" = ?', (simulator.stamp(START),))
    connection.close()
    found = facts(look(engine, looking_at(open_run())), RUN_TAG)
    assert "later uploads are invisible through it" in found["mapped"]
    assert found["since_run"] == 0


def test_a_tag_that_does_not_exist_is_unknown_in_everything(engine):
    found = facts(look(engine, looking_at(open_run(), tags=("NoSuchTag_v1",))), "NoSuchTag_v1")
    assert set(found.values()) == {"no such tag"}
    assert {"mapped", "since_run", "payload_hash"} <= set(found)
