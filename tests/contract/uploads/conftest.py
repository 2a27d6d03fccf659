"""The simulated upload service over real HTTP on loopback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from probes.simulation.server import serve
from probes.uploads.simulator import Simulator
from spy.http import Http
from tests.support.uploads import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def asked():
    """Paths and queries that the service was asked."""
    return []


@pytest.fixture
def http(world, asked):
    simulator = Simulator(world)

    def answer(request):
        asked.append((request.path.rpartition("/")[2], {name: values[0] for name, values in request.query.items()}))
        return simulator.answer(request)

    with serve({"uploads": answer}) as served:
        http = Http("uploads", f"{served.urls['uploads']}/logs/dropBox/", deadline=timedelta(seconds=10))
        yield http
        http.close()
