"""Closed runs by the hundred thousand: rows of one real run, multiplied inside the database."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Engine

from spy.store.engine import writing

BLOCK = 500
"""Runs per transaction."""
LOOKS_PER_RUN = 100
"""Less than in fact (about 290): a look has no run, and no query of a cycle reads more than its newest ones."""

# Each statement copies what the template run has, once for each number of the series; `:first` and `:last` are runs.
_EVIDENCE = "name, value, source, seen_at, as_of, final, problem"
_DECISION = "at, verdict, cause, reasons, products, payload_hashes, required, deadline, rulebook, program, fence"
_COPIES = {
    "run": "number, opened_at, closed_at) SELECT n, opened_at, :closed FROM {s}, run t WHERE t.number = :run",
    "evidence": (
        f"run, subject, {_EVIDENCE}) SELECT n, replace(subject, :text, {{n}}), {_EVIDENCE}"
        " FROM {s}, evidence t WHERE t.run = :run"
    ),
    "evidence ": (
        f"run, subject, {_EVIDENCE}) SELECT 0, subject, {_EVIDENCE}"
        # In this order: each copy is a row of run 0 too, and they are not to be read once for each run.
        " FROM evidence t CROSS JOIN {s} WHERE t.run = 0 AND t.id <= :newest"
    ),
    "decision": (
        f"chunk, run, revision, outcomes, {_DECISION}) SELECT {{n}}, n, r.m, '[]', {_DECISION} FROM {{s}}, decision t,"
        " (SELECT 1 AS m UNION ALL SELECT 2 UNION ALL SELECT 3) r WHERE t.run = :run AND t.revision = 1"
    ),
    "release": (
        "chunk, run, stage, since, revision, message_id, detail, locked_at, would_at, hashes, fence)"
        " SELECT {n}, n, 'started', since, 1, 'm' || {n}, detail, since, would_at, hashes, fence"
        " FROM {s}, release t WHERE t.run = :run"
    ),
    "move": (
        "chunk, at, before, after, why) SELECT {n}, opened_at, r.m, r.m, 'as it goes' FROM {s}, run t, (SELECT 'queued'"
        " AS m UNION ALL SELECT 'sent' UNION ALL SELECT 'accepted' UNION ALL SELECT 'locked') r WHERE t.number = :run"
    ),
    "outbox": (
        "id, kind, chunk, recipient, revision, subject, body, status, attempts, created_at, due_at, last_error, fence)"
        " SELECT 'm' || {n}, 'release', {n}, 'tier0', 1, '', '{{}}', 'acked', 1, opened_at, opened_at, '', 1"
        " FROM {s}, run t WHERE t.number = :run"
    ),
    "act": (
        'at, who, "do", why, run, dataset, rule, product, until, until_tag, ended_by, handled)'
        " SELECT opened_at, 'ana', 'keep_back', 'noise', n, '', '', '', opened_at, '', '', {true}"
        " FROM {s}, run t WHERE t.number = :run AND n % 20 = 0"
    ),
    "look": (
        "probe, at, took_ms, requests, problem) SELECT t.probe, t.at, 1.0, 1, '' FROM {s}, look t,"
        " (WITH RECURSIVE c(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < :looks) SELECT k FROM c) r"
        " WHERE t.id = (SELECT min(id) FROM look)"
    ),
}


def fill(store: Engine, runs: int, like: int) -> int:
    """Add closed runs 1 to `runs` before everything that is open, each like one open run; rows of evidence in all."""
    is_sqlite = store.dialect.name == "sqlite"
    series = "(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) SELECT n FROM s) s"
    words = {"s": series if is_sqlite else "generate_series(CAST(:first AS int), CAST(:last AS int)) AS s(n)"}
    words |= {"n": "CAST(n AS text)", "true": "1" if is_sqlite else "true"}
    with writing(store) as connection:
        newest = connection.exec_driver_sql("SELECT max(id) FROM evidence WHERE run = 0").scalar()
        opened = connection.execute(sa.text("SELECT max(opened_at) FROM run")).scalar()
    values = {"run": like, "text": str(like), "newest": newest, "closed": opened, "looks": LOOKS_PER_RUN}
    for first in range(1, runs + 1, BLOCK):
        values |= {"first": first, "last": min(first + BLOCK - 1, runs)}
        with writing(store) as connection:
            for table, text in _COPIES.items():
                used = {name: v for name, v in values.items() if f":{name}" in f"{text}{words['s']}"}
                connection.execute(sa.text(f"INSERT INTO {table.strip()} ({text.format(**words)}"), used)
    with store.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
        return connection.exec_driver_sql("SELECT count(*) FROM evidence").scalar() or 0
