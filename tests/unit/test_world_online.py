"""The world's online tags: what the jobs copied, and what their faults leave in the database."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from probes.simulation.online import BEAT, Job, jobs_of
from probes.simulation.scenario import Scenario
from probes.simulation.turns import TagLag
from probes.simulation.world import INHERITED_AGE, World
from spy.domain.product import OnlineTag
from tests.support.simulated import HEAD, PRODUCTS, START, after, intervals, run_text

LASER = OnlineTag("Laser_prompt", "LaserRcd", "Laser")
VOLTAGE = OnlineTag("DetVOff_prompt", "DetVOffRcd", "DetVOff", on_change=True)


@pytest.fixture
def build(tmp_path):
    made = []

    def build(text=""):
        scenario = Scenario.parse(HEAD + run_text() + text, "x.toml")
        made.append(World(scenario, PRODUCTS, tmp_path / "x.db", online=(LASER, VOLTAGE)))
        return made[-1]

    yield build
    for world in made:
        world.close()


def newest(world, tag, path=None):
    """Hours from the start."""
    with sqlite3.connect(path or world.conditions_path) as connection:
        (since,) = connection.execute('SELECT MAX("SINCE") FROM "IOV" WHERE "TAG_NAME" = ?', (tag,)).fetchone()
    connection.close()
    return ((since >> 32) - START.timestamp()) / 3600


def runs(world, job, path=None):
    """Local start and status; in June Geneva is two hours ahead."""
    with sqlite3.connect(path or world.conditions_path) as connection:
        rows = connection.execute(
            'SELECT "START_TIME", "STATUS_CODE" FROM "O2O_RUN" WHERE "JOB_NAME" = ? ORDER BY 1', (job,)
        ).fetchall()
    connection.close()
    return [(start[11:16], status) for start, status in rows]


def test_a_tag_is_copied_every_ten_minutes_and_seen_a_minute_later(build):
    world = build()
    world.advance(after(hours=4, seconds=59))
    assert newest(world, LASER.name) == pytest.approx(4 - 1 / 6)
    world.advance(after(hours=4, minutes=1))
    assert newest(world, LASER.name) == 4
    assert runs(world, "Laser") == [("06:00", 0)]


def test_a_late_tag_ends_so_much_earlier(build):
    world = build('[[tag]]\nname = "Laser_prompt"\ndelay = "7h"\n')
    world.advance(after(hours=9, minutes=1))
    assert newest(world, LASER.name) == 2
    assert runs(world, "Laser") == [("11:00", 0)]


def test_a_tag_written_on_change_keeps_its_old_interval_while_its_job_runs(build):
    world = build()
    world.advance(after(hours=9, minutes=1))
    assert len(intervals(world, VOLTAGE.name)) == 1
    assert newest(world, VOLTAGE.name) * 3600 <= -INHERITED_AGE / timedelta(seconds=1)
    assert runs(world, "DetVOff") == [("11:00", 0)]


def test_the_last_good_run_of_a_late_job_is_so_old_and_the_newest_failed(build):
    world = build('[[tag]]\nname = "DetVOff_prompt"\ndelay = "3h"\n')
    world.advance(after(hours=9, minutes=1))
    assert runs(world, "DetVOff") == [("08:00", 0), ("11:00", 1)]


@pytest.mark.parametrize(("kind", "failed"), [("http500", [("08:00", 1)]), ("down", []), ("stale", [])])
def test_a_fault_of_the_jobs_leaves_what_was_copied_before(build, kind, failed):
    world = build(f'[[fault]]\nservice = "o2o"\nkind = "{kind}"\nfrom = "2h30m"\nto = "7h5m"\n')
    world.advance(after(hours=6, minutes=1))
    world.advance(after(hours=6, minutes=5))
    assert newest(world, LASER.name) == pytest.approx(2 + 1 / 3)
    assert runs(world, "Laser") == [("04:20", 0), *failed]
    world.advance(after(hours=7, minutes=11))
    assert newest(world, LASER.name) == pytest.approx(7 + 1 / 6)
    assert runs(world, "DetVOff") == [("09:10", 0)]


def test_jobs_that_never_ran_copied_nothing_after_what_is_inherited(build):
    world = build('[[fault]]\nservice = "o2o"\nkind = "down"\nfrom = "-90d"\n')
    world.advance(after(hours=6))
    assert newest(world, LASER.name) < -24


def test_a_copy_of_the_past_shows_the_jobs_as_they_were(build, tmp_path):
    world = build('[[fault]]\nservice = "o2o"\nkind = "http500"\nfrom = "2h30m"\nto = "7h5m"\n')
    world.advance(after(hours=12))
    path = world.conditions.copy_at(after(hours=4, minutes=1), tmp_path / "past.db")
    assert newest(world, LASER.name, path) == pytest.approx(2 + 1 / 3)
    assert runs(world, "Laser", path) == [("04:20", 0), ("06:00", 1)]


def test_a_tag_that_only_the_scenario_names_has_a_job_of_its_name():
    jobs = jobs_of([TagLag("Other", 3 * BEAT)], [LASER])
    assert jobs[1:] == (Job("Laser", "Laser_prompt"), Job("Other", "Other", 3 * BEAT))
