"""A scenario in front of the real agent: real HTTP on loopback, a real conditions file, time at a chosen speed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from probes.simulation import proof
from probes.simulation.scenario import Scenario
from probes.simulation.server import Served, serve
from probes.simulation.simulators import paths
from probes.simulation.stage import RECEIVER_PATH, PostBox, Stage, close_asks, config_of
from spy.agent.runner import Runner
from spy.app import build_agent, connection_of, open_agent_store, probes_of
from spy.channels.post import Post
from spy.channels.webhook import Webhook
from spy.clock import monotonic
from spy.store import notes
from spy.store.engine import writing


@dataclass(frozen=True)
class FastClock:
    """The world's time: `speed` times as fast as ours, from `start`."""

    start: datetime
    speed: float
    began: float

    @classmethod
    def at(cls, start: datetime, speed: float) -> FastClock:
        return cls(start, speed, monotonic())

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=(monotonic() - self.began) * self.speed)

    def seconds(self) -> float:
        """For what counts seconds of the world, such as a circuit breaker."""
        return (monotonic() - self.began) * self.speed


class Live:
    """World, services and agent of one scenario, running until `stop`."""

    def __init__(
        self, scenario: Scenario, folder: Path, speed: float, store: str = "", post: Post | None = None
    ) -> None:
        self.scenario = scenario
        self.clock = FastClock.at(scenario.start, speed)
        self.secret_file = folder / "webhook-secret"
        first = config_of(scenario, {"agent": {"mode": "live"}, "release": _release("0", self.secret_file)})
        self.stage = Stage(scenario, first, folder, self.clock)
        self.secret_file.write_text(self.stage.secret_text + "\n", encoding="ascii")
        answers: dict[str, Callable[..., Any]] = {name: service.answer for name, service in self.stage.services.items()}
        self.served: Served = serve(answers, self.stage.advance)
        hosts = {name: {"url": self.url(name)} for name in self.stage.services if name != "receiver"}
        release = _release(str(self.served.ports["receiver"]), self.secret_file)
        self.config = config_of(
            scenario,
            {
                "agent": {"mode": "live", "store": store or f"sqlite:///{folder / 'spy.db'}"},
                "release": release,
                "service": hosts,
                **proof.UNPROVEN,
            },
        )
        self.store = open_agent_store(self.config.agent.store)
        self.post = post or PostBox(self.stage.faults, self.clock)
        probes = probes_of(self.config)
        self.asks = {name: self._connection(p.service, p.wants) for name, p in probes.items()}
        self.report = proof.acknowledge(self.store, self.asks["conditions"], self.config, probes, self.clock())
        """Number of the regret report that opened live mode; 0: an earlier one did."""
        agent = build_agent(self.config, self.store, probes, self.asks)
        self.webhook = Webhook(
            self.config.release.url, self.stage.secret, deadline=self.config.release.deadline, clock=self.clock
        )
        self.runner = Runner(
            agent,
            self.webhook,
            self.post,
            self.clock,
            self.config.agent.tick,
            random.random,
            speed,
            self.config.agent.reconcile,
        )

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.served.ports[service]}{paths()[service]}"

    def _connection(self, service: str, wants: str) -> Any:
        section = self.config.service[service]
        if wants == "database":
            return self.stage.engine(service, section.deadline)
        return connection_of(service, section, wants, seconds=self.clock.seconds)

    def start(self) -> None:
        with writing(self.store) as connection:
            notes.put(connection, notes.MODE, self.config.agent.mode, self.clock())
            notes.put(connection, notes.WORLD, self.scenario.name, self.clock())
        self.runner.start()

    def stop(self) -> None:
        self.runner.stop()
        close_asks(self.asks)
        self.webhook.close()
        self.store.dispose()
        self.served.close()
        self.stage.close()


def _release(port: str, secret_file: Path) -> dict[str, str]:
    return {"url": f"http://127.0.0.1:{port}{RECEIVER_PATH}", "secret_file": str(secret_file)}
