"""Whom *Now* calls where it is no calibration that is missing: those who run what is silent, and else nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from spy.domain.verdict import State
from spy.store.views import Overview, overview
from tests.support.filled_store import NOW, FilledStore


def seen(store: FilledStore, operators: Mapping[str, str]) -> Overview:
    return overview(store.engine, NOW, timedelta(minutes=5), crew=("crew@example.invalid",), operators=operators)


def test_those_who_run_a_silent_service_are_called_where_their_address_is_known(empty):
    empty.services()
    empty.run(398601)
    empty.decide(398601, State.READY)
    empty.look("dqm", ago=timedelta(minutes=13))
    empty.look("oms", ago=timedelta(0))
    now = seen(empty, {"dqm": "dqm@example.invalid"})
    assert now.whom == ("dqm@example.invalid",)
    asked, _, rest = now.next_step.partition(". ")
    assert asked == "The shift crew must ask those who run DQM (dqm@example.invalid) when it is back"
    assert rest.startswith("Nobody needs to do anything else")


def test_a_look_that_failed_a_moment_ago_wakes_nobody_while_what_was_said_before_counts(empty):
    empty.services()
    empty.run(398601)
    empty.decide(398601, State.WAITING, "normal")
    empty.look("dqm", problem="time-out after 30 s", ago=timedelta(0))
    now = seen(empty, {})
    assert (now.head, now.whom) == ("Nothing to do", ())
    assert any("time-out after 30 s" in line for line in now.also)
