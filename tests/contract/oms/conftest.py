"""History, an open run and a later one, and looks at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probes.oms.simulator import Simulator
from tests.support.oms import BASE, HOUR, Watch
from tests.support.period import START, Period, served, sim_run


@pytest.fixture
def period() -> Period:
    old = [sim_run(n, start=START - 99 * HOUR, end=START - 98 * HOUR) for n in range(398590, 398600)]
    return Period([*old, sim_run(), sim_run(398601, start=START + 4 * HOUR, end=None)], now=START)


@pytest.fixture
def watch(period: Period) -> Iterator[Watch]:
    with served(Simulator(period).answer, BASE, "oms") as http:
        yield Watch(http, period)
