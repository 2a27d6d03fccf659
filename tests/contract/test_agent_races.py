"""What happens between two steps of a delivery: acts, payloads and a store that fail or change in the middle of it.

Each test makes one order of events that threads and processes can bring about, and looks at what Tier0 then has.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from probes.simulation.step import Steps
from spy.agent.deliver import Deliverer
from spy.channels.post import Mail
from spy.domain.act import Act, Do
from spy.domain.errors import StoreError
from spy.domain.evidence import Evidence
from spy.domain.release import Stage
from spy.domain.subject import of_run
from spy.store import acts, decisions
from spy.store.ledger import Look
from tests.support.brink import (
    OTHER,
    RUN,
    STRIP,
    Brink,
    deliverer,
    forget_looks,
    hook_look,
    messages,
    other_payload,
    pass_minutes,
    queue_mail,
    release_of,
)

# --- a person acts while messages are delivered -----------------------------------------------------------------------


def test_a_stop_during_the_last_look_is_obeyed(brink: Brink) -> None:
    steps = brink()
    began = steps.at

    def press(name: str, look: Look) -> Look:
        if name == "conditions":
            acts.perform(steps.store, Act(Do.STOP, "ana", "tier0 on fire", began + timedelta(seconds=10)))
        return look

    hook_look(steps, press)
    forget_looks(steps)
    deliverer(steps).deliver(began, steps.agent.fence)
    assert steps.stage.receiver.early_release(RUN) is None


def test_a_keep_back_while_mails_of_the_same_pass_are_sent_is_obeyed(brink: Brink) -> None:
    steps = brink()
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


def test_a_payload_changed_at_the_last_look_goes_out_under_a_new_decision_and_strands_nothing(brink: Brink) -> None:
    steps = brink()
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
    brink: Brink, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = brink()
    deliver = deliverer(steps)
    fail_once(monkeypatch, Stage.ACCEPTED)
    with pytest.raises(StoreError):
        deliver.deliver(steps.at, steps.agent.fence)
    after_a_new_start(steps, deliver)
    assert release_of(steps).stage == Stage.ACCEPTED
    assert [row.status for row in messages(steps)] == ["acked"]


def test_a_withdrawal_that_could_not_be_stored_is_asked_for_again(
    brink: Brink, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = brink()
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


def test_a_message_that_breaks_our_own_code_keeps_nothing_back(brink: Brink) -> None:
    steps = brink()
    queue_mail(steps, "\udcff is no mail".encode("ascii", "backslashreplace").decode() + "é")
    deliverer(steps).deliver(steps.at, steps.agent.fence)
    assert steps.stage.receiver.early_release(RUN) is not None


@pytest.mark.parametrize("text", ["Run2026\ud800", "Run\x002026"], ids=["surrogate", "nul"])
def test_a_text_that_no_database_holds_is_unknown_and_stops_nothing(brink: Brink, text: str) -> None:
    steps = brink(hours=5.9)
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
