"""From the agent's own shadow mode to the report: a short story in a simulated world, of which one interval is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.regret.late import Word
from spy.regret.report import Report, made
from tests.support.plain_story import STORY

RUN = 398600
ADVISORY = "SiStripBadChannel_FromHitEfficiency_v0_prompt"
SLOW = '\n[agent.probe.%s]\nevery = "20m"\n'


def shadow(folder: Path) -> Steps:
    """The plain story, watched slowly by an agent that sends nothing, with one run more behind it."""
    probes = "".join(SLOW % name for name in ("tier0", "oms", "conditions", "uploads", "dqm", "jobs", "o2o"))
    text = STORY.replace('until = "12h"', 'until = "60h"') + probes
    steps = Steps(Scenario.parse(text, "story.toml"), folder)
    steps.agent.settings = replace(steps.agent.settings, is_live=False)
    steps.begin()
    return steps


def report_of(steps: Steps) -> Report:
    period = steps.scenario.start, steps.at + timedelta(hours=2)
    return made(steps.store, steps.asks["conditions"], steps.config, steps.agent.book.hash, period, period[1])


def test_what_the_world_inserts_after_the_shadow_release_is_named_and_nothing_else(tmp_path):
    steps = shadow(tmp_path)
    try:
        steps.go_to(steps.scenario.start + timedelta(hours=9))
        (before,) = report_of(steps).runs
        assert (before.word, before.why) == (Word.UNKNOWN, "Tier0 has not locked the run yet")
        released = before.release.released_at
        steps.go_to(steps.scenario.start + timedelta(hours=20))
        steps.stage.world.conditions.insert([(ADVISORY, RUN, "a" * 40)], steps.at)
        steps.go_to(steps.scenario.start + timedelta(hours=52))
        steps.stage.world.conditions.insert([(ADVISORY, RUN, "b" * 40)], steps.at)
        (one,) = report_of(steps).runs
        assert one.word is Word.REGRET
        (late,) = one.late
        assert (late.tag, late.since, late.payload_hash) == (ADVISORY, RUN, "a" * 40)
        assert (late.product, late.detector) == ("SiStripBadStripRcdHitEff_pcl", "strip tracker")
        assert released is not None
        assert (one.release.released_at, late.delay) == (released, late.inserted_at - released)
        assert one.release.end is not None
        locked_by = one.release.end + timedelta(hours=47, minutes=30)
        assert one.release.locked_at is not None
        assert locked_by <= one.release.locked_at < locked_by + timedelta(minutes=40)
    finally:
        steps.close()
