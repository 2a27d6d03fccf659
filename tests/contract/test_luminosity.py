"""What a run recorded is for people: no decision stands on it, and stores from before it was asked for still replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from probes.oms.probe import Oms
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.domain.evidence import Evidence, unknown
from spy.domain.subject import of_run
from spy.probe import Open
from spy.store.engine import reading
from spy.store.tables import DecisionRow, EvidenceRow, MoveRow, OutboxRow, table_of
from tests.support.plain_story import STORY
from tests.support.replayed import judged_anew, made_again

RUN = of_run("prod", 398600)
H = timedelta(hours=1)


class WithoutLuminosity(Oms):
    """The probe as it was before."""

    def observe(self, ask: object, open_: Open) -> Iterator[Evidence]:
        return (e for e in super().observe(ask, open_) if e.name != "recorded_lumi")  # type: ignore[arg-type]


@pytest.fixture
def steps(tmp_path: Path, store_url: str) -> Iterator[Steps]:
    made = Steps(Scenario.parse(STORY, "story.toml"), tmp_path, store_url)
    made.begin()
    yield made
    made.close()


def written(steps: Steps) -> list[int]:
    """How many decisions, messages and moves there are."""
    with reading(steps.store) as connection:
        rows = (DecisionRow, OutboxRow, MoveRow)
        return [len(connection.execute(select(table_of(row))).all()) for row in rows]


def recorded(steps: Steps) -> list[object]:
    with reading(steps.store) as connection:
        table = table_of(EvidenceRow)
        rows = connection.execute(select(table).where(table.c.name == "recorded_lumi").order_by(table.c.id))
        return [row.value for row in rows]


@pytest.mark.parametrize("after", [4 * H, 5.5 * H], ids=["waiting for calibrations", "waiting for an upload"])
def test_another_luminosity_alone_writes_no_decision_and_no_message(steps: Steps, after: timedelta) -> None:
    steps.go_to(steps.scenario.start + after)
    before, revision = written(steps), steps.agent.judged[398600].revision
    look = steps.agent.look("oms", steps.at)
    for value in (190.5, None, 191.0):
        told = (
            Evidence(RUN, "recorded_lumi", value, "oms", steps.at)
            if value
            else unknown(RUN, "recorded_lumi", "oms", steps.at, "OMS gives no unit of recorded_lumi")
        )
        changed = tuple(told if e.name == "recorded_lumi" else e for e in look.evidence)
        assert changed != look.evidence
        steps.agent.take([replace(look, evidence=changed)], steps.at)
    assert recorded(steps)[-3:] == [190.5, None, 191.0]
    assert (written(steps), steps.agent.judged[398600].revision) == (before, revision)
    assert [one for one in made_again(steps) if one.differs or one.missing] == []


def test_a_store_filled_before_and_gone_on_with_replays_as_it_was_decided(steps: Steps) -> None:
    steps.agent.probes = {**steps.agent.probes, "oms": WithoutLuminosity()}
    steps.go_to(steps.scenario.start + 5.5 * H)
    assert recorded(steps) == []
    earlier = made_again(steps)
    assert earlier
    assert [one for one in earlier if one.differs or one.missing] == []
    steps.agent.probes = {**steps.agent.probes, "oms": Oms()}
    steps.agent.fence = 0  # another version comes to lead
    steps.agent.lead(steps.at)
    steps.go_to(steps.scenario.until)
    assert len(recorded(steps)) == 1
    later = made_again(steps)
    assert len(later) > len(earlier)
    assert [one for one in later if one.differs or one.missing] == []
    assert judged_anew(steps) == []
