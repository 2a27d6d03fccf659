"""What happens around a release: payloads that come and go, acts that end, shadow mode, a clock that is not Tier0's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.agent.agent import Agent
from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import acts, lease, notes
from spy.store.engine import reading
from spy.store.tables import DecisionRow, OutboxRow, ReleaseRow, table_of
from tests.support.plain_story import STORY


class Stand:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Steps] = []

    def __call__(self, story: str = STORY) -> Steps:
        steps = Steps(Scenario.parse(story, "story.toml"), self.folder)
        self.made.append(steps)
        steps.begin()
        return steps


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    for steps in made.made:
        steps.close()


def go(steps: Steps, hours: float) -> None:
    steps.go_to(steps.scenario.start + timedelta(hours=hours))


def rows(steps: Steps, table: Any) -> list[Any]:
    with reading(steps.store) as connection:
        return list(connection.execute(select(table_of(table))))


def subjects(steps: Steps) -> list[str]:
    return [mail.subject for _, mail in steps.post.mails]


def verdict_of(steps: Steps) -> State:
    return steps.agent.judged[398600].verdict.state


SECOND = """
[[run]]
number = 398601
class = "collisions"
start = "3h5m"
end = "4h"
express_done = "9h"
product = [
  { name = "BeamSpotObjectHP_ByLumi", harvested = "5h" },
  { name = "SiPixelQualityFromDbRcd_prompt", harvested = "5h" },
  { name = "SiStripBadStrip_pcl", harvested = "5h", uploaded = "9h" },
  { name = "SiPixelAliHG_pcl", harvested = "5h" },
  { name = "EcalPedestals_pcl", harvested = "5h" },
]
"""


def test_a_late_payload_moved_here_from_an_earlier_run_is_not_taken_for_this_runs_own(stand: Stand) -> None:
    steps = stand(STORY.replace('uploaded = "6h" }', 'uploaded = "6h", upload = "shifted" }') + SECOND)
    go(steps, 6.5)
    strip = [o for o in steps.agent.judged[398601].verdict.outcomes if o.subject.endswith("SiStripBadStrip_pcl")]
    calibration = next(o for o in strip if o.rule == "calibration")
    assert calibration.state is not State.READY
    assert "no upload of this run made it" in calibration.text
    go(steps, 9.5)
    assert steps.agent.judged[398601].verdict.products["SiStripBadStrip_pcl"] is State.READY


def test_a_payload_that_vanishes_after_the_lock_is_told_with_the_data_to_redo(stand: Stand) -> None:
    steps = stand(STORY.replace('uploaded = "6h" }', 'uploaded = "6h", vanishes = "9h" }'))
    go(steps, 8.9)
    assert (rows(steps, ReleaseRow)[0].stage, subjects(steps)) == (Stage.STARTED, [])
    go(steps, 9.2)
    tag = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"
    told = [f"[spy prod] run 398600: payload of {tag} changed after the lock"] * 2
    assert subjects(steps) == told, "to the crew, and to the owner of the calibration"
    go(steps, 12)
    assert subjects(steps) == told


def test_what_was_stale_in_an_outage_is_believed_again_when_the_same_answers_come_back(stand: Stand) -> None:
    outage = '[[fault]]\nservice = "uploads"\nkind = "down"\nfrom = "4h30m"\nto = "5h30m"\n'
    steps = stand(STORY + outage)
    go(steps, 5.4)
    assert verdict_of(steps) is State.UNKNOWN
    go(steps, 5.7)
    assert verdict_of(steps) is State.WAITING


def test_a_waiver_counts_until_its_end_and_not_longer(stand: Stand) -> None:
    steps = stand(STORY.replace('  { name = "EcalPedestals_pcl", harvested = "4h" },\n', ""))
    go(steps, 7)
    keep = Act(Do.KEEP_BACK, "ana", "a look first", steps.at, run=398600)
    waive = Act(Do.WAIVE, "ben", "old ones do", steps.at, run=398600, rule="calibration")
    acts.perform(steps.store, keep)
    acts.perform(steps.store, Act(**{**_fields(waive), "until": steps.at + timedelta(hours=1)}))
    go(steps, 7.1)
    assert verdict_of(steps) is State.READY
    go(steps, 8.1)
    assert verdict_of(steps) is State.BLOCKED
    assert steps.stage.receiver.early_release(398600) is None


def _fields(act: Act) -> dict[str, Any]:
    return {name: getattr(act, name) for name in Act.__dataclass_fields__}


class Crash(BaseException):
    """Stands for kill -9 between two transactions."""


def test_what_was_seen_and_not_yet_decided_at_a_crash_is_decided_at_the_restart(stand: Stand) -> None:
    steps = stand()
    go(steps, 5.9999)
    before = len(rows(steps, DecisionRow))

    def die(*_: Any) -> None:
        raise Crash

    steps.agent._decide = die  # type: ignore[method-assign,assignment]
    with pytest.raises(Crash):
        go(steps, 6.1)
    assert len(rows(steps, DecisionRow)) == before
    agent = Agent(steps.store, steps.agent.book, steps.agent.settings, steps.probes, steps.asks, "another")
    assert agent.lead(steps.at, steps.at + lease.TTL + timedelta(days=1))
    assert len(rows(steps, DecisionRow)) == before + 1


def test_in_shadow_nothing_is_sent_and_what_would_have_been_is_kept(stand: Stand) -> None:
    steps = stand(STORY.replace('until = "12h"', 'until = "52h"'))
    steps.agent.settings = _shadow(steps)
    go(steps, 7)
    (message,) = rows(steps, OutboxRow)
    (release,) = rows(steps, ReleaseRow)
    assert (message.status, message.attempts, release.stage) == ("shadow", 0, Stage.NONE)
    assert release.would_at is not None
    assert steps.stage.receiver.early_release(398600) is None
    go(steps, 51.5)
    (release,) = rows(steps, ReleaseRow)
    assert release.stage == Stage.STARTED
    assert subjects(steps) == [], "a shadow agent expects to be overtaken where it would have released"


def _shadow(steps: Steps) -> Any:
    from dataclasses import replace

    return replace(steps.agent.settings, is_live=False)


def test_a_lock_far_from_the_prediction_stops_live_sending_until_a_person_resumes_it(stand: Stand) -> None:
    late = STORY.replace('uploaded = "6h" }', 'uploaded = "11h" }').replace(
        'until = "12h"', 'until = "13h"\nreco_delay = "5h"'
    )
    steps = stand(late + SECOND)
    go(steps, 8.2)
    with reading(steps.store) as connection:
        halt = notes.get(connection, notes.HALT)
    assert "run 398600 was locked at 2026-06-01T07:3" in halt
    assert "predicted 2026-06-03T02:30:00Z" in halt
    assert any("not where we predicted it" in subject for subject in subjects(steps))
    acts.perform(steps.store, Act(Do.RESUME, "ana", "the delay is corrected", steps.at))
    go(steps, 8.25)
    with reading(steps.store) as connection:
        assert notes.get(connection, notes.HALT) == ""


def with_neighbour(its_pedestals_at: str, ours: str = "") -> str:
    """A lower run that Tier0 never got: the uploader moves its pedestals to the lowest run that is not locked, ours."""
    neighbour = f"""
