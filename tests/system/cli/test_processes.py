"""The processes start, say what they do, and end within five seconds whatever hangs."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import urllib.request
from contextlib import closing

import pytest

from spy.store import notes
from spy.store.engine import open_store, reading
from tests.support.command import Process, configured
from tests.support.scripted import Scripted

ENDINGS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])


class Hanging(Scripted):
    """Accepts, hears the question, and never answers. `wanted` questions have been asked once `asked` is set."""

    def __init__(self, wanted: int) -> None:
        self.asked = threading.Event()
        self._wanted = wanted
        self._heard = 0
        super().__init__(self._hang)

    def _hang(self, connection, ended: threading.Event) -> None:
        self._heard += 1
        if self._heard >= self._wanted:
            self.asked.set()
        ended.wait(60.0)


def pointed_at(url: str, folder, **more: str):
    """Every watched service there, with a deadline far beyond the test's."""
    http = ("tier0", "oms", "uploads", "dqm", "jobs", "runregistry")
    values = {f"service.{name}.url": f'"{url}"' for name in http}
    values |= {f"service.{name}.deadline": '"60s"' for name in (*http, "conditions")}
    values |= {"agent.store": f'"sqlite:///{folder}/spy.db"', "web.port": "0"}
    return configured(folder, values | more)


@ENDINGS
def test_the_agent_ends_in_time_while_every_source_hangs(tmp_path, number):
    with Hanging(wanted=2) as service:
        database = service.url.removeprefix("http://").partition("/")[0]
        conditions = {"service.conditions.url": f'"oracle+oracledb://reader:x@{database}/?service_name=x"'}
        with Process("agent", "--config", pointed_at(service.url, tmp_path, **conditions)) as agent:
            agent.says("in shadow mode: it decides and records, and sends nothing to Tier0")
            assert service.asked.wait(30)
            agent.popen.send_signal(number)
            assert agent.ends() == 0, "".join(agent.log)
    assert "ended" in agent.log[-1]
    assert not any("Traceback" in line for line in agent.log)


def test_the_agent_ends_in_time_while_its_own_store_is_locked_by_another(tmp_path):
    with Hanging(wanted=1) as service, Process("agent", "--config", pointed_at(service.url, tmp_path)) as agent:
        assert service.asked.wait(30)
        with closing(sqlite3.connect(tmp_path / "spy.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            agent.popen.terminate()
            assert agent.ends() == 0
    assert "something still hangs; it is left behind" in agent.log[-1]


def test_the_agent_notes_its_mode_for_the_page(tmp_path):
    with Hanging(wanted=1) as service, Process("agent", "--config", pointed_at(service.url, tmp_path)) as agent:
        assert service.asked.wait(30)
        agent.popen.terminate()
        agent.ends()
    store = open_store(f"sqlite:///{tmp_path}/spy.db")
    with reading(store) as connection:
        assert notes.get(connection, notes.MODE) == "shadow"
    store.dispose()


def test_log_lines_are_single_and_json_when_asked(tmp_path):
    with (
        Hanging(wanted=1) as service,
        Process("agent", "--json", "--config", pointed_at(service.url, tmp_path)) as agent,
    ):
        agent.says("asks dqm each")
        agent.popen.terminate()
        agent.ends()
    told = [json.loads(line) for line in agent.log]
    assert {"at", "level", "logger", "message"} == told[0].keys()


@ENDINGS
def test_the_page_is_served_and_ends_in_time_while_somebody_listens(tmp_path, number):
    config = pointed_at("http://nobody.invalid/", tmp_path)
    with Process("web", "--config", config) as web:
        url = web.says(r"the page: (http://127\.0\.0\.1:\d+)")[1]
        assert urllib.request.urlopen(f"{url}/health/live", timeout=30).status == 200
        with urllib.request.urlopen(f"{url}/api/v1/changes", timeout=30):
            web.popen.send_signal(number)
            assert web.ends() == 0, "".join(web.log)


def test_a_port_that_is_taken_is_said(tmp_path):
    with Scripted(b"") as other:
        port = other.url.rpartition(":")[2].partition("/")[0]
        values = {"web.port": port, "agent.store": f'"sqlite:///{tmp_path}/spy.db"'}
        with Process("web", "--config", configured(tmp_path, values)) as web:
            web.says(f"cannot listen on 127.0.0.1:{port}: Address already in use")
            assert web.ends() == 2


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@ENDINGS
def test_run_is_agent_and_page_and_ends_both_in_time(tmp_path, number):
    with Hanging(wanted=1) as service, Process("run", "--config", pointed_at(service.url, tmp_path)) as run:
        agent, web = (int(run.says(rf"{name} runs as process (\d+)")[1]) for name in ("agent", "web"))
        run.says("the page: ")
        assert service.asked.wait(30)
        run.popen.send_signal(number)
        assert run.ends() == 0, "".join(run.log)
    assert gone(agent)
    assert gone(web)


@pytest.mark.parametrize("victim", ["agent", "web"])
def test_when_one_ends_the_other_does_not_go_on_alone(tmp_path, victim):
    with Hanging(wanted=1) as service, Process("run", "--config", pointed_at(service.url, tmp_path)) as run:
        processes = {name: int(run.says(rf"{name} runs as process (\d+)")[1]) for name in ("agent", "web")}
        run.says("the page: ")
        assert service.asked.wait(30)
        os.kill(processes[victim], signal.SIGKILL)
        assert run.ends() != 0
    assert any(f"{victim} ended with code -9" in line for line in run.log)
    assert all(gone(process) for process in processes.values())
