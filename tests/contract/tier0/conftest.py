"""A period with one started and one open run, and looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probes.tier0.simulator import Simulator
from tests.support.period import START, Period, served, sim_run
from tests.support.tier0 import BASE, HOUR, Watch


@pytest.fixture
def period() -> Period:
    times = {"locked_at": START - HOUR, "started_at": START - HOUR / 2}
    locked = sim_run(398599, start=START - 9 * HOUR, end=START - 6 * HOUR, **times)
    done = {"Express": START + 8 * HOUR, "ExpressAlignment": START + 6 * HOUR, "Calibration": START + 5 * HOUR}
    return Period([locked, sim_run(stream_done=done)], now=START)


@pytest.fixture
def watch(period: Period) -> Iterator[Watch]:
    with served(Simulator(period).answer, BASE, "tier0") as http:
        yield Watch(http, period)
