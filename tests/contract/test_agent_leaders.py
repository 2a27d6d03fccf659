"""Looks, leaders, modes and people's acts that meet: whose word stands, and what is sent."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from probes.simulation.step import Steps
from spy.agent.agent import Agent
from spy.channels.webhook import Known
from spy.domain.act import Act, Do
from spy.domain.errors import DeliveryError, StoreError
from spy.domain.evidence import Evidence
from spy.domain.release import Stage
from spy.domain.subject import of_tag
from spy.domain.verdict import State
from spy.store import acts, ledger, notes
from spy.store.engine import reading
from tests.support.brink import (
    RUN,
    STRIP,
    WITHOUT_PEDESTALS,
    Brink,
    deliverer,
    messages,
    other_payload,
    pass_minutes,
    release_of,
)

# --- looks and leaders ------------------------------------------------------------------------------------------------


def strip_hash(agent: Agent) -> object:
    told = agent.board.latest((of_tag("prod", RUN, STRIP), "payload_hash"))
    return told.value if told else None


def test_of_two_looks_in_one_batch_the_later_one_stands(brink: Brink) -> None:
    steps = brink(hours=5.9)
    before = strip_hash(steps.agent)
    newer = steps.agent.look("conditions", steps.at)
    older = other_payload("conditions", replace(newer, at=newer.at - timedelta(seconds=30)))
    steps.agent.take([newer, older], steps.at)
    assert strip_hash(steps.agent) == before


def test_a_look_that_ends_after_a_later_one_is_not_believed(brink: Brink) -> None:
    steps = brink(hours=5.9)
    before = strip_hash(steps.agent)
    newer = steps.agent.look("conditions", steps.at + timedelta(seconds=30))
    older = other_payload("conditions", steps.agent.look("conditions", steps.at))
    steps.agent.take([newer], steps.at)
    steps.agent.take([older], steps.at)
    assert strip_hash(steps.agent) == before
    assert steps.agent.board.renewed["conditions"] == newer.at


def test_nobody_looks_while_the_board_is_being_read(brink: Brink, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = brink(hours=5.9)
    other = Agent(steps.store, steps.agent.book, steps.agent.settings, steps.probes, steps.asks, "another")
    real, fences = ledger.evidence_of_run, []

    def slow(connection: Any, run: int) -> list[Evidence]:
        fences.append(other.fence)
        return real(connection, run)

    monkeypatch.setattr(ledger, "evidence_of_run", slow)
    other.lead(steps.at, steps.at + timedelta(days=1))
    assert set(fences) == {0}
    assert other.fence


def test_a_look_begun_under_an_earlier_lead_renews_nothing(brink: Brink) -> None:
    steps = brink(hours=5.9)
    look = replace(steps.agent.look("uploads", steps.at + timedelta(minutes=1)), fence=steps.agent.fence + 1)
    steps.agent.take([look], steps.at)
    assert steps.agent.board.renewed["uploads"] < look.at


def test_a_deposed_leader_writes_no_evidence(brink: Brink) -> None:
    steps = brink(hours=5.9)
    old, before = steps.agent, strip_hash(steps.agent)
    stale = other_payload("conditions", old.look("conditions", steps.at))
    new = Agent(steps.store, old.book, old.settings, steps.probes, steps.asks, "another")
    assert new.lead(steps.at, steps.at + timedelta(days=1))
    with pytest.raises(StoreError, match="lost the lead"):
        old.take([stale], steps.at)
    third = Agent(steps.store, old.book, old.settings, steps.probes, steps.asks, "third")
    third.lead(steps.at, steps.at + timedelta(days=2))
    assert strip_hash(third) == before


# --- the mode changes -------------------------------------------------------------------------------------------------


def change_mode(steps: Steps, *, is_live: bool) -> None:
    steps.agent.settings = replace(steps.agent.settings, is_live=is_live)
    steps.agent.fence = 0
    steps.agent.lead(steps.at)


def test_a_shadow_agent_sends_nothing_that_a_live_one_queued(brink: Brink) -> None:
    steps = brink()
    assert release_of(steps).stage == Stage.QUEUED
    change_mode(steps, is_live=False)
    deliver = deliverer(steps)
    pass_minutes(steps, 10, deliver)
    assert steps.stage.receiver.early_release(RUN) is None
    assert release_of(steps).would_at is not None


def test_a_live_agent_sends_what_shadow_only_recorded(brink: Brink) -> None:
    steps = brink(hours=5)
    change_mode(steps, is_live=False)
    pass_minutes(steps, 90, deliverer(steps))
    assert release_of(steps).would_at is not None
    change_mode(steps, is_live=True)
    pass_minutes(steps, 2, deliverer(steps))
    assert steps.stage.receiver.early_release(RUN) is not None


# --- a person's word --------------------------------------------------------------------------------------------------


def halt_of(steps: Steps) -> str:
    with reading(steps.store) as connection:
        return notes.get(connection, notes.HALT)


def test_a_resume_outlives_the_reason_that_it_excused(brink: Brink) -> None:
    late = '[[delay]]\nat = "10h"\nreco_delay = "300h"\n'
    steps = brink(WITHOUT_PEDESTALS.replace('until = "12h"', 'until = "80h"') + late, 54, delivers=True)
    assert "should have been locked" in halt_of(steps)
    acts.perform(steps.store, Act(Do.RESUME, "ana", "the delay is known, go on", steps.at))
    steps.agent.tick(steps.at)
    steps.go_to(steps.at + timedelta(hours=2))
    assert halt_of(steps) == ""


def test_a_waiver_that_its_tag_ends_is_over_at_once(brink: Brink) -> None:
    steps = brink(WITHOUT_PEDESTALS, 7)
    acts.perform(steps.store, Act(Do.KEEP_BACK, "ana", "not yet", steps.at, run=RUN))
    waiver = Act(Do.WAIVE, "ben", "until then", steps.at, from_run=RUN, rule="calibration", until_tag=STRIP)
    acts.perform(steps.store, replace(waiver, product="EcalPedestals_pcl"))
    steps.agent.tick(steps.at)
    steps.agent.tick(steps.at + timedelta(seconds=1))
    assert steps.agent.judged[RUN].verdict.state is not State.READY


def test_a_release_that_the_receiver_has_withdrawn_is_no_accepted_one(brink: Brink) -> None:
    steps = brink()

    class Cut:
        def send(self, message_id: str, body: bytes) -> Any:
            raise DeliveryError("receiver", "cut", ambiguous=True)

        def ask(self, message_id: str) -> Known:
            return Known(hashlib.sha256(messages(steps)[0].body.encode()).hexdigest(), "withdrawn")

    deliver = deliverer(steps, webhook=Cut())
    deliver.deliver(steps.at, steps.agent.fence)
    later = steps.at + timedelta(minutes=6)
    deliver.deliver(later, steps.agent.fence)
    assert release_of(steps).stage == Stage.WITHDRAWN
