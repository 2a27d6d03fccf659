"""One statement for everything, by index, on every kind of server."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import oracle, postgresql

from probes.conditions import answer, statement
from spy.database import close_database, open_database
from tests.support.conditions import GLOBAL_TAG, LUMI_TAG, RUN_TAG, facts, look, looking_at, open_run, sha1

BOUNDS = [statement.Bounds(run, run << 32, (run << 32) | 0xFFFFFFFF, 0) for run in (398600, 398601)]


@pytest.mark.parametrize("dialect", [oracle.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_every_statement_compiles_for_servers(dialect):
    texts = [
        str(query.compile(dialect=dialect))
        for query in (
            statement.intervals(len(BOUNDS)),
            statement.global_tag_maps([GLOBAL_TAG], [RUN_TAG]),
            statement.newest_o2o_start(),
        )
    ]
    if dialect.name == "oracle":
        assert '"' not in "".join(texts)  # unquoted names fold to upper case
        assert " ON 1 " not in texts[0]  # Oracle has no bare truth
        assert texts[0].count("FROM DUAL") == 2


def test_postgresql_runs_the_same_statement(postgres_url):
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE tag (name text PRIMARY KEY, time_type text, synchronization text)")
        connection.execute("CREATE TABLE iov (tag_name text, since int8, insertion_time timestamp, payload_hash text)")
        connection.execute("CREATE TABLE global_tag (name text, snapshot_time timestamp)")
        connection.execute("CREATE TABLE global_tag_map (global_tag_name text, record text, label text, tag_name text)")
        connection.execute("INSERT INTO tag VALUES (%s, 'Lumi', 'prompt')", (LUMI_TAG,))
        for lumi in (1, 200):
            row = (LUMI_TAG, answer.encode_lumi(398600, lumi), "2026-06-01 05:00:00", sha1("x"))
            connection.execute("INSERT INTO iov VALUES (%s, %s, %s, %s)", row)
    engine = open_database(postgres_url, service="conditions")
    found = facts(look(engine, looking_at(open_run(), tags=(LUMI_TAG,))), LUMI_TAG)
    assert (found["since_run"], found["since_lumi"]) == (398600, 200)
    assert found["inserted_at"] == datetime(2026, 6, 1, 5, tzinfo=UTC)
    close_database(engine)


def test_sqlite_reaches_every_interval_by_index(path):
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        query = statement.intervals(len(BOUNDS)).params(statement.values([RUN_TAG, LUMI_TAG], BOUNDS))
        text = query.compile(engine, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    engine.dispose()
    assert [line for line in plan if "SCAN" in line and "CONSTANT" not in line] == ["SCAN run_bounds"]
    assert any("SEARCH found USING INDEX" in line and "SINCE>" in line and "SINCE<" in line for line in plan)


def test_bounds_fit_into_63_bits():
    assert statement.MAX_SINCE < 2**63
    assert answer.encode_time(datetime(2037, 12, 31, tzinfo=UTC)) < 2**63
