"""One statement for all late intervals, by index, on every kind of server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import oracle, postgresql

from spy.database import close_database, open_database
from spy.domain.since import encode_lumi
from spy.regret import statement
from spy.regret.asking import span_of
from spy.regret.late import WouldBe
from tests.support.month import ALIGNMENT, BEAM_SPOT, FIRST, GLOBAL_TAG, LUMIS, Month, end_of, start_of
from tests.support.month import LOCKED as LOCKED_AFTER
from tests.support.month import RELEASED as RELEASED_AFTER

RUN = FIRST + 1
TABLES = """
CREATE TABLE tag (name text PRIMARY KEY, time_type text);
CREATE TABLE iov (tag_name text, since int8, insertion_time timestamp, payload_hash text);
CREATE TABLE global_tag (name text, snapshot_time timestamp);
CREATE TABLE global_tag_map (global_tag_name text, record text, label text, tag_name text);
CREATE TABLE tag_log (tag_name text, event_time timestamp, user_name text, user_text text);
"""


def spans(count: int) -> list[statement.Span]:
    """The first spans of a month."""
    return [span_of(release(run)) for run in range(FIRST, FIRST + count)]


def release(run: int) -> WouldBe:
    end = end_of(run)
    times = {"start": start_of(run), "end": end, "last_lumi": LUMIS, "global_tag": GLOBAL_TAG}
    return WouldBe(run, end + RELEASED_AFTER, end + LOCKED_AFTER, **times)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", [oracle.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_every_statement_compiles_for_servers(dialect):
    day = start_of(RUN).replace(tzinfo=None)
    made = (
        statement.late(2),
        statement.global_tag_maps([GLOBAL_TAG]),
        statement.log([BEAM_SPOT], day, day),
        statement.own(2),
        statement.runs_between(day, day),
    )
    texts = [str(query.compile(dialect=dialect)) for query in made]
    if dialect.name == "oracle":
        assert '"' not in "".join(texts)  # unquoted names fold to upper case
        assert texts[0].count("FROM DUAL") == 2


@pytest.mark.parametrize("count", [2, statement.MAX_RUNS])
def test_sqlite_reaches_every_interval_by_tag_and_since(few, count):
    """However many runs are asked about: beyond twenty SQLite once read all intervals of each tag first."""
    asked: list[tuple[str, Any]] = []
    engine = sa.create_engine(f"sqlite:///{few.path}")
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with engine.connect() as connection:
        given = statement.values(spans(count)) | {"b_global_tags": [GLOBAL_TAG]}
        connection.execute(statement.late(count), given).all()
        text, values = asked[-1]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
    engine.dispose()
    assert {line for line in plan if "SCAN" in line and "CONSTANT" not in line} == {"SCAN mapped", "SCAN spans"}
    reached = [line for line in plan if "late_iov" in line or " iov" in line]
    assert reached
    assert [line for line in reached if "TAG_NAME=? AND SINCE" not in line] == []


def test_postgresql_gives_the_same_rows(few: Month, postgres_url):
    few.late(RUN, ALIGNMENT, RUN, 10.0)
    few.late(RUN, BEAM_SPOT, encode_lumi(RUN, 300), 11.0)
    with few.engine.connect() as source, psycopg.connect(postgres_url.replace("+psycopg", "")) as target:
        target.execute(TABLES)
        for name, columns in (
            ("tag", "name, time_type"),
            ("iov", "tag_name, since, insertion_time, payload_hash"),
            ("global_tag_map", "global_tag_name, record, label, tag_name"),
        ):
            for row in source.exec_driver_sql(f"SELECT {columns} FROM {name}").all():
                target.execute(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(row))})", tuple(row))
    engine = open_database(postgres_url, service="conditions")
    given = statement.values(spans(3)) | {"b_global_tags": [GLOBAL_TAG]}
    with few.engine.connect() as one, engine.connect() as other:
        told = [sorted(map(as_text, c.execute(statement.late(3), given).all())) for c in (one, other)]
    close_database(engine)
    assert told[0] == told[1]
    assert len(told[0]) == 2


def as_text(row: sa.Row[Any]) -> list[str]:
    """SQLite hands out times as text with all digits."""
    return [f"{v:%Y-%m-%d %H:%M:%S.%f}" if hasattr(v, "strftime") else str(v) for v in row]
