"""A store as a year leaves it: a night of open runs as of now, and behind it closed ones, multiplied in the database.

One real run is copied, with its evidence, release, moves, message and decision, each copy one step of time before the
other, so that views of a period find what a period has: 5,000 runs are 90 days, and 50,000 are 900. Of 90 days are the
looks of all probes. Each run has an era and a fill, and one of a thousand is blocked.
"""

from __future__ import annotations

from datetime import timedelta

from bench.push import filled
from spy.domain.product import Products
from spy.domain.release import Stage
from spy.domain.subject import of_product, of_run
from spy.domain.verdict import State
from spy.store.engine import writing
from tests.support.filled_store import FilledStore

OPEN = 50
LIKE = 398599
STEP_MIN = 26
DAYS = 90
LOOK_MIN = 2
FACTS = 150
"""Of each run; a real one leaves about 400 rows."""
BLOCK = 1000
"""Runs per transaction."""

_SERIES = "(WITH RECURSIVE s(k) AS (SELECT {first} UNION ALL SELECT k - 1 FROM s WHERE k > {last}) SELECT k FROM s) s"
_NUMBER = f"{LIKE} - k"
_DECISION = "cause, reasons, payload_hashes, required, rulebook, program, fence"


def _then(column: str, form: str = "%Y-%m-%d %H:%M:%f000", minutes: int = STEP_MIN) -> str:
    return f"strftime('{form}', {column}, (-{minutes} * k) || ' minutes')"


_TIME = """'{"time":"' || """ + _then("json_extract(value, '$.time')", "%Y-%m-%dT%H:%M:%fZ") + """ || '"}'"""
_VALUE = (
    f"CASE name WHEN 'fill' THEN ({_NUMBER}) / 20 WHEN 'era' THEN '\"Run' || (({_NUMBER}) / 5000) || '\"'"
    f" WHEN 'run_start' THEN {_TIME} WHEN 'run_end' THEN {_TIME} ELSE value END"
)
_COPIES = (
    f"run (number, opened_at, closed_at) SELECT {_NUMBER}, {_then('opened_at')}, {_then('closed_at')}"
    f" FROM {{s}}, run t WHERE t.number = {LIKE}",
    "evidence (run, subject, name, value, source, seen_at, as_of, final, problem)"
    f" SELECT {_NUMBER}, replace(subject, {LIKE}, {_NUMBER}), name, {_VALUE}, source, {_then('seen_at')}, as_of, final,"
    f" problem FROM {{s}}, evidence t WHERE t.run = {LIKE}",
    "evidence (run, subject, name, value, source, seen_at, as_of, final, problem)"
    f" SELECT 0, subject, name, {_NUMBER}, source, {_then('seen_at')}, as_of, final, problem"
    " FROM {s}, evidence t WHERE t.id IN"
    " (SELECT min(id) FROM evidence WHERE run = 0 AND name IN ('first_safe_run', 'newest_run') GROUP BY name)",
    "release (chunk, run, stage, since, revision, message_id, detail, locked_at, hashes, fence)"
    f" SELECT {_NUMBER}, {_NUMBER}, stage, {_then('since')}, 1, 'm' || k, detail, {_then('since')}, hashes, fence"
    f" FROM {{s}}, release t WHERE t.run = {LIKE}",
    f"move (chunk, at, before, after, why) SELECT {_NUMBER}, {_then('at')}, before, after, why"
    f" FROM {{s}}, move t WHERE t.chunk = '{LIKE}'",
    "outbox (id, kind, chunk, recipient, revision, subject, body, status, attempts, created_at, due_at, last_error,"
    f" fence) SELECT 'm' || k, kind, {_NUMBER}, recipient, 1, subject, body, status, attempts, {_then('created_at')},"
    f" {_then('due_at')}, last_error, fence FROM {{s}}, outbox t WHERE t.chunk = '{LIKE}'",
    f"decision (chunk, run, revision, at, deadline, verdict, outcomes, products, {_DECISION})"
    f" SELECT {_NUMBER}, {_NUMBER}, 1, {_then('at')}, {_then('deadline')},"
    f" CASE WHEN k % 1000 = 0 THEN 'blocked' ELSE verdict END, replace(outcomes, {LIKE}, {_NUMBER}), products,"
    f" {_DECISION} FROM {{s}}, decision t WHERE t.run = {LIKE}",
)
_LOOKS = (
    f"look (probe, at, took_ms, requests, problem) SELECT probe, {_then('at', minutes=LOOK_MIN)}, took_ms, requests,"
    " CASE WHEN k % 500 = 0 THEN 'no answer' ELSE '' END FROM {s}, look t"
    " WHERE t.id IN (SELECT min(id) FROM look GROUP BY probe)"
)


def filled_long(store: FilledStore, runs: int, products: Products) -> None:
    """`runs` in all, of which 50 are open."""
    _one(store, products)
    _copy(store, _LOOKS, DAYS * 24 * 60 // LOOK_MIN, 1)
    for first in range(runs - OPEN - 2, 0, -BLOCK):
        _copy(store, _COPIES, first, max(first - BLOCK + 1, 1))
    filled(store, OPEN)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def _one(store: FilledStore, products: Products) -> None:
    """The run that all others are like."""
    store.services(newest_run=LIKE)
    store.run(LIKE, era="Run2026D")
    names = sorted(products)
    about = [store.fact(of_run("prod", LIKE), f"fact_{n}", n) for n in range(FACTS // 2)]
    about += [store.fact(of_product("prod", LIKE, names[n % len(names)]), f"fact_{n}", n) for n in range(FACTS // 2)]
    store.look("dqm", *about)
    store.decide(LIKE, State.READY, products=dict.fromkeys(names, State.READY), ago=timedelta(hours=8))
    store.stages(LIKE, Stage.QUEUED, Stage.SENT, Stage.ACCEPTED, Stage.LOCKED, Stage.STARTED)
    store.message(LIKE, "release", "tier0")
    store.close_run(LIKE)


def _copy(store: FilledStore, texts: str | tuple[str, ...], first: int, last: int) -> None:
    series = _SERIES.format(first=first, last=last)
    with writing(store.engine) as connection:
        for text in (texts,) if isinstance(texts, str) else texts:
            connection.exec_driver_sql(f"INSERT INTO {text.replace('{s}', series)}")
