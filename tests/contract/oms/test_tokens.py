"""OMS from outside the experiment: a token, or a login page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from probes.oms.simulator import TOKEN, Simulator
from probes.simulation.server import serve
from spy.domain.errors import Refused
from spy.http import ClientCredentials, Http
from tests.support.oms import BASE, HOUR, Watch
from tests.support.period import Period, served


def test_strangers_are_sent_to_a_login_page_and_refused(period: Period) -> None:
    with served(Simulator(period, needs_token=True).answer, BASE, "oms") as http, pytest.raises(Refused, match="login"):
        Watch(http, period).at(HOUR)


def test_client_credentials_open_oms_and_survive_the_end_of_a_token(period: Period) -> None:
    with serve({"oms": Simulator(period, needs_token=True).answer}) as servers:
        auth = ClientCredentials(
            "oms",
            servers.urls["oms"] + TOKEN,
            client_id="spy",
            secret=lambda: "s3cret",
            audience="cmsoms-prod",
            deadline=timedelta(seconds=10),
        )
        http = Http("oms", servers.urls["oms"] + BASE, deadline=timedelta(seconds=10), auth=auth)
        watch = Watch(http, period)
        assert watch.at(HOUR)["398600", "run_ended"].value is False
        before = http.requests
        # The simulated hours outlive the token, which this process's clock still believes in.
        assert watch.at(5 * HOUR)["398600", "run_ended"].value is True
        assert http.requests - before == 4, "one question twice: rejected, and again with the new token"
        http.close()
        auth.close()


def test_wrong_credentials_are_refused(period: Period) -> None:
    with serve({"oms": Simulator(period, needs_token=True).answer}) as servers:
        auth = ClientCredentials(
            "oms",
            servers.urls["oms"] + TOKEN,
            client_id="spy",
            secret=str,
            audience="a",
            deadline=timedelta(seconds=10),
        )
        with pytest.raises(Refused, match="invalid_client"):
            auth.token()
        auth.close()
