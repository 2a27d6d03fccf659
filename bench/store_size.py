"""How much a year of evidence takes on the disk: `python -m bench.store_size [runs a day]`.

The period of `bench.period` is played once on SQLite; the same store comes to PostgreSQL by a backup. What runs leave
is scaled by runs, what looks leave by time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import Engine

from bench.databases import database, kinds
from bench.period import HOURS, RUNS, text
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.app import open_agent_store
from spy.store.backup import write_backup
from spy.store.backup_file import Reader
from spy.store.engine import open_store
from spy.store.restore import restore

BY_TIME = ("look",)
"""Tables that grow with time; the others with runs."""
MIB = 1024 * 1024
PRUNED = ("evidence", "decision", "look")

_SQLITE = """
SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name
"""
_POSTGRESQL = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes with indices."""

    run: float
    day: float
    last_decision: float
    """What `spy prune` leaves of a run's decisions, at the size of an average one."""


def sizes(store: Engine) -> Sizes:
    is_sqlite = store.dialect.name == "sqlite"
    with store.connect() as connection:
        rows = connection.exec_driver_sql(_SQLITE if is_sqlite else _POSTGRESQL)
        found = {str(name): int(size) for name, size in rows}
        decisions = connection.exec_driver_sql("SELECT count(*) FROM decision").scalar() or 1
    by_time = sum(found[name] for name in BY_TIME)
    fixed = 8192 if not is_sqlite else 4096  # a table of one row
    by_run = sum(size for name, size in found.items() if name not in BY_TIME and size > 4 * fixed)
    for name in PRUNED:
        print(f"    {name}: {found[name] / MIB:.2f} MiB")
    return Sizes(by_run / RUNS, by_time / (HOURS / 24), found["decision"] / decisions)


def report(kind: str, size: Sizes, runs_a_day: int) -> None:
    year = 365 * (size.day + runs_a_day * size.run) / MIB
    stays = 365 * runs_a_day * size.last_decision / MIB
    print(f"{kind}: {size.run / 1024:.0f} KiB a run, {size.day / 1024:.0f} KiB of looks a day")
    print(
        f"{kind}: {year:,.0f} MiB for a year of {runs_a_day} runs each day; pruned, about {stays:,.0f} MiB of it stay"
    )


def measure(runs_a_day: int = 12) -> int:
    """No target: it tells."""
    with TemporaryDirectory(prefix="bench-") as folder, database("sqlite") as url:
        path = Path(folder, "period.toml")
        path.write_text(text(), "utf-8")
        open_agent_store(url).dispose()
        steps = Steps(Scenario.load(path), Path(folder), url)
        steps.begin()
        steps.go_to(steps.scenario.until)
        report("sqlite", sizes(steps.store), runs_a_day)
        backup = Path(folder, "backup.zip")
        begin = perf_counter()
        write_backup(steps.store, backup, steps.at)
        took_s = perf_counter() - begin
        print(f"backup: {backup.stat().st_size / 1024 / RUNS:.0f} KiB a run, {RUNS} runs written in {took_s:.1f} s")
        if "postgresql" in kinds():
            with database("postgresql") as server, Reader(backup) as file:
                store = open_store(server)
                begin = perf_counter()
                restore(store, file, steps.at + timedelta(hours=1))
                print(f"restore into PostgreSQL: {perf_counter() - begin:.1f} s")
                report("postgresql", sizes(store), runs_a_day)
                store.dispose()
        steps.close()
    return 0


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])))
