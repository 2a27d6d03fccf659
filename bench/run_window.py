"""One window of the page's grid: `python -m bench.run_window [short] [long]`, runs of 20 products on SQLite.

One real run is multiplied inside the database: its evidence, its release, a decision with what every rule saw. Each run
has a state, an era and a fill of its own, so that filters find few, many or none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

import sqlalchemy as sa
from sqlalchemy import Engine

from bench.databases import database
from spy.config import load
from spy.domain.product import Products
from spy.domain.subject import of_product, of_run
from spy.domain.verdict import State
from spy.store.engine import writing
from spy.store.views import RunIndex, WantedRuns, run_window
from tests.support.filled_store import NOW, FilledStore

SHORT, LONG = 5_000, 50_000
ROWS = 50
REPEAT = 20
TARGET_S, RATIO = 0.2, 1.3
LIKE = 398600
FACTS = 150
"""Of each run; a real one leaves about 400 rows."""
_SERIES = "(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) SELECT n FROM s) s"
_EVIDENCE = "source, seen_at, as_of, final, problem"
_DECISION = "at, cause, reasons, payload_hashes, required, deadline, rulebook, program, fence"
_COPIES = (
    "run (number, opened_at, closed_at) SELECT n, opened_at, opened_at FROM {s}, run t WHERE t.number = :run",
    "evidence (run, subject, name, value, {e}) SELECT n, replace(subject, :run, n), name,"
    " CASE name WHEN 'fill' THEN n / 20"
    " WHEN 'era' THEN '\"Run' || (n / 5000) || '\"' ELSE value END, {e} FROM {s}, evidence t WHERE t.run = :run",
    "release (chunk, run, stage, since, revision, message_id, detail, hashes, fence)"
    " SELECT n, n, 'started', since, 1, 'm' || n, detail, hashes, fence FROM {s}, release t WHERE t.run = :run",
    "decision (chunk, run, revision, verdict, outcomes, products, {d}) SELECT n, n, 1,"
    " CASE WHEN n % 1000 = 0 THEN 'blocked' ELSE verdict END,"
    " replace(outcomes, :run, n), products, {d} FROM {s}, decision t WHERE t.run = :run",
)


def fill(store: FilledStore, runs: int, products: Products) -> None:
    store.services()
    store.run(LIKE, era="Run2026D")
    about = [store.fact(of_run("prod", LIKE), f"fact_{n}", n) for n in range(FACTS // 2)]
    names = sorted(products)
    about += [store.fact(of_product("prod", LIKE, names[n % len(names)]), f"fact_{n}", n) for n in range(FACTS // 2)]
    store.look("dqm", *about)
    store.decide(LIKE, State.READY, products=dict.fromkeys(names, State.READY))
    for first in range(1, runs, 2000):
        values = {"first": first, "last": min(first + 1999, runs - 1), "run": LIKE}
        with writing(store.engine) as connection:
            for text in _COPIES:
                copied = text.format(s=_SERIES, e=_EVIDENCE, d=_DECISION)
                used = {name: v for name, v in values.items() if f":{name}" in copied}
                connection.execute(sa.text(f"INSERT INTO {copied}"), used)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def quickest_and_p95(ask: Callable[[], object]) -> tuple[float, float]:
    times = []
    for _ in range(REPEAT):
        begin = perf_counter()
        ask()
        times.append(perf_counter() - begin)
    return min(times), sorted(times)[int(REPEAT * 0.95) - 1]


def measure_one(store: Engine, runs: int, products: Products) -> dict[str, float]:
    """p95 in seconds, by what is asked."""
    index, now = RunIndex(), NOW + timedelta(hours=2)
    asked = {
        "newest": (WantedRuns(), 0),
        "in the middle": (WantedRuns(), runs // 2),
        "oldest": (WantedRuns(), runs - ROWS),
        "one era": (WantedRuns(era="Run0"), 0),
        "blocked": (WantedRuns(states=frozenset({State.BLOCKED})), 0),
        "one fill": (WantedRuns(fill=17), 0),
        "nothing found": (WantedRuns(person="nobody@example.invalid"), 0),
    }
    begin = perf_counter()
    run_window(store, index, WantedRuns(era="Run0"), 0, ROWS, now, products)
    print(f"{runs:6} runs: first filter of a process {perf_counter() - begin:.2f} s")
    found = {}
    for name, (wanted, at) in asked.items():

        def ask(wanted: WantedRuns = wanted, at: int = at) -> object:
            return run_window(store, index, wanted, at, at + ROWS, now, products)

        best, found[name] = quickest_and_p95(ask)
        print(f"{runs:6} runs: {name:14} {best * 1000:6.1f} ms at best, p95 {found[name] * 1000:6.1f} ms")
    return found


def measure(short: int = SHORT, long: int = LONG) -> int:
    products = dict(sorted(load().products.items())[:20])
    found = []
    for runs in (short, long):
        with database("sqlite") as url:
            store = FilledStore(url)
            fill(store, runs, products)
            found.append(measure_one(store.engine, runs, products))
            store.close()
    few, many = (max(one.values()) for one in found)
    print(f"slowest p95: {few * 1000:.0f} ms and {many * 1000:.0f} ms, target {TARGET_S * 1000:.0f} ms")
    return int(many > TARGET_S)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:3])))
