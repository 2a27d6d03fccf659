"""When online tags reach a run's end, by the oracle, on cases that were worked out by hand."""

from __future__ import annotations

import pytest

from tests.oracle.spans import NEVER
from tests.oracle.test_truth import HOUR, plain, truth

LASER, VOLTAGE = "EcalLaserAPDPNRatios_prompt_v3", "SiStripDetVOff_v7_prompt"


@pytest.mark.parametrize("tag", [LASER, VOLTAGE])
def test_a_run_is_right_when_the_last_online_tag_has_reached_its_end(tag: str) -> None:
    # The run ends at 3 h, the job of 15h10m copies up to 3h10m.
    late = plain() | {"tag": [{"name": tag, "delay": "12h5m"}]}
    assert truth(late).right.first() == 15 * HOUR + 11 * 60
    assert truth(plain() | {"tag": [{"name": "Other", "delay": "12h"}]}).right.first() == 10 * HOUR


def test_cosmics_need_no_laser_correction() -> None:
    changes = {"class": "cosmics", "streams": ["ExpressCosmics"], "stable_beams": False}
    cosmics = plain(**changes) | {"tag": [{"name": LASER, "delay": "12h"}]}
    assert truth(cosmics).right.first() == 10 * HOUR


def test_jobs_that_do_not_run_or_fail_copy_nothing() -> None:
    fault = {"service": "o2o", "kind": "http500", "from": "2h", "to": "14h5m"}
    assert truth(plain() | {"fault": [fault]}).right.first() == 14 * HOUR + 11 * 60
    after = fault | {"from": "3h10s"}
    assert truth(plain() | {"fault": [after]}).right.first() == 10 * HOUR
    assert truth(plain() | {"fault": [{k: v for k, v in fault.items() if k != "to"}]}).right == NEVER
