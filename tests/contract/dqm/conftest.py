"""The simulated DQM GUI over real HTTP on loopback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from probes.dqm.simulator import Simulator
from probes.simulation.server import serve
from spy.http import Http
from tests.support.dqm import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def asked():
    """Paths that the service was asked, below its own."""
    return []


@pytest.fixture
def queries():
    """Queries that the service was asked with."""
    return []


@pytest.fixture
def http(world, asked, queries):
    simulator = Simulator(world)

    def answer(request):
        asked.append(request.path.removeprefix("/dqm/offline/"))
        queries.append(dict(request.query))
        return simulator.answer(request)

    with serve({"dqm": answer}) as served:
        http = Http("dqm", f"{served.urls['dqm']}/dqm/offline/", deadline=timedelta(seconds=10))
        yield http
        http.close()
