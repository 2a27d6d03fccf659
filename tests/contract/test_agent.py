"""The agent in virtual time at its hardest moments: nothing sent on doubt, nothing lost, nothing doubled."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.agent.agent import Agent
from spy.agent.deliver import Deliverer
from spy.agent.last_look import may_send
from spy.domain.act import Act, Do
from spy.domain.errors import StoreError
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import acts, lease
from spy.store.engine import reading
from spy.store.tables import DecisionRow, OutboxRow, ReleaseRow
from tests.support.plain_story import STORY

READY_AT = timedelta(hours=6)
"""When the last payload of the story's run is uploaded; it is seen at the next look."""

PRODUCTS = """
express_done = "5h"
product = [
  { name = "BeamSpotObjectHP_ByLumi", harvested = "4h" },
  { name = "SiPixelQualityFromDbRcd_prompt", harvested = "4h" },
  { name = "SiStripBadStrip_pcl", harvested = "4h" },
  { name = "SiPixelAliHG_pcl", harvested = "4h" },
  { name = "EcalPedestals_pcl", harvested = "4h" },
]
"""
TWO_RUNS = f"""
start = 2026-06-01T00:00:00Z
until = "12h"
[[run]]
number = 398600
class = "collisions"
start = "0h"
end = "1h"
{PRODUCTS}
[[run]]
number = 398601
class = "collisions"
start = "1h10m"
end = "2h"
{PRODUCTS}
[[switch]]
at = "3h30m"
enabled = false
"""
"""Both are released, and neither is locked: Tier0 is switched off."""

Stand = Callable[..., Steps]


@pytest.fixture
def stand(tmp_path: Path, store_url: str) -> Iterator[Stand]:
    made: list[Steps] = []

    def make(story: str = STORY) -> Steps:
        steps = Steps(Scenario.parse(story, "story.toml"), tmp_path, store_url)
        made.append(steps)
        steps.begin()
        return steps

    yield make
    for steps in made:
        steps.close()


def rows(steps: Steps, table: Any) -> list[Any]:
    with reading(steps.store) as connection:
        return list(connection.execute(select(table.__table__)))


def stage_of(steps: Steps) -> str:
    return str(rows(steps, ReleaseRow)[0].stage)


def go(steps: Steps, after: timedelta) -> None:
    steps.go_to(steps.scenario.start + after)


def test_a_ready_run_is_released_within_a_look_and_confirmed_by_what_tier0_does(stand: Stand) -> None:
    steps = stand()
    go(steps, READY_AT - timedelta(seconds=1))
    assert stage_of(steps) == Stage.NONE
    go(steps, READY_AT + timedelta(minutes=7))
    assert stage_of(steps) == Stage.LOCKED
    go(steps, READY_AT + timedelta(hours=1))
    assert stage_of(steps) == Stage.STARTED


def test_a_payload_that_vanishes_between_decision_and_sending_is_seen_by_the_last_look(stand: Stand) -> None:
    steps = stand(STORY.replace('uploaded = "6h" }', 'uploaded = "6h", vanishes = "6h6m" }'))
    steps.stage.receiver.answer = lambda *_: (503, {}, b"")  # type: ignore[method-assign]
    go(steps, READY_AT + timedelta(minutes=5))
    assert stage_of(steps) in (Stage.QUEUED, Stage.AMBIGUOUS)
    verdict = steps.agent.judged[398600].verdict
    assert verdict.state is State.READY
    go(steps, READY_AT + timedelta(minutes=6, seconds=30))
    (row,) = [r for r in rows(steps, OutboxRow) if r.kind == "release"]
    assert may_send(steps.agent, row, steps.at).startswith("no longer ready: SiStripBadStrip_pcl")