[[run]]
number = 398599
class = "collisions"
start = "-2h"
end = "-1h"
transferred = false
express_done = "8h"
product = [{{ name = "EcalPedestals_pcl", harvested = "30m", uploaded = "{its_pedestals_at}" }}]
"""
    story = STORY.replace(
        'name = "EcalPedestals_pcl", harvested = "4h"', f'name = "EcalPedestals_pcl", harvested = "4h"{ours}'
    )
    return story + neighbour


def test_a_payload_that_vanished_is_not_replaced_by_an_older_one_moved_here_before(stand: Stand) -> None:
    steps = stand(with_neighbour("2h", ', vanishes = "5h30m"'))
    go(steps, 11)
    assert "inserted at 2026-06-01T02:00:00Z" in "; ".join(steps.agent.judged[398600].verdict.reasons)
    assert steps.stage.receiver.early_release(398600) is None


def test_a_payload_over_which_a_later_one_of_another_run_was_moved_is_not_in_place(stand: Stand) -> None:
    steps = stand(with_neighbour("5h30m"))
    go(steps, 11)
    assert "inserted at 2026-06-01T05:30:00Z" in "; ".join(steps.agent.judged[398600].verdict.reasons)
    assert steps.stage.receiver.early_release(398600) is None


def test_an_earlier_payload_moved_here_does_no_harm_once_ours_lies_over_it(stand: Stand) -> None:
    steps = stand(with_neighbour("2h"))
    go(steps, 7)
    assert steps.stage.receiver.early_release(398600) is not None
