"""The past, decided again: the same bytes, or the sentence why not; tests/scenario/test_stories.py does every story."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.replay.again import Again
from spy.store.engine import writing
from spy.store.tables import DecisionRow, EvidenceRow, table_of
from tests.support.replayed import judged_anew, made_again
from tests.tell_stories import story_files

DECISION, EVIDENCE = table_of(DecisionRow), table_of(EvidenceRow)


def assert_all_the_same(made: Sequence[Again]) -> None:
    assert made
    assert [one for one in made if one.differs or one.missing] == []


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Steps]:
    """The first story, played to its end."""
    steps = Steps(Scenario.load(story_files()[0]), tmp_path)
    steps.begin()
    steps.go_to(steps.scenario.until)
    yield steps
    steps.close()


def test_decisions_after_another_start_of_the_agent_are_the_same_too(tmp_path: Path, store_url: str) -> None:
    with closing(Steps(Scenario.load(story_files()[0]), tmp_path, store_url)) as steps:
        steps.begin()
        for hours in range(2, 13, 2):
            steps.go_to(steps.scenario.start + timedelta(hours=hours, minutes=7))
            steps.agent.fence = 0  # what a failing store does: everything is read anew
            steps.agent.lead(steps.at)
        steps.go_to(steps.scenario.until)
        assert_all_the_same(made_again(steps))
        assert judged_anew(steps) == []


def test_another_value_in_the_ledger_is_found(played: Steps) -> None:
    with writing(played.store) as connection:
        connection.execute(update(EVIDENCE).where(EVIDENCE.c.name == "run_ended").values(value=False))
    assert any(one.differs for one in made_again(played))


def test_evidence_that_was_cut_away_is_said_and_never_guessed(played: Steps) -> None:
    with writing(played.store) as connection:
        connection.execute(delete(EVIDENCE).where(EVIDENCE.c.run == 0))
    made = made_again(played)
    assert {one.again for one in made} == {""}
    assert all(
        re.match(r"evidence is gone: the store still has 0 of \d+ facts about services", m.missing) for m in made
    )


def test_a_decision_of_an_older_version_is_said_to_lack_what_it_stood_on(played: Steps) -> None:
    with writing(played.store) as connection:
        connection.execute(update(DECISION).where(DECISION.c.revision == 1).values(basis=None))
    missing = {one.revision for one in made_again(played) if "before the store kept" in one.missing}
    assert missing == {1}
