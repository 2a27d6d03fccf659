"""The size of the payload that was made for a run: told by the database, asked once, and never needed for the rest."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from probes.conditions import simulator
from spy.domain.evidence import Evidence
from spy.domain.subject import of_tag
from tests.support.conditions import END, LUMI_TAG, NOW, RUN_TAG, facts, look, looking_at, open_run, sha1

MINE = of_tag("prod", 398600, RUN_TAG)


@pytest.fixture
def change(path):
    """Run one function on the file."""

    def change(do):
        with sqlite3.connect(path) as connection:
            do(connection)
        connection.close()

    return change


@pytest.fixture
def filled(change):
    """An older payload, and one of 1234 bytes made for the run."""

    def fill(connection):
        simulator.insert_iov(connection, RUN_TAG, 398500, sha1("old"), END - timedelta(hours=20), 999)
        simulator.insert_iov(connection, RUN_TAG, 398600, sha1("mine"), END + timedelta(hours=1), 1234)
        simulator.insert_iov(connection, LUMI_TAG, (398600 << 32) | 1, sha1("lumi"), END + timedelta(hours=1), 55)

    change(fill)


def known(payload):
    """What an earlier look told of the run's tag."""
    told = {"payload_hash": sha1(payload), "payload_bytes": 777}
    evidence = [Evidence(MINE, name, value, "conditions", NOW) for name, value in told.items()]
    return replace(open_run(), known={e.key: e for e in evidence})


def test_the_size_is_told_of_a_run_tag_and_only_of_a_payload_of_the_run_itself(engine, filled):
    assert facts(look(engine, looking_at(open_run())), RUN_TAG)["payload_bytes"] == 1234
    assert "payload_bytes" not in facts(look(engine, looking_at(open_run())), LUMI_TAG)
    assert "payload_bytes" not in facts(look(engine, looking_at(open_run(398700))), RUN_TAG, 398700)


def test_a_copy_without_payloads_tells_no_size_and_all_the_rest(engine, filled, change):
    change(lambda connection: connection.execute('DROP TABLE "PAYLOAD"'))
    found = facts(look(engine, looking_at(open_run())), RUN_TAG)
    assert (found["payload_bytes"], found["since_run"]) == ("this copy tells no size of the payload", 398600)


@pytest.mark.parametrize(("payload", "size"), [("mine", 777), ("another", 1234)])
def test_a_size_once_known_is_not_asked_again_while_the_payload_is_the_same(engine, filled, payload, size):
    assert facts(look(engine, looking_at(known(payload))), RUN_TAG)["payload_bytes"] == size
