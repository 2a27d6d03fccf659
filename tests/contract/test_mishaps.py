"""What befell the queue: a run that went by Tier0's clock is a mishap, but not where a shadow agent was in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views import overview
from tests.support.filled_store import NOW, FilledStore

PAST = 398590
BY_ITS_CLOCK = "Tier0 locked the run by its own clock"


def overtaken(store: FilledStore, **changes):
    store.run(PAST)
    store.decide(PAST, State.WAITING, "SiStripBadStrip_pcl: calibration waiting")
    store.stages(PAST, Stage.OVERTAKEN, locked_at=NOW, **changes)
    return [past.run for past in overview(store.engine, NOW, timedelta(minutes=5)).overtaken]


@pytest.mark.parametrize(
    "why", [BY_ITS_CLOCK, f"{BY_ITS_CLOCK}; shadow would have released it at 2026-06-01T08:00:00Z"]
)
def test_what_a_shadow_agent_would_have_released_is_no_mishap_whatever_the_words(night, why):
    assert overtaken(night, why=why, would_at=NOW - timedelta(hours=2)) == []


@pytest.mark.parametrize("why", [BY_ITS_CLOCK, f"{BY_ITS_CLOCK} while kept back: as shadow would have released it"])
def test_what_nobody_would_have_released_is_one_whatever_a_person_wrote(night, why):
    assert overtaken(night, why=why) == [PAST]