def test_a_store_that_is_full_decides_and_sends_nothing_and_goes_on_when_there_is_room(
    stand: Stand, store_url: str
) -> None:
    if not store_url.startswith("sqlite"):
        pytest.skip("a full disk is made by SQLite's page limit; PostgreSQL's own would need a file system of its own")
    steps = stand()
    go(steps, timedelta(hours=5, minutes=50))
    steps.store.dispose()
    is_full = [True]

    def shrink(connection: Any, _record: Any) -> None:
        if is_full[0]:
            connection.execute("PRAGMA max_page_count = 1")

    event.listen(steps.store, "connect", shrink)
    before = (rows(steps, DecisionRow), rows(steps, OutboxRow))
    with pytest.raises(StoreError, match="full"):
        go(steps, READY_AT + timedelta(minutes=10))
    assert (rows(steps, DecisionRow), rows(steps, OutboxRow)) == before
    assert steps.stage.receiver.early_release(398600) is None
    is_full[0] = False
    steps.store.dispose()
    restarted = restart(steps)
    restarted.take(
        [restarted.look(name, steps.at) for name in ("tier0", "oms", "uploads", "dqm", "conditions", "jobs")], steps.at
    )
    deliver(restarted, steps)
    assert steps.stage.receiver.early_release(398600) is not None


def restart(steps: Steps, me: str = "another") -> Agent:
    """A new process on the same store, after the old one's lease has run out."""
    agent = Agent(steps.store, steps.agent.book, steps.agent.settings, steps.probes, steps.asks, me)
    assert agent.lead(steps.at, steps.at + lease.TTL + timedelta(days=1))
    return agent


def deliver(agent: Agent, steps: Steps) -> None:
    Deliverer(steps.store, steps.webhook, steps.post, partial(may_send, agent)).deliver(steps.at, agent.fence)


class Crash(BaseException):
    """Stands for kill -9: nothing after it runs."""


def test_an_agent_that_dies_after_the_receiver_took_the_release_asks_and_does_not_send_again(stand: Stand) -> None:
    steps = stand()
    send = steps.webhook.send

    def send_and_die(message_id: str, body: bytes) -> Any:
        send(message_id, body)
        raise Crash

    steps.webhook.send = send_and_die  # type: ignore[method-assign]
    with pytest.raises(Crash):
        go(steps, READY_AT + timedelta(minutes=6))
    (row,) = rows(steps, OutboxRow)
    assert (row.status, row.attempts) == ("sending", 1)
    posts = []
    steps.webhook.send = lambda *sent: posts.append(sent)  # type: ignore[method-assign,assignment]
    steps.at += timedelta(minutes=2)
    deliver(restart(steps), steps)
    (row,) = rows(steps, OutboxRow)
    assert (row.status, posts) == ("acked", [])
    assert stage_of(steps) == Stage.ACCEPTED


def test_an_agent_that_dies_before_sending_sends_after_it_was_told_that_nothing_arrived(stand: Stand) -> None:
    steps = stand()
    send = steps.webhook.send

    def die(message_id: str, body: bytes) -> Any:
        raise Crash

    steps.webhook.send = die  # type: ignore[method-assign]
    with pytest.raises(Crash):
        go(steps, READY_AT + timedelta(minutes=6))
    steps.webhook.send = send  # type: ignore[method-assign]
    steps.at += timedelta(minutes=2)
    deliver(restart(steps), steps)
    (row,) = rows(steps, OutboxRow)
    assert (row.status, stage_of(steps)) == ("acked", Stage.ACCEPTED)
    assert f'"fence_token":{row.fence}' in row.body, "it went out under the token of the agent that sent it"


def test_of_two_agents_the_one_that_lost_the_lead_neither_decides_nor_sends(stand: Stand) -> None:
    steps = stand()
    go(steps, READY_AT - timedelta(minutes=1))
    old, new = steps.agent, restart(steps)
    assert new.fence > old.fence
    steps.at = steps.scenario.start + READY_AT + timedelta(minutes=1)
    steps.stage.advance()
    with pytest.raises(StoreError, match="lost the lead"):
        old.take([old.look("conditions", steps.at)], steps.at)
    looks = [new.look(name, steps.at) for name in ("tier0", "conditions", "uploads")]
    new.take(looks, steps.at)
    new.take(
        [new.look("jobs", steps.at)], steps.at
    )  # it counts for something only once the streams are known to be done
    deliver(old, steps)
    assert steps.stage.receiver.early_release(398600) is None, "the row carries the newer token"
    deliver(new, steps)
    assert steps.stage.receiver.early_release(398600) is not None


