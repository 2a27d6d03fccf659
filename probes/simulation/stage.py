"""The set on which the agent plays: a world, its services, Tier0's receiver, and an agent built on them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine

from probes.simulation.database_faults import faulty_engine
from probes.simulation.faults import Faults, Faulty
from probes.simulation.scenario import Scenario
from probes.simulation.simulators import installed_simulators, serves, unserved
from probes.simulation.wire import Request, Response
from probes.simulation.world import World
from spy.app import installed_probes
from spy.channels.post import Mail
from spy.channels.signature import Secret
from spy.clock import duration
from spy.config import Config, load
from spy.database import close_database
from spy.domain.errors import ConfigError, DeliveryError
from spy.receiver.app import Receiver
from spy.sections import AgentSection

RECEIVER_PATH = "/v1/decisions"


def config_of(scenario: Scenario, overrides: Mapping[str, Any]) -> Config:
    """The packaged configuration, with the scenario's `[agent]` table laid over it and then `overrides`.

    The table may hold keys of the configuration's own `[agent]` section or whole other sections. A longer period
    without a matching `stale_after` brings one along, since evidence must outlive its period.
    """
    root = as_sections(scenario.agent)
    shipped = load(None)
    for name, probe in root.get("probe", {}).items():
        if "every" in probe and "stale_after" not in probe and name in shipped.probe:
            probe["stale_after"] = _stale_after(probe["every"], shipped.probe[name].stale_after)
    return load(None, lay(root, overrides))


def as_sections(agent: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of the configuration that an `[agent]` table is about."""
    root: dict[str, Any] = {"agent": {}, "tier0": {}}
    for key, value in agent.items():
        (root["agent"] if key in AgentSection.model_fields else root)[key] = value
    return root


def _stale_after(every: str, shipped: timedelta) -> timedelta:
    return max(shipped, 3 * duration(every) + timedelta(minutes=1))


def lay(root: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Both together, nested; what `overrides` says counts."""
    laid = dict(root)
    for key, value in overrides.items():
        laid[key] = lay(laid.get(key, {}), value) if isinstance(value, Mapping) else value
    return laid


class _ReceiverService:
    """The reference receiver behind the simulators' wire."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def answer(self, request: Request) -> Response:
        query = f"?{urlencode(request.query, doseq=True)}" if request.query else ""
        status, headers, body = self._receiver.answer(
            request.method, request.path + query, request.headers, request.body
        )
        return Response(status, body, headers)


@dataclass
class PostBox:
    """Takes mail in virtual time, unless the scenario says that SMTP is broken."""

    faults: Faults
    now: Callable[[], datetime]
    mails: list[tuple[datetime, Mail]] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        fault = self.faults.active("smtp", self.now())
        if fault is not None and fault.kind not in ("stale", "disagree", "empty", "accept_then_drop"):
            raise DeliveryError("smtp", f"simulated fault {fault.kind}")
        if all(taken.id != mail.id for _, taken in self.mails):
            self.mails.append((self.now(), mail))
        if fault is not None and fault.kind == "accept_then_drop":
            raise DeliveryError("smtp", "connection lost after the mail was taken")


def asked_services(config: Config) -> dict[str, dict[str, str]]:
    """Service to the probes that ask it, each with the connection that it wants."""
    asked: dict[str, dict[str, str]] = {}
    for name, kind in installed_probes(config.probe).items():
        asked.setdefault(kind.service, {})[name] = kind.wants
    for block in config.endpoint:
        asked.setdefault(block.service, {})[block.name] = "http"
    return asked


class Stage:
    """A scenario's world with everything around the agent. `now` is the owner's clock."""

    def __init__(self, scenario: Scenario, config: Config, folder: Path, now: Callable[[], datetime]) -> None:
        self.scenario = scenario
        self.config = config
        self.now = now
        self.faults = Faults(scenario.faults)
        # Only ever signs messages to the receiver of this very world, so it may be derived from the seed.
        key = hashlib.sha256(f"simulated {scenario.seed}".encode()).digest()
        self.secret_text = f"whsec_{base64.b64encode(key).decode('ascii')}"
        self.secret = Secret.parse(self.secret_text)
        asked = asked_services(config)
        mistakes = unserved(asked)
        if mistakes:
            raise ConfigError(mistakes)
        tier0 = _LateTier0(lambda: self.world)
        self.receiver = Receiver(folder / "receiver.db", [self.secret], tier0, now, config.agent.source)
        online = tuple(config.online_tags.values())
        self.world = World(scenario, config.products, folder / "conditions.db", self.receiver, online=online)
        simulators = self._simulators(asked)
        self.services: dict[str, Faulty] = {
            name: Faulty(name, simulator, self.faults, now, self.world.as_of)
            for name, simulator in simulators.items()
            if serves(simulator) == "http"
        }
        self.databases = {name: s for name, s in simulators.items() if serves(s) == "database"}
        self.services["receiver"] = Faulty("receiver", _ReceiverService(self.receiver), self.faults, now)

    def _simulators(self, services: Iterable[str]) -> dict[str, Any]:
        """Those that a probe asks. One that cannot be made names its package."""
        offered, made = installed_simulators(), {}
        for name in sorted(services):
            try:
                made[name] = offered.found[name](self.world)
            except Exception as crash:
                self.close()
                where = f"simulator {name} of package {offered.owners[name]}"
                raise ConfigError([f"{where} cannot be made: {type(crash).__name__}: {crash}"]) from crash
        return made

    def engine(self, service: str, deadline: timedelta) -> Engine:
        """A new engine on a service that is a database."""
        file = self.databases[service]
        return faulty_engine(service, file, self.faults, self.now, deadline=deadline, before=self.advance)

    def advance(self) -> None:
        self.world.advance(self.now())

    def close(self) -> None:
        self.world.close()
        self.receiver.close()


def close_asks(asks: Mapping[str, Any]) -> None:
    """Close HTTP clients and database engines alike."""
    for ask in asks.values():
        if isinstance(ask, Engine):
            close_database(ask)
        else:
            ask.close()


class _LateTier0:
    """Tier0's side as the receiver asks for it; the world is made after the receiver, which it needs itself."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def known(self, run: int) -> bool:
        return self._world().known(run)

    def stopped(self, run: int) -> bool:
        return self._world().stopped(run)

    def locked(self, run: int) -> bool:
        return self._world().locked(run)

    def released(self, run: int) -> bool:
        return self._world().released(run)

    def lowest_waiting(self) -> int | None:
        return self._world().lowest_waiting()
