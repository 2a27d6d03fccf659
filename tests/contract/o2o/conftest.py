"""A small conditions file with two online tags, made by hand, and the two ways to read it."""

from __future__ import annotations

import sqlite3

import pytest

from probes.conditions.simulator import DDL
from spy.database import close_database, open_database
from tests.support.o2o import LASER, VOLTAGE, sql
from tests.support.oracle_standin import Standin


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "conditions.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(DDL)
        for tag in (LASER, VOLTAGE):
            row = (
                tag.name,
                "Time",
                "Hand",
                "any",
                -1,
                "",
                0,
                "2026-01-01 00:00:00.000000",
                "2026-01-01 00:00:00.000000",
            )
            connection.execute('INSERT INTO "TAG" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', row)
    connection.close()
    return path


@pytest.fixture
def interval(path):
    """interval(tag, begin)"""

    def insert(tag, begin):
        since = int(begin.timestamp()) << 32
        sql(path, 'INSERT INTO "IOV" VALUES (?, ?, ?, ?)', tag.name, since, "0" * 40, "2026-06-01 00:00:00.000000")

    return insert


@pytest.fixture
def job(path):
    """job(tag, local time as text, status)"""

    def insert(tag, local, status=0):
        row = (tag.job, f"{local}:00.000000", None, status, "")
        sql(path, 'INSERT INTO "O2O_RUN" VALUES (?, ?, ?, ?, ?)', *row)

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