def test_a_lead_that_ran_out_and_was_not_taken_is_taken_again_with_a_new_token(stand: Stand) -> None:
    steps = stand()
    first = steps.agent.fence
    assert steps.agent.lead(steps.at, steps.at + timedelta(minutes=1))
    assert steps.agent.fence == first + 1


def test_a_release_that_a_person_queues_again_still_waits_for_the_runs_below(stand: Stand) -> None:
    """Tier0 works in run order, whoever asks: out of its turn the release would lock what stands below it."""
    steps = stand(TWO_RUNS)

    def act(do: Do, run: int) -> None:
        acts.perform(steps.store, Act(do, "sam", "a test", steps.at, run=run))
        steps.agent.tick(steps.at)
        deliver(steps.agent, steps)

    go(steps, timedelta(hours=7))
    for run in (398600, 398601):
        act(Do.WITHDRAW, run)
        go(steps, steps.at - steps.scenario.start + timedelta(minutes=10))
    assert {str(row.stage) for row in rows(steps, ReleaseRow)} == {"withdrawn"}
    act(Do.REQUEUE, 398601)
    go(steps, timedelta(hours=9))
    assert steps.stage.receiver.early_release(398601) is None
    act(Do.REQUEUE, 398600)
    go(steps, timedelta(hours=10))
    assert steps.stage.receiver.early_release(398600) is not None
    assert steps.stage.receiver.early_release(398601) is not None, "its turn has come"


def test_after_a_long_stop_the_first_good_looks_are_believed_at_once(stand: Stand) -> None:
    """They bring nothing new, and yet what had gone stale is good again: nobody waits for the next change."""
    steps = stand()
    go(steps, READY_AT - timedelta(minutes=50))
    before = steps.agent.judged[398600].verdict
    steps.at += timedelta(minutes=40)
    steps.stage.advance()
    agent = restart(steps)
    agent.tick(steps.at)
    assert agent.judged[398600].verdict.state is State.UNKNOWN, "everything is stale"
    # All but the conditions, which tell each time how far their copy has come: that concerns every run anyway.
    agent.take([agent.look(name, steps.at) for name in steps.probes if name != "conditions"], steps.at)
    stale = [reason for reason in agent.judged[398600].verdict.reasons if "stale" in reason]
    assert [reason for reason in stale if reason.startswith(("run-ended", "streams-declared"))] == []
    agent.take([agent.look("conditions", steps.at)], steps.at)
    now = agent.judged[398600].verdict
    assert (now.state, now.reasons) == (before.state, before.reasons)


def test_a_rule_without_a_result_is_unknown_alone_and_releases_nothing(stand: Stand) -> None:
    steps = stand()
    book = steps.agent.book
    broken = steps.config.rulebook([fact for probe in steps.probes.values() for fact in probe.facts]).rules[0]
    division = replace(broken, name="broken", ready=compiled(steps, "1 / (run - 398600) == 0"))
    steps.agent.book = replace(book, rules=(*book.rules, division))
    go(steps, READY_AT + timedelta(minutes=7))
    verdict = steps.agent.judged[398600].verdict
    assert verdict.state is State.UNKNOWN
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0].startswith("broken: unknown: '1 / (run - 398600) == 0' has no result")
    assert stage_of(steps) == Stage.NONE


def compiled(steps: Steps, text: str) -> Any:
    from spy.domain.evidence import Scope
    from spy.expressions import Language
    from spy.rules.rulebook import variables

    return Language(variables((), Scope.RUN)).compile(text)
