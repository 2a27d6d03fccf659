"""How many payloads changed after the lock of their run, on the story of one that does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.store.views.changed import changed_after_lock

STORY = Path(__file__).parents[1] / "scenarios" / "payload_replaced_after_lock.toml"


def test_a_payload_that_changes_after_the_lock_is_counted_once_for_each_tag(tmp_path: Path) -> None:
    steps = Steps(Scenario.load(STORY), tmp_path)
    try:
        steps.begin()
        steps.go_to(steps.scenario.start + timedelta(hours=11, minutes=59))
        assert changed_after_lock(steps.store) == 0
        steps.go_to(steps.scenario.start + timedelta(hours=13))
        assert changed_after_lock(steps.store) == 1
    finally:
        steps.close()
