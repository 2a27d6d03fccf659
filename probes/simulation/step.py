"""A scenario in virtual time: the agent's own observe, decide and deliver, one event after the other, no thread."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from probes.simulation import proof
from probes.simulation.changes import Restart
from probes.simulation.report import report
from probes.simulation.scenario import ActPlan, Scenario
from probes.simulation.simulators import paths
from probes.simulation.stage import RECEIVER_PATH, PostBox, Stage, as_sections, close_asks, config_of, lay
from probes.simulation.transport import InProcess
from spy.agent.deliver import Deliverer
from spy.agent.last_look import may_send
from spy.app import build_agent, connection_of, open_agent_store, probes_of
from spy.channels.webhook import Webhook
from spy.domain.act import Act, Do
from spy.domain.errors import ActError
from spy.domain.run import Chunk
from spy.store import outbox
from spy.store.acts import perform
from spy.store.engine import reading

FIRST = ("tier0", "oms")
"""Asked first when several probes are due at the same moment: the others build on the runs that these find."""


def run_steps(scenario: Path | Scenario, store: str = "") -> dict[str, Any]:
    """Play one scenario; the report of design section 11, with `requests` per service and `open_run_hours` besides."""
    played = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    with tempfile.TemporaryDirectory(prefix="spy-step-") as folder:
        steps = Steps(played, Path(folder), store)
        try:
            return steps.play()
        finally:
            steps.close()


class Steps:
    def __init__(self, scenario: Scenario, folder: Path, store: str = "") -> None:
        self.scenario = scenario
        self.at = scenario.start
        hosts = {name: {"url": f"http://{name}.invalid{path}"} for name, path in paths().items()}
        release = {"url": f"http://receiver.invalid{RECEIVER_PATH}", "secret_file": "in memory"}
        live = {"agent": {"mode": "live"}, "release": release, "service": hosts}
        self._overrides = {**live, **proof.UNPROVEN}
        self.config = config_of(scenario, self._overrides)
        self.stage = Stage(scenario, self.config, folder, lambda: self.at)
        self.store = open_agent_store(store or f"sqlite:///{folder / 'spy.db'}", durable=False)
        self.probes = probes_of(self.config)
        self.asks = {name: self._connection(probe.service, probe.wants) for name, probe in self.probes.items()}
        proof.acknowledge(self.store, self.asks["conditions"], self.config, self.probes, self.at)
        self.agent = build_agent(self.config, self.store, self.probes, self.asks, me="step")
        receiver = InProcess(self.stage.services["receiver"].answer, self.stage.advance)
        self.webhook = Webhook(
            self.config.release.url,
            self.stage.secret,
            deadline=self.config.release.deadline,
            clock=lambda: self.at,
            transport=receiver,
        )
        self.post = PostBox(self.stage.faults, lambda: self.at)
        self.deliverer = Deliverer(self.store, self.webhook, self.post, partial(may_send, self.agent))
        self.refused_acts: list[str] = []
        self._order = count()
        self._agenda: list[tuple[datetime, int, int, Callable[[], None]]] = []
        self._wake: datetime | None = None
        self._seen_posted = 0

    def _connection(self, service: str, wants: str) -> Any:
        section = self.config.service[service]
        if wants == "database":
            return self.stage.engine(service, section.deadline)
        transport = InProcess(self.stage.services[service].answer, self.stage.advance)
        return connection_of(service, section, wants, transport, self._seconds)

    def _seconds(self) -> float:
        return (self.at - self.scenario.start).total_seconds()

    def play(self) -> dict[str, Any]:
        self.begin()
        self.go_to(self.scenario.until)
        return report(self)

    def begin(self) -> None:
        """Put everything that recurs on the agenda; nothing happens yet."""
        self.agent.lead(self.at)
        for name, probe in self.probes.items():
            self._each(probe.every, 0 if name in FIRST else 1, self._looker(name))
            self._each(self.config.agent.reconcile, 1, self._reconciler(name), later=True)
        self._each(self.config.agent.tick, 2, lambda: self.agent.tick(self.at))
        for act in self.scenario.acts:
            self._on(act.at, 0, self._actor(act))
        for restart in self.scenario.changes.restarts:
            self._on(restart.at, 0, self._restarter(restart))

    def go_to(self, moment: datetime) -> None:
        """Let everything happen that is due until then."""
        while self._agenda and self._agenda[0][0] <= moment:
            self.at, _, _, happen = heapq.heappop(self._agenda)
            self.stage.advance()
            happen()
            self._deliver()
        self.at = moment

    def close(self) -> None:
        close_asks(self.asks)
        self.webhook.close()
        self.store.dispose()
        self.stage.close()

    # --- events -------------------------------------------------------------------------------------------------------

    def _on(self, at: datetime, rank: int, happen: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, rank, next(self._order), happen))

    def _each(self, every: timedelta, rank: int, happen: Callable[[], None], *, later: bool = False) -> None:
        def again() -> None:
            self._on(self.at + every, rank, again)
            happen()

        self._on(self.scenario.start + (every if later else timedelta()), rank, again)

    def _reconciler(self, name: str) -> Callable[[], None]:
        return lambda: self.agent.take([self.agent.look_anew(name, self.at)], self.at)

    def _looker(self, name: str) -> Callable[[], None]:
        return lambda: self.agent.take([self.agent.look(name, self.at)], self.at)

    def _actor(self, plan: ActPlan) -> Callable[[], None]:
        def act() -> None:
            try:
                perform(self.store, act_of(plan, self.at))
            except ActError as refused:
                self.refused_acts.append(str(refused))
            self.agent.tick(self.at)

        return act

    def _restarter(self, plan: Restart) -> Callable[[], None]:
        """The agent comes back on the same store, with what the plan says laid over its configuration."""

        def restart() -> None:
            self.config = config_of(self.scenario, lay(self._overrides, as_sections(plan.agent)))
            # Other delays or global tags are other rules, which a site too lets in by a report of its own.
            proof.acknowledge(self.store, self.asks["conditions"], self.config, self.probes, self.at)
            self.agent = build_agent(self.config, self.store, self.probes, self.asks, me="step")
            self.deliverer = Deliverer(self.store, self.webhook, self.post, partial(may_send, self.agent))
            self._seen_posted = -1
            self.agent.lead(self.at)

        return restart

    def _deliver(self) -> None:
        """Deliver while it helps, then come back when the next message is due."""
        if self.agent.posted == self._seen_posted and (self._wake is None or self._wake > self.at):
            return
        self._seen_posted = self.agent.posted
        while self.deliverer.deliver(self.at, self.agent.fence):
            self.agent.follow(self.at)
        with reading(self.store) as connection:
            due = outbox.next_due(connection)
        self._wake = due
        if due is not None and due > self.at:
            self._on(due, 3, lambda: None)


def act_of(plan: ActPlan, at: datetime) -> Act:
    """A planned act as a person does it; a hold without end lasts until Tier0's clock would lock anyway."""
    do = Do(plan.do)
    until = plan.until
    if do is Do.HOLD_TIER0 and until is None:
        until = at + timedelta(hours=48)
    chunk = Chunk.parse(plan.chunk) if plan.chunk else None
    return Act(
        do=do,
        who=plan.who,
        why=plan.why,
        at=at,
        run=chunk.run if chunk else None,
        dataset=chunk.dataset if chunk else "",
        rule=plan.rule,
        product=plan.product,
        until=until,
        from_run=plan.from_run,
        to_run=plan.to_run,
        until_tag=plan.until_tag,
    )
