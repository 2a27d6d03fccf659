"""What the tests of the o2o probe share: two online tags, a run, a look, and what the look said."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from probes.o2o.probe import O2o
from spy.domain.product import OnlineTag
from spy.domain.run import Run
from spy.domain.subject import of_tag
from spy.probe import Open, OpenRun

END = datetime(2026, 6, 1, 3, tzinfo=UTC)
"""05:00 in Geneva."""
NOW = END + timedelta(hours=6)
LASER = OnlineTag("Laser_prompt", "LaserRcd", "Laser")
VOLTAGE = OnlineTag("DetVOff_prompt", "DetVOffRcd", "DetVOff", on_change=True, delay=timedelta(hours=1))


def run_of(number=398600, end=END):
    return OpenRun(Run(number, start=END - timedelta(hours=3), end=end))


def look(engine, *runs, tags=(LASER, VOLTAGE), now=NOW):
    """Value or problem by run, tag and name."""
    open_ = Open(now, runs or (run_of(),), {}, online_tags=tags)
    found = {}
    for e in O2o().observe(engine, open_):
        assert (e.subject, e.name) not in found
        assert (e.value is None) == bool(e.problem)
        assert not e.final
        found[e.subject, e.name] = e.problem if e.value is None else e.value
    return found


def since(found, tag, run=398600):
    return found[of_tag("prod", run, tag.name), "online_since"]


def job_start(found, tag=VOLTAGE, run=398600):
    return found[of_tag("prod", run, tag.name), "online_job_start"]


def sql(path, text, *values):
    with sqlite3.connect(path) as connection:
        connection.execute(text, values)
    connection.close()
