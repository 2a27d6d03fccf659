"""Three runs with express jobs in an archive, and looks at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probes.jobs.simulator import Simulator
from tests.support.jobs import BASE, DONE, HOUR, STREAMS, Watch
from tests.support.period import START, Period, served, sim_run


@pytest.fixture
def period() -> Period:
    done = dict.fromkeys(STREAMS, DONE)
    few = sim_run(398601, end=START + 4 * HOUR, stream_done=done, express_jobs=12, express_jobs_failed=5)
    return Period([sim_run(stream_done=done), few, sim_run(398602, end=None)], now=START)


@pytest.fixture
def watch(period: Period) -> Iterator[Watch]:
    with served(Simulator(period).answer, BASE, "jobs") as http:
        yield Watch(http, period)
