"""A scenario file: what happens in the simulated world, when, and which faults the services show.

The format is a public interface (docs/scenarios.md). Times are offsets from `start`; everything here is absolute UTC.
Beyond the base format a file may say: `upload_order`, `history_runs`, `reco_delay`, `lock_offset`, `[[switch]]`,
`[[delay]]`, `[[fill]]`, what is in `changes.py`; per run `era`, `fill`, `stable_beams`, `tracker_in`, `transferred`,
`empty_alca_skim`, `express_jobs`, `express_jobs_failed`; per product `lumis`, `skips`, `[[run.product.again]]`; per act
`product`, `from_run`, `to_run`, `until_tag`; offsets before the start (`"-2h"`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from probes.simulation.changes import Changes, read_changes, read_eras
from probes.simulation.production import Era, eras
from probes.simulation.reading import Table, nearest, shown
from probes.simulation.simulators import read_told
from probes.simulation.story import ActPlan, Fault, RunPlan, read_act, read_fault, read_run
from probes.simulation.turns import (
    LOCK_OFFSET,
    RECO_DELAY,
    Delay,
    FillPlan,
    Switch,
    TagLag,
    label,
    read_delay,
    read_fill,
    read_switch,
    read_tag,
)
from spy.domain.errors import ConfigError
from spy.domain.product import Product

__all__ = [
    "ActPlan",
    "Delay",
    "Fault",
    "RunPlan",
    "Scenario",
    "Switch",
    "TagLag",
    "unknown_numbers",
    "unknown_products",
]


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    start: datetime
    until: datetime
    seed: int = 1
    runs: tuple[RunPlan, ...] = ()
    """Sorted by number."""
    faults: tuple[Fault, ...] = ()
    acts: tuple[ActPlan, ...] = ()
    """Sorted by time."""
    tags: tuple[TagLag, ...] = ()
    agent: Mapping[str, Any] = field(default_factory=dict)
    """Overrides of the agent's configuration, nested as in its file."""
    history_runs: int = 1
    """Closed runs before the first one, all locked; with 0 no run was ever locked."""
    reco_delay: timedelta = RECO_DELAY
    lock_offset: timedelta = LOCK_OFFSET
    switches: tuple[Switch, ...] = ()
    delays: tuple[Delay, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    """What the readers of simulators made of `[<service>]`, by service."""
    unsaid: Mapping[str, Any] = field(default_factory=dict)
    """The same of a run about which nothing is said."""
    upload_order: bool = False
    """Listed uploads wait for every lower run, as Tier0's do."""
    fills: tuple[FillPlan, ...] = ()
    changes: Changes = field(default_factory=Changes)
    eras: Mapping[str, Era] = field(default_factory=eras)

    @classmethod
    def load(cls, path: Path, products: Collection[str] = ()) -> Scenario:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([f"{path}: cannot be read: {error}"]) from error
        return cls.parse(text, path.name, products)

    @classmethod
    def parse(cls, text: str, name: str, products: Collection[str] = ()) -> Scenario:
        """All mistakes at once as one ConfigError. With `products`, product names are checked as well."""
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError([f"{name}: not valid TOML: {error}"]) from error
        mistakes: list[str] = []
        scenario = _scenario(values, name, mistakes)
        if products:
            mistakes += unknown_products(scenario, products)
        if mistakes:
            raise ConfigError(mistakes)
        return scenario


def unknown_products(scenario: Scenario, products: Collection[str]) -> list[str]:
    """One sentence per listed product that no configuration knows."""
    return [
        f"{scenario.name}: run {run.number}: product {shown(plan.name)}: no input tag of the configuration"
        f"{nearest(plan.name, products)}"
        for run in scenario.runs
        for plan in run.products
        if plan.name not in products
    ]


def unknown_numbers(scenario: Scenario, products: Mapping[str, Product]) -> list[str]:
    """One sentence per number that a listed product of the configuration does not have."""
    return [
        f"{scenario.name}: run {run.number}: product {shown(plan.name)}: numbers: unknown {shown(name)}"
        f"{nearest(name, known)} (allowed: {', '.join(sorted(known)) or 'none'})"
        for run in scenario.runs
        for plan in run.products
        if plan.name in products
        for known in [{number.name for number in products[plan.name].numbers}]
        for name in plan.numbers
        if name not in known
    ]


def _scenario(values: Mapping[str, Any], name: str, mistakes: list[str]) -> Scenario:
    top = Table(values, name, mistakes)
    top.need("start")
    # A wrong or missing start is reported; with any start the rest can still be checked.
    start = top.time("start", datetime.fromisoformat("2026-06-01T00:00:00+00:00"))
    top.start = start
    until = top.time("until", start + timedelta(hours=60))
    if until <= start:
        top.wrong("until", "must lie after the start")
    agent = top.table("agent")
    default_delay, default_offset = _agent_clock(agent)
    known_eras = read_eras(top)
    scenario = Scenario(
        name=name,
        start=start,
        until=until,
        seed=top.number("seed", 1),
        runs=_runs(top, until, known_eras),
        faults=tuple(read_fault(t, until) for t in top.tables("fault", label("service"))),
        acts=tuple(sorted((read_act(t) for t in top.tables("act", label("do"))), key=lambda act: act.at)),
        tags=tuple(read_tag(t) for t in top.tables("tag", label("name"))),
        agent=agent,
        history_runs=top.number("history_runs", 1),
        reco_delay=top.span("reco_delay", default_delay),
        lock_offset=top.span("lock_offset", default_offset),
        switches=tuple(sorted((read_switch(t) for t in top.tables("switch")), key=lambda switch: switch.at)),
        upload_order=top.flag("upload_order", False),
        fills=tuple(read_fill(t) for t in top.tables("fill", label("number"))),
        delays=tuple(sorted((read_delay(t) for t in top.tables("delay")), key=lambda delay: delay.at)),
        told=read_told(top, "read"),
        unsaid=read_told(Table({}, name, []), "read_run"),
        changes=read_changes(top),
        eras=known_eras,
    )
    top.finish()
    return scenario


def _agent_clock(agent: Mapping[str, Any]) -> tuple[timedelta, timedelta]:
    """What the agent is told about Tier0's clock is true unless the file says otherwise."""
    told = agent.get("tier0")
    table = Table(told if isinstance(told, Mapping) else {}, "", [])
    return table.span("reco_delay", RECO_DELAY), table.span("lock_offset", LOCK_OFFSET)


def _runs(top: Table, until: datetime, known_eras: Mapping[str, Era]) -> tuple[RunPlan, ...]:
    runs = [read_run(table, index, until, known_eras) for index, table in enumerate(top.tables("run", label("number")))]
    numbers = [run.number for run in runs]
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        top.wrong("run", f"number {number} is given {numbers.count(number)} times")
    return tuple(sorted(runs, key=lambda run: run.number))
