"""Real agent processes killed without warning at random points: no release lost, none doubled."""

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from probes.simulation.proof import acknowledge
from probes.simulation.scenario import Scenario
from probes.simulation.server import serve
from probes.simulation.simulators import paths
from probes.simulation.stage import RECEIVER_PATH, Stage, config_of
from spy.app import open_agent_store, probes_of
from spy.clock import utc_now
from spy.config import load
from spy.database import open_database
from spy.store import notes
from spy.store.engine import open_store, reading
from spy.store.tables import DecisionRow, NoteRow, OutboxRow, table_of

RUNS = range(398600, 398606)
KILLS = 8


def story() -> str:
    """Runs whose calibrations arrive second by second while the agent is killed again and again."""
    begin = utc_now()
    runs = []
    for n, number in enumerate(RUNS):
        ready = f"{2 + 2 * n}s"
        products = "\n".join(
            f'  {{ name = "{name}", harvested = "-30m", uploaded = "{"-20m" if n % 2 else ready}" }},'
            for name in (
                "BeamSpotObjectHP_ByLumi",
                "SiPixelQualityFromDbRcd_prompt",
                "SiStripBadStrip_pcl",
                "SiPixelAliHG_pcl",
                "EcalPedestals_pcl",
            )
        )
        span = f'start = "-{10 - n}h"\nend = "-{9 - n}h5m"' if n < 5 else 'start = "-4h"\nend = "-3h"'
        runs.append(
            f'[[run]]\nnumber = {number}\nclass = "collisions"\n{span}\n'
            f'express_done = "{ready}"\nproduct = [\n{products}\n]\n'
        )
    return f'start = {begin:%Y-%m-%dT%H:%M:%SZ}\nseed = 7\nuntil = "2h"\n' + "\n".join(runs)


class Site:
    """Simulated services in real time, and the configuration of an agent in front of them."""

    def __init__(self, folder: Path) -> None:
        scenario = Scenario.parse(story(), "kill.toml")
        secret = folder / "secret"
        shown = {"url": "http://127.0.0.1:9/v1/decisions", "secret_file": str(secret)}
        self.stage = Stage(scenario, config_of(scenario, {"release": shown}), folder, utc_now)
        secret.write_text(self.stage.secret_text, encoding="ascii")
        self.served = serve({name: s.answer for name, s in self.stage.services.items()}, self.stage.advance)
        self.store_url = f"sqlite:///{folder / 'spy.db'}"
        self.config = folder / "config.toml"
        self.config.write_text(self._config(secret), encoding="utf-8")
        self._prove()

    def _config(self, secret: Path) -> str:
        text = Path("config.toml").read_text(encoding="utf-8")
        below = {**paths(), "receiver": RECEIVER_PATH}
        urls = {name: f"http://127.0.0.1:{self.served.ports[name]}{path}" for name, path in below.items()}
        urls["conditions"] = f"sqlite:///{self.stage.world.conditions_path}"
        replaced = {
            'mode = "shadow"': 'mode = "live"',
            "sqlite:///var/spy.db": self.store_url,
            "http://127.0.0.1:8051/v1/decisions": urls.pop("receiver"),
            'secret_file = ""': f"secret_file = {json.dumps(str(secret))}",
            'every = "2m"': 'every = "1s"',
            'every = "5m"': 'every = "1s"',
            'tick = "1m"': 'tick = "1s"',
            # This world has no past on which it could prove itself: an empty report is acknowledged for it.
            "releases = 30": "releases = 0",
            'period = "7d"': 'period = "0s"',
        }
        for before, after in replaced.items():
            assert before in text, before
            text = text.replace(before, after)
        lines, service = [], ""
        for line in text.splitlines():
            service = line[9:-1] if line.startswith("[service.") else ("" if line.startswith("[") else service)
            lines.append(f"url = {json.dumps(urls[service])}" if service and line.startswith("url = ") else line)
        return "\n".join(lines) + "\n"

    def _prove(self) -> None:
        """Live mode needs an acknowledged regret report."""
        config, store = load(self.config), open_agent_store(self.store_url)
        conditions = open_database(config.service["conditions"].url, service="conditions")
        acknowledge(store, conditions, config, probes_of(config), utc_now())
        conditions.dispose()
        store.dispose()

    def agent(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "spy.cli", "agent", "--config", str(self.config)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def works_since(self, moment: datetime) -> bool:
        """Whether the agent has taken a look in since, which it does only with its signal handlers in place."""
        store = open_store(self.store_url)
        try:
            with reading(store) as connection:
                note = table_of(NoteRow)
                at = connection.execute(select(note.c.at).where(note.c.name == notes.HEARTBEAT)).scalar()
        finally:
            store.dispose()
        return at is not None and at > moment

    def accepted(self) -> int:
        return sum(self.stage.receiver.early_release(run) is not None for run in RUNS)

    def close(self) -> None:
        self.served.close()
        self.stage.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.mark.timeout(180)
def test_an_agent_killed_at_random_points_loses_no_release_and_doubles_none(site: Site) -> None:
    dice, patience = random.Random(20260601), threading.Event()
    for _ in range(KILLS):
        agent = site.agent()
        patience.wait(2.0 + 3.0 * dice.random())
        agent.send_signal(signal.SIGKILL)
        agent.wait()
    restarted_at = utc_now()
    agent = site.agent()
    try:
        for _ in range(900):
            if site.accepted() == len(RUNS) and site.works_since(restarted_at):
                break
            patience.wait(0.1)
    finally:
        agent.terminate()
        assert agent.wait(timeout=5) == 0, "SIGTERM must end the agent within 5 s, cleanly"
    assert site.accepted() == len(RUNS)
    store = open_agent_store(site.store_url)
    with reading(store) as connection:
        sent = list(connection.execute(select(table_of(OutboxRow)).where(table_of(OutboxRow).c.kind == "release")))
        decisions = list(connection.execute(select(table_of(DecisionRow))))
    store.dispose()
    acknowledged = [row for row in sent if row.status == "acked"]
    assert sorted(int(row.chunk) for row in acknowledged) == list(RUNS), "one acknowledged release per run"
    assert len({(row.chunk, row.revision) for row in decisions}) == len(decisions)
    received = [site.stage.receiver.answer("GET", f"/v1/runs/{run}", {}, b"") for run in RUNS]
    for status, _, body in received:
        releases = [d for d in json.loads(body)["decisions"] if d["kind"] == "release"]
        assert (status, len(releases)) == (200, 1), "the receiver holds one release per run"


def test_the_story_keeps_tier0_from_locking_anything_by_itself(tmp_path: Path) -> None:
    """The proof above would be empty if Tier0's own clock could lock a run meanwhile."""
    scenario = Scenario.parse(story(), "kill.toml")
    assert all(run.end and utc_now() - run.end < timedelta(hours=40) for run in scenario.runs)
