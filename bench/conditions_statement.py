"""The conditions probe's one statement on a big database: `python -m bench.conditions_statement [intervals] [runs]`.

All destination tags of the shipped products for all open runs, rows read to the last; the plan is shown.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
import sqlalchemy as sa

from bench.databases import database, kinds
from probes.conditions import answer, statement
from probes.conditions.simulator import BEGINNING, create, stamp
from probes.simulation.tags import SimTag, tags_of
from spy.config import load
from spy.database import close_database, open_database

TARGET_MS = 50.0
REPEATS = 21
NEWEST = 398650
TIME_TYPES = {"run": "Run", "lumi": "Lumi", "time": "Time"}
END = 1780272000
"""Unix seconds, 2026-06-01: the newest run's end; an interval of a Time tag each minute before it."""
ROW = tuple[str, int, str, str]


def rows(tags: dict[str, SimTag], intervals: int) -> Iterator[ROW]:
    """Evenly over the tags: of Lumi tags 20 intervals a run, of the others one a run or a minute."""
    each = intervals // len(tags)
    at = stamp(BEGINNING)
    for tag in tags.values():
        for back in range(each):
            if tag.base == "lumi":
                since = answer.encode_lumi(NEWEST - back // 20, 1 + 20 * (back % 20))
            else:
                since = NEWEST - back if tag.base == "run" else (END - 60 * back) << 32
            yield tag.name, since, f"{since:040x}", at


def fill_sqlite(url: str, tags: dict[str, SimTag], intervals: int) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    create(path, {}, {tag.name: (TIME_TYPES[tag.base], tag.synchronization) for tag in tags.values()})
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        put = 'INSERT INTO "IOV" ("TAG_NAME", "SINCE", "PAYLOAD_HASH", "INSERTION_TIME") VALUES (?, ?, ?, ?)'
        connection.executemany(put, rows(tags, intervals))
    connection.close()


def fill_postgresql(url: str, tags: dict[str, SimTag], intervals: int) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE tag (name text PRIMARY KEY, time_type text, synchronization text)")
        columns = "tag_name text, since int8, payload_hash text, insertion_time timestamp"
        connection.execute(f"CREATE TABLE iov ({columns}, PRIMARY KEY (tag_name, since, insertion_time))".encode())
        for tag in tags.values():
            row = (tag.name, TIME_TYPES[tag.base], tag.synchronization)
            connection.execute("INSERT INTO tag VALUES (%s, %s, %s)", row)
        with connection.cursor().copy("COPY iov FROM STDIN") as copy:
            for interval in rows(tags, intervals):
                copy.write_row(interval)
        connection.execute("ANALYZE")


def plan(url: str, query: sa.Select[tuple[object, ...]]) -> list[str]:
    """One line per access to a table, alike ones counted."""
    engine = sa.create_engine(url)
    how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    text = query.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        told = [str(row[-1]).strip(" ->") for row in connection.exec_driver_sql(f"{how} {text}")]
    engine.dispose()
    lines = [line.split("  (")[0] for line in told if line.startswith(("SEARCH", "SCAN")) or " Scan" in line]
    return [f"{lines.count(line)} x {line}" for line in dict.fromkeys(lines) if "CONSTANT" not in line]


def measured(kind: str, intervals: int, runs: int) -> float:
    tags = tags_of(load(None).products)
    bounds = [
        statement.Bounds(run, run << 32, (run << 32) | 0xFFFFFFFF, (END - 1800 * (NEWEST - run)) << 32)
        for run in range(NEWEST - runs + 1, NEWEST + 1)
    ]
    with database(kind) as url:
        begin = perf_counter()
        (fill_sqlite if kind == "sqlite" else fill_postgresql)(url, tags, intervals)
        print(
            f"{kind}: {intervals:,} intervals of {len(tags)} tags, filled in {perf_counter() - begin:.0f} s", flush=True
        )
        query, values = statement.intervals(runs), statement.values(sorted(tags), bounds)
        for line in plan(url, query.params(values)):
            print(f"    {line}")
        engine, took = open_database(url, service="conditions"), []
        found: list[object] = []
        for _ in range(REPEATS):
            with engine.connect() as connection:
                begin = perf_counter()
                found = list(connection.execute(query, values).all())
                took.append((perf_counter() - begin) * 1000)
        close_database(engine)
    assert len(found) >= len(tags) * runs, "a row for each tag and run at least"
    told = f"median {median(took):.1f} ms, least {min(took):.1f} ms (target {TARGET_MS:.0f} ms)"
    print(f"{kind}: {runs} runs, {len(found):,} rows: {told}")
    return median(took)


def measure(intervals: int = 1_000_000, runs: int = 50) -> int:
    return int(max(measured(kind, intervals, runs) for kind in kinds()) > TARGET_MS)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])))
