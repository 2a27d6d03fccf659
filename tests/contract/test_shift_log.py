"""What the shift log tells of a night, on either database, and the note that one crew leaves for the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from spy.acting.handover import hand_over
from spy.acting.perform import Asked, at_a_shell
from spy.config import load
from spy.domain.act import Do
from spy.domain.caller import Role
from spy.domain.errors import ActError, Denied
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views import handover, shift_log
from tests.support.filled_store import NOW

MOMENT = timedelta(seconds=1)


def told(store, hours=8.0, until=NOW + MOMENT):
    return [
        (entry.kind, entry.about, entry.text)
        for entry in shift_log(store.engine, until - timedelta(hours=hours), until)
    ]


def test_only_verdicts_that_became_another_are_news(empty):
    empty.run(398600)
    for minutes, state, cause in (
        (90, State.WAITING, "settled"),
        (80, State.WAITING, "calibration"),
        (70, State.BLOCKED, "EcalPedestals_pcl"),
        (60, State.BLOCKED, "EcalPedestals_pcl"),
        (50, State.READY, ""),
    ):
        empty.decide(398600, state, cause=cause, ago=timedelta(minutes=minutes))
    assert told(empty) == [("verdict", "398600", "blocked: EcalPedestals_pcl"), ("verdict", "398600", "ready")]
    assert told(empty, hours=0.9) == [("verdict", "398600", "ready")], "blocked already when the hour began"
    assert told(empty, hours=0.75) == []


def test_releases_acts_mails_and_silent_services_are_told_in_the_order_in_which_they_were(empty):
    empty.run(398600)
    empty.stages(398600, Stage.QUEUED, why="ready")
    empty.act(Do.KEEP_BACK, 398600, "strip noise", until=NOW + timedelta(hours=6))
    empty.act(Do.STOP, None, "Tier0 is being updated")
    empty.message(398600, "mail", "strip-calib@example.invalid")
    for minutes, problem in ((50, "timed out"), (40, "timed out"), (30, ""), (20, "")):
        empty.look("dqm", ago=timedelta(minutes=minutes), problem=problem)
    assert told(empty) == [
        ("service", "dqm", "does not answer: timed out"),
        ("service", "dqm", "answers again"),
        ("act", "", "stop by shifter@example.invalid: Tier0 is being updated"),
        ("act", "398600", "keep_back by shifter@example.invalid, until 01 Jun 18:00 UTC: strip noise"),
        ("release", "398600", "queued (ready)"),
        ("mail", "398600", "to strip-calib@example.invalid, acked: "),
    ]


def test_a_quiet_time_has_nothing_to_tell(empty):
    empty.services()
    assert told(empty) == []


@pytest.fixture
def asked(empty):
    return Asked(empty.engine, load(), at_a_shell("sam@example.invalid"), NOW)


def test_the_newest_note_stands_and_an_empty_one_takes_it_away(empty, asked):
    assert handover(empty.engine) is None
    hand_over(asked, "strips come at 14:00\n")
    hand_over(replace(asked, now=NOW + MOMENT), 'ask Eve <b> "x"')
    left = handover(empty.engine)
    assert left is not None
    assert (left.at, left.who, left.text) == (NOW + MOMENT, "sam@example.invalid", 'ask Eve <b> "x"')
    hand_over(asked, "  ")
    assert handover(empty.engine) is None


def test_a_note_is_signed_short_enough_and_no_viewers(empty, asked):
    with pytest.raises(ActError, match="4001 characters"):
        hand_over(asked, "x" * 4001)
    with pytest.raises(ActError, match="who wrote it"):
        hand_over(replace(asked, caller=replace(asked.caller, who="")), "x")
    with pytest.raises(Denied, match="needs the role shifter"):
        hand_over(replace(asked, caller=replace(asked.caller, role=Role.VIEWER)), "x")
    assert handover(empty.engine) is None
