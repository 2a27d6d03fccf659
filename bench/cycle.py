"""One full cycle with a long history against one with a short one: `python -m bench.cycle [open] [short] [long]`.

A cycle reads all open runs anew as a new leader does, takes one look of each probe in, decides every open run, lets
time pass, asks for what is due to be sent, and answers what the page and Tier0 ask.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from bench.databases import database, kinds
from bench.filling import fill
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.app import build_agent, open_agent_store
from spy.store import outbox, views
from spy.store.engine import writing
from tests.support.tree import toml

TARGET = 1.2
REPEATS = 9
FIRST = 398600
UNSIMULATED = {"HIHLTMonitor"}
"""Streams of shipped products that the simulated world does not know."""


def scenario(runs: int) -> Scenario:
    """So many runs of 25 min each, all open at its end: their streams are not done."""
    shipped = toml("config.toml")["product"]
    products = "".join(f'\n[[run.product]]\nname = "{product["name"]}"\nharvested = "1000h"\n' for product in shipped)
    declared = {stream for product in shipped for stream in product["streams"]}
    streams = json.dumps(sorted(declared - UNSIMULATED))
    text = "".join(
        f'[[run]]\nnumber = {FIRST + i}\nclass = "collisions"\nstart = "{30 * i}m"\nend = "{30 * i + 25}m"\n'
        f'lumis = 65\nstreams = {streams}\ndatasets = ["Muon0"]\n{products}'
        for i in range(runs)
    )
    return Scenario.parse(f'start = 2026-06-01T00:00:00Z\nseed = 1\nuntil = "{30 * runs + 60}m"\n{text}', "cycle.toml")


class Cycle:
    """The agent on a store, with looks that were taken once: what the services cost is not measured."""

    def __init__(self, runs: int, store: str, folder: Path) -> None:
        open_agent_store(store).dispose()
        self.steps = Steps(scenario(runs), folder, store)
        steps = self.steps
        steps.at = steps.scenario.until
        steps.stage.advance()
        steps.agent.lead(steps.at)
        self.looks = []
        for name in ("tier0", "oms", *steps.probes, *steps.probes):  # twice: runs are known from the first time on
            steps.agent.take([steps.agent.look(name, steps.at)], steps.at)
        # Of no leadership: each cycle has a new agent, which would leave the looks of another one out.
        self.looks = [replace(steps.agent.look(name, steps.at), fence=0) for name in steps.probes]
        self.store: Engine = steps.store

    def once(self) -> dict[str, float]:
        """Milliseconds by part."""
        steps, took = self.steps, {}
        steps.at += timedelta(seconds=20)
        agent = build_agent(steps.config, self.store, steps.probes, steps.asks, me="step")
        config = steps.config

        def part(name: str, work: Any) -> None:
            begin = perf_counter()
            work()
            took[name] = (perf_counter() - begin) * 1000

        part("lead", lambda: agent.lead(steps.at))
        part("take", lambda: agent.take([replace(look, at=steps.at) for look in self.looks], steps.at))
        assert all(agent.board.looked[look.probe] == steps.at for look in self.looks), "every look was taken in"
        part("decide", lambda: agent._decide(set(agent.board.runs), steps.at))
        part("tick", lambda: agent.tick(steps.at))
        part("due", lambda: self._claim(agent.fence))
        arguments = (steps.at, config.web.stale_after)
        part("page", lambda: views.overview(self.store, *arguments, config.products, config.mail.crew))
        part("answer", lambda: views.first_unready_run(self.store, *arguments))
        assert len(agent.board.runs) == len(steps.scenario.runs), "every run is open"
        return took

    def _claim(self, fence: int) -> None:
        with writing(self.store) as connection:
            outbox.claim(connection, self.steps.at, fence, ("release", "hold", "withdraw", "mail"))

    def typical(self) -> dict[str, float]:
        self.once()
        rounds = [self.once() for _ in range(REPEATS)]
        return {name: median(r[name] for r in rounds) for name in rounds[0]}


def measured(kind: str, open_runs: int, closed: int) -> dict[str, float]:
    with TemporaryDirectory(prefix="bench-") as folder, database(kind) as url:
        cycle = Cycle(open_runs, url, Path(folder))
        begin = perf_counter()
        rows = fill(cycle.store, closed, FIRST)
        print(
            f"  {closed:,} closed runs: {rows:,} rows of evidence, filled in {perf_counter() - begin:.0f} s", flush=True
        )
        took = cycle.typical()
        cycle.steps.close()
    print("    " + ", ".join(f"{name} {ms:.1f}" for name, ms in took.items()) + f": {sum(took.values()):.1f} ms")
    return took


def measure(open_runs: int = 50, short: int = 1000, long: int = 100_000) -> int:
    missed = False
    for kind in kinds():
        print(f"{kind}: {open_runs} open runs")
        before, after = (sum(measured(kind, open_runs, closed).values()) for closed in (short, long))
        print(f"{kind}: ratio {after / before:.2f} (target at most {TARGET})")
        missed |= after / before > TARGET
    return int(missed)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])))
