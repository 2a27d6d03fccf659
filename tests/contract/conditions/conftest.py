"""A conditions file of the simulated world, and the two ways to read it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from probes.conditions import simulator
from spy.database import close_database, open_database
from tests.support.conditions import END, GLOBAL_TAG, LUMI_TAG, RUN_TAG, TIME_TAG, sha1
from tests.support.oracle_standin import Standin


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "conditions.db"
    tags = {RUN_TAG: ("Run", "prompt"), LUMI_TAG: ("Lumi", "prompt"), TIME_TAG: ("Time", "offline")}
    simulator.create(path, {GLOBAL_TAG: [RUN_TAG, LUMI_TAG]}, tags)
    return path


@pytest.fixture
def insert(path):
    """insert(tag, since, payload, hours after the run's end)"""

    def insert(tag, since, payload, hours=1.0):
        with sqlite3.connect(path) as connection:
            simulator.insert_iov(connection, tag, since, sha1(payload), END + timedelta(hours=hours))
        connection.close()

    return insert


@pytest.fixture(params=["sqlite", "oracle"])
def engine(request, path):
    """The same file read by the SQLite driver, and through the Oracle dialect by the stand-in of its driver."""
    if request.param == "sqlite":
        yield open_database(f"sqlite:///{path}", service="conditions", schema="cms_conditions")
        return
    standin = Standin(path)
    url = "oracle+oracledb://reader:tiger@db.invalid/?service_name=x"
    engine = open_database(url, service="conditions", schema="cms_conditions", module=standin.module())
    yield engine
    close_database(engine)
    standin.close()
