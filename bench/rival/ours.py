"""Our side: the agent as `spy agent` builds it, but for its one probe: `python -m bench.rival.ours <overrides>`."""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bench.rival.plan import FIRST_RUN
from probes.simulation import proof
from spy.agent.runner import Runner
from spy.app import build_agent, connection_of, open_agent_store, post_of, webhook_of
from spy.cli.logs import log_to_errors
from spy.clock import utc_now
from spy.config import load
from spy.domain.errors import NoAnswer
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.subject import Subject, of_product, of_run
from spy.http import Http
from spy.probe import Open, Probe

CONFIG = Path(__file__).with_name("config.toml")
PRODUCT = "Target"


class Targets(Probe):
    """The status of every target, each a run of its own that holds nobody: `transferred` is false."""

    name = "targets"
    service = "targets"
    facts = (
        Fact("run_start", Kind.TIME, Scope.RUN, "when the target was first followed"),
        Fact("run_class", Kind.STRING, Scope.RUN, "always collisions"),
        Fact("transferred", Kind.BOOL, Scope.RUN, "always false, so that no target waits for another"),
        Fact("target_status", Kind.INT, Scope.PRODUCT, "HTTP status of the target's answer"),
    )

    def __init__(self, count: int, every: timedelta, stale_after: timedelta) -> None:
        self.count = count
        self.every, self.stale_after = every, stale_after

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        followed = {run.number for run in open_.runs}
        for number in range(1, self.count + 1):
            run = FIRST_RUN + number
            if run not in followed:
                yield from self._introduced(of_run(open_.instance, run), open_.now)
            target = of_product(open_.instance, run, PRODUCT)
            try:
                status = ask.get(f"t/{number}", allow=(503,)).status
            except NoAnswer as error:
                yield unknown(target, "target_status", self.name, open_.now, error.what)
            else:
                yield Evidence(target, "target_status", status, self.name, open_.now)

    def _introduced(self, run: Subject, now: datetime) -> Iterator[Evidence]:
        values: dict[str, Value] = {"run_start": now, "run_class": "collisions", "transferred": False}
        for name, value in values.items():
            yield Evidence(run, name, value, self.name, now, final=True)


def main(given: str) -> None:
    overrides = json.loads(given)
    count = overrides.pop("count")
    config = load(CONFIG, {**overrides, **proof.UNPROVEN})
    log_to_errors(False)
    section = config.probe["targets"]
    probe = Targets(count, section.every, section.stale_after)
    asks = {probe.name: connection_of(probe.service, config.service[probe.service], probe.wants)}
    store = open_agent_store(config.agent.store)
    proof.acknowledge(store, asks[probe.name], config, {probe.name: probe}, utc_now())  # live mode asks for a report
    agent = build_agent(config, store, {probe.name: probe}, asks)
    runner = Runner(agent, webhook_of(config), post_of(config), utc_now, config.agent.tick, random.random)
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    runner.start()
    told_to_end.wait()
    runner.stop()


if __name__ == "__main__":
    main(sys.argv[1])
