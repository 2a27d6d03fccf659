"""How fast a long period is told: `python -m bench.saved_hours [runs] [target in seconds of CPU]`.

One played run, copied inside a SQLite file with all its decisions and evidence, an hour later each.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

import sqlalchemy as sa
from sqlalchemy import Engine, event

from bench.period import FIVE
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.config import load
from spy.store.engine import open_store
from spy.store.views import Delay, Saved, saved

RUNS, TARGET_S = 10_000, 10.0
RUN = 398600
STORY = f"""
start = 2026-06-01T00:00:00Z
until = "12h"
[[run]]
number = {RUN}
class = "collisions"
start = "0h"
end = "3h"
express_done = "8h"
product = [{", ".join(f'{{ name = "{name}", harvested = "5h" }}' for name in FIVE)}]
"""


def _later(column: str) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%S.000000', {column}, '+' || n || ' hours')"


_VALUE = (
    "CASE WHEN value LIKE '{%' THEN json_object('time', strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(value, '$.time'),"
    f" '+' || n || ' hours')) WHEN name = 'since_run' AND value = '{RUN}' THEN CAST({RUN} + n AS text) ELSE value END"
)
_CLOSED = "'2026-06-03 04:00:00'"
_SUBJECT = f"replace(subject, '{RUN}', {RUN} + n)"
_DECISION = "verdict, cause, reasons, outcomes, products, payload_hashes, required, deadline, rulebook, program, fence"
_COPIES = (
    f"run (number, opened_at, closed_at) SELECT {RUN} + n, {_later('opened_at')}, {_later(_CLOSED)}",
    "release (chunk, run, stage, since, revision, message_id, detail, locked_at, would_at, hashes, fence)"
    f" SELECT {RUN} + n, {RUN} + n, stage, since, revision, message_id, detail, locked_at, would_at, hashes, fence",
    f"move (chunk, at, before, after, why) SELECT {RUN} + n, {_later('at')}, before, after, why",
    "evidence (run, subject, name, value, source, seen_at, as_of, final, problem)"
    f" SELECT {RUN} + n, {_SUBJECT}, name, {_VALUE}, source, {_later('seen_at')}, as_of, final, problem",
    f"decision (chunk, run, revision, at, {_DECISION})"
    f" SELECT {RUN} + n, {RUN} + n, revision, {_later('at')}, {_DECISION}",
)
_LOOKS = (
    "INSERT INTO look (probe, at, took_ms, requests, problem) WITH RECURSIVE s(n) AS (SELECT 2 UNION ALL SELECT n + 2"
    " FROM s WHERE n < :minutes) SELECT 'oms', strftime('%Y-%m-%d %H:%M:%S.000000', '2026-06-01 12:00:00',"
    " '+' || n || ' minutes'), 1.0, 1, '' FROM s"
)


def _fill(store: Engine, runs: int) -> None:
    series = "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :runs) SELECT n FROM s) s"
    with store.begin() as connection:
        for text in _COPIES:
            table = text.split()[0]
            which = {"run": f"number = {RUN}", "move": f"chunk = '{RUN}'"}.get(table, f"run = {RUN}")
            statement = f"INSERT INTO {text} FROM {series}, (SELECT * FROM {table} WHERE {which}) t"
            connection.execute(sa.text(statement), {"runs": runs - 1})
        connection.execute(sa.text(_LOOKS), {"minutes": 60 * runs})
        connection.exec_driver_sql("ANALYZE")


def _ask(store: Engine, begin: datetime, end: datetime) -> Saved:
    config = load()
    products = [config.products[name] for name in FIVE]
    delay = Delay(config.lock_after, config.tier0.reco_delay)
    return saved(store, begin, end, end, instance="prod", delay=delay, products=products, context=config.context)


def measure(runs: int = RUNS, target_s: float = TARGET_S) -> int:
    """Fill a store, and tell all of it twice: the second time the file is in memory."""
    with tempfile.TemporaryDirectory(prefix="spy-saved-") as folder:
        file = Path(folder) / "spy.db"
        scenario = Scenario.parse(STORY, "one run")
        with closing(Steps(scenario, Path(folder), f"sqlite:///{file}")) as steps:
            steps.begin()
            steps.go_to(scenario.until)
        store = open_store(f"sqlite:///{file}", durable=False)
        _fill(store, runs)
        statements: list[str] = []
        event.listen(store, "before_cursor_execute", lambda *told: statements.append(told[2]))
        took = []
        for _ in range(2):
            statements.clear()
            begin, cpu = perf_counter(), process_time()
            told = _ask(store, scenario.start, scenario.start + timedelta(hours=runs + 12))
            took.append((perf_counter() - begin, process_time() - cpu))
        store.dispose()
        size = file.stat().st_size / 2**30
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(told.counted)} runs told in {took[0][0]:.1f} s and again in {took[1][0]:.1f} s, "
        f"{took[1][1]:.1f} s of CPU, {len(statements) - 1} statements, "
        f"{memory:.0f} MiB; store {size:.1f} GiB\n{told.sentence}"
    )
    return int(len(told.counted) != runs or took[1][1] > target_s)


if __name__ == "__main__":
    numbers = [float(word) for word in sys.argv[1:]]
    sys.exit(measure(*(int(n) for n in numbers[:1]), *numbers[1:]))
