"""What happens between two steps: acts during a pass, a store that fails, another leader, changes of mode.

Each test makes one order of events that threads and processes can bring about, and looks at what Tier0 then has.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.agent.agent import Agent
from spy.agent.deliver import Deliverer
from spy.agent.last_look import may_send
from spy.channels.post import Mail
from spy.channels.webhook import Known
from spy.domain.act import Act, Do
from spy.domain.errors import DeliveryError, StoreError
from spy.domain.evidence import Evidence
from spy.domain.release import Stage
from spy.domain.subject import of_run, of_tag
from spy.domain.verdict import State
from spy.store import acts, decisions, ledger, notes, outbox
from spy.store.engine import reading, writing
from spy.store.ledger import Look
from spy.store.tables import OutboxRow, ReleaseRow, table_of
from tests.contract.test_agent import STORY

RUN = 398600
STRIP = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"
WITHOUT_PEDESTALS = STORY.replace('  { name = "EcalPedestals_pcl", harvested = "4h" },\n', "")
OTHER = "f" * 40
Stand = Callable[..., Steps]


@pytest.fixture
def stand(tmp_path: Path, store_url: str) -> Iterator[Stand]:
    made: list[Steps] = []

    def make(story: str = STORY, hours: float = 6.5, *, delivers: bool = False) -> Steps:
        steps = Steps(Scenario.parse(story, "story.toml"), tmp_path, store_url)
        made.append(steps)
        steps.begin()
        if not delivers:
            steps._deliver = lambda: None  # type: ignore[method-assign]
        steps.go_to(steps.scenario.start + timedelta(hours=hours))
        return steps

    yield make
    for steps in made:
        steps.close()


def deliverer(steps: Steps, **more: Any) -> Deliverer:
    last_look = partial(may_send, steps.agent)
    return replace(Deliverer(steps.store, steps.webhook, steps.post, last_look), **more)


def release_of(steps: Steps) -> Any:
    with reading(steps.store) as connection:
        return connection.execute(select(table_of(ReleaseRow))).first()


def messages(steps: Steps) -> list[Any]:
    with reading(steps.store) as connection:
        return list(connection.execute(select(table_of(OutboxRow)).where(table_of(OutboxRow).c.kind != "mail")))


def queue_mail(steps: Steps, body: str) -> None:
    """A mail about a lower run: it comes first in the pass."""
    row = {"id": "m1", "kind": "mail", "chunk": "398599", "recipient": "x@y.invalid", "revision": 1, "body": body}
    more = {"status": "pending", "created_at": steps.at, "due_at": steps.at, "fence": steps.agent.fence, "subject": "s"}
    with writing(steps.store) as connection:
        outbox.put(connection, **row, **more)


def forget_looks(steps: Steps) -> None:
    """So that the last look before sending looks again."""
    board = steps.agent.board
    board.renewed = {probe: at - timedelta(minutes=1) for probe, at in board.renewed.items()}


def hook_look(steps: Steps, change: Callable[[str, Look], Look]) -> None:
    real = steps.agent.look
    steps.agent.look = lambda name, now: change(name, real(name, now))  # type: ignore[method-assign]


def other_payload(name: str, look: Look) -> Look:
    """The strip tag holds another payload from now on."""
    told = (
        replace(e, value=OTHER) if e.name == "payload_hash" and e.subject.endswith(STRIP) else e for e in look.evidence
    )
    return replace(look, evidence=tuple(told)) if name == "conditions" else look


def pass_minutes(steps: Steps, minutes: int, deliver: Deliverer) -> None:
    for _ in range(minutes):
        steps.at += timedelta(minutes=1)
        steps.stage.advance()
        steps.agent.take([steps.agent.look(name, steps.at) for name in steps.probes], steps.at)
        steps.agent.tick(steps.at)
        while deliver.deliver(steps.at, steps.agent.fence):
            steps.agent.follow(steps.at)


# --- a person acts while messages are delivered -----------------------------------------------------------------------


def test_a_stop_during_the_last_look_is_obeyed(stand: Stand) -> None:
    steps = stand()
    began = steps.at

    def press(name: str, look: Look) -> Look:
        if name == "conditions":
            acts.perform(steps.store, Act(Do.STOP, "ana", "tier0 on fire", began + timedelta(seconds=10)))
        return look

    hook_look(steps, press)
    forget_looks(steps)
    deliverer(steps).deliver(began, steps.agent.fence)
    assert steps.stage.receiver.early_release(RUN) is None


def test_a_keep_back_while_mails_of_the_same_pass_are_sent_is_obeyed(stand: Stand) -> None:
    steps = stand()
    began = steps.at
    queue_mail(steps, Mail("x@y.invalid", "s", "t", "", "th", began, "m1").to_bytes().decode())
    steps.agent.take([steps.agent.look(name, began) for name in ("tier0", "conditions")], began)

    class SlowPost:
        def send(self, mail: Mail) -> None:
            steps.at = began + timedelta(seconds=20)
            acts.perform(steps.store, Act(Do.KEEP_BACK, "ana", "strip noise", steps.at, run=RUN))

    deliverer(steps, post=SlowPost(), clock=lambda: steps.at).deliver(began, steps.agent.fence)
    assert steps.stage.receiver.early_release(RUN) is None


# --- a payload changes at the last moment -----------------------------------------------------------------------------


def test_a_payload_changed_at_the_last_look_goes_out_under_a_new_decision_and_strands_nothing(stand: Stand) -> None:
    steps = stand()
    hook_look(steps, other_payload)
    forget_looks(steps)
    deliver = deliverer(steps)
    deliver.deliver(steps.at, steps.agent.fence)
    assert steps.stage.receiver.early_release(RUN) is None
    pass_minutes(steps, 5, deliver)
    assert steps.stage.receiver.early_release(RUN) is not None
    assert release_of(steps).hashes[STRIP] == OTHER
    assert sorted(row.status for row in messages(steps)) == ["acked", "cancelled"]


# --- the store fails between two writes -------------------------------------------------------------------------------


def fail_once(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    real, failures = decisions.move, [1]

    def move(connection: Any, chunk: str, before: Stage, after: Stage, *args: Any, **more: Any) -> bool:
        if after is stage and failures:
            failures.pop()
            raise StoreError("database is locked")
        return real(connection, chunk, before, after, *args, **more)

    monkeypatch.setattr(decisions, "move", move)


def after_a_new_start(steps: Steps, deliver: Deliverer) -> None:
    steps.agent.fence = 0
    steps.agent.lead(steps.at)
    for _ in range(3):
        steps.at += timedelta(minutes=2)
        deliver.deliver(steps.at, steps.agent.fence)
        steps.agent.follow(steps.at)


def test_an_acceptance_that_could_not_be_stored_is_asked_for_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = stand()
    deliver = deliverer(steps)
    fail_once(monkeypatch, Stage.ACCEPTED)
    with pytest.raises(StoreError):
        deliver.deliver(steps.at, steps.agent.fence)
    after_a_new_start(steps, deliver)
    assert release_of(steps).stage == Stage.ACCEPTED
    assert [row.status for row in messages(steps)] == ["acked"]


def test_a_withdrawal_that_could_not_be_stored_is_asked_for_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = stand()
    deliver = deliverer(steps)
    deliver.deliver(steps.at, steps.agent.fence)
    steps.agent.follow(steps.at)
    acts.perform(steps.store, Act(Do.WITHDRAW, "ana", "wrong", steps.at, run=RUN))
    steps.agent.tick(steps.at)
    fail_once(monkeypatch, Stage.WITHDRAWN)
    with pytest.raises(StoreError):
        deliver.deliver(steps.at, steps.agent.fence)
    after_a_new_start(steps, deliver)
    assert release_of(steps).stage == Stage.WITHDRAWN
    assert steps.stage.receiver.early_release(RUN) is None


# --- one bad thing does not stop the others ---------------------------------------------------------------------------


def test_a_message_that_breaks_our_own_code_keeps_nothing_back(stand: Stand) -> None:
    steps = stand()
    queue_mail(steps, "\udcff is no mail".encode("ascii", "backslashreplace").decode() + "é")
    deliverer(steps).deliver(steps.at, steps.agent.fence)
    assert steps.stage.receiver.early_release(RUN) is not None


@pytest.mark.parametrize("text", ["Run2026\ud800", "Run\x002026"], ids=["surrogate", "nul"])
def test_a_text_that_no_database_holds_is_unknown_and_stops_nothing(stand: Stand, text: str) -> None:
    steps = stand(hours=5.9)
    real = steps.probes["tier0"].observe

    def odd(ask: Any, open_: Any) -> Iterator[Evidence]:
        yield from real(ask, open_)
        yield Evidence(of_run("prod", RUN), "reco_cmssw", text, "tier0", open_.now)

    steps.probes["tier0"].observe = odd  # type: ignore[method-assign]
    steps.agent.take([steps.agent.look("tier0", steps.at)], steps.at)
    told = steps.agent.board.latest((of_run("prod", RUN), "reco_cmssw"))
    assert told is not None
    assert told.value is None
    assert "no text" in told.problem


# --- looks and leaders ------------------------------------------------------------------------------------------------


def strip_hash(agent: Agent) -> object:
    told = agent.board.latest((of_tag("prod", RUN, STRIP), "payload_hash"))
    return told.value if told else None


def test_of_two_looks_in_one_batch_the_later_one_stands(stand: Stand) -> None:
    steps = stand(hours=5.9)
    before = strip_hash(steps.agent)
    newer = steps.agent.look("conditions", steps.at)
    older = other_payload("conditions", replace(newer, at=newer.at - timedelta(seconds=30)))
    steps.agent.take([newer, older], steps.at)
    assert strip_hash(steps.agent) == before


def test_a_look_that_ends_after_a_later_one_is_not_believed(stand: Stand) -> None:
    steps = stand(hours=5.9)
    before = strip_hash(steps.agent)
    newer = steps.agent.look("conditions", steps.at + timedelta(seconds=30))
    older = other_payload("conditions", steps.agent.look("conditions", steps.at))
    steps.agent.take([newer], steps.at)
    steps.agent.take([older], steps.at)
    assert strip_hash(steps.agent) == before
    assert steps.agent.board.renewed["conditions"] == newer.at


def test_nobody_looks_while_the_board_is_being_read(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = stand(hours=5.9)
    other = Agent(steps.store, steps.agent.book, steps.agent.settings, steps.probes, steps.asks, "another")
    real, fences = ledger.evidence_of_run, []

    def slow(connection: Any, run: int) -> list[Evidence]:
        fences.append(other.fence)
        return real(connection, run)

    monkeypatch.setattr(ledger, "evidence_of_run", slow)
    other.lead(steps.at, steps.at + timedelta(days=1))
    assert set(fences) == {0}
    assert other.fence


def test_a_look_begun_under_an_earlier_lead_renews_nothing(stand: Stand) -> None:
    steps = stand(hours=5.9)
    look = replace(steps.agent.look("uploads", steps.at + timedelta(minutes=1)), fence=steps.agent.fence + 1)
    steps.agent.take([look], steps.at)
    assert steps.agent.board.renewed["uploads"] < look.at


def test_a_deposed_leader_writes_no_evidence(stand: Stand) -> None:
    steps = stand(hours=5.9)
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


def test_a_shadow_agent_sends_nothing_that_a_live_one_queued(stand: Stand) -> None:
    steps = stand()
    assert release_of(steps).stage == Stage.QUEUED
    change_mode(steps, is_live=False)
    deliver = deliverer(steps)
    pass_minutes(steps, 10, deliver)
    assert steps.stage.receiver.early_release(RUN) is None
    assert release_of(steps).would_at is not None


def test_a_live_agent_sends_what_shadow_only_recorded(stand: Stand) -> None:
    steps = stand(hours=5)
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


def test_a_resume_outlives_the_reason_that_it_excused(stand: Stand) -> None:
    late = '[[delay]]\nat = "10h"\nreco_delay = "300h"\n'
    steps = stand(WITHOUT_PEDESTALS.replace('until = "12h"', 'until = "80h"') + late, 54, delivers=True)
    assert "should have been locked" in halt_of(steps)
    acts.perform(steps.store, Act(Do.RESUME, "ana", "the delay is known, go on", steps.at))
    steps.agent.tick(steps.at)
    steps.go_to(steps.at + timedelta(hours=2))
    assert halt_of(steps) == ""


def test_a_waiver_that_its_tag_ends_is_over_at_once(stand: Stand) -> None:
    steps = stand(WITHOUT_PEDESTALS, 7)
    acts.perform(steps.store, Act(Do.KEEP_BACK, "ana", "not yet", steps.at, run=RUN))
    waiver = Act(Do.WAIVE, "ben", "until then", steps.at, from_run=RUN, rule="calibration", until_tag=STRIP)
    acts.perform(steps.store, replace(waiver, product="EcalPedestals_pcl"))
    steps.agent.tick(steps.at)
    steps.agent.tick(steps.at + timedelta(seconds=1))
    assert steps.agent.judged[RUN].verdict.state is not State.READY


def test_a_release_that_the_receiver_has_withdrawn_is_no_accepted_one(stand: Stand) -> None:
    steps = stand()

    class Cut:
        def send(self, message_id: str, body: bytes) -> Any:
            raise DeliveryError("receiver", "cut", ambiguous=True)

        def ask(self, message_id: str) -> Known:
            return Known(hashlib.sha256(messages(steps)[0].body.encode()).hexdigest(), "withdrawn")

    deliver = deliverer(steps, webhook=Cut())
    deliver.deliver(steps.at, steps.agent.fence)
    later: datetime = steps.at + timedelta(minutes=6)
    deliver.deliver(later, steps.agent.fence)
    assert release_of(steps).stage == Stage.WITHDRAWN
