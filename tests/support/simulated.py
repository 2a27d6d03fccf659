"""A simulated world from a few lines of a scenario, and what its conditions database holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from probes.conditions.simulator import Simulator as Conditions
from probes.simulation.database_faults import DEADLINE, faulty_engine
from probes.simulation.faults import Faults
from probes.simulation.scenario import Scenario
from probes.simulation.world import World
from spy import config

START = datetime(2026, 6, 1, tzinfo=UTC)
PRODUCTS = config.load().products
STRIP = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"
BEAM_SPOT = "BeamSpotObjects_PCL_byLumi_v0_prompt"
HEAD = 'start = 2026-06-01T00:00:00Z\nuntil = "200h"\n'


def run_text(
    number: int = 398600, start: str = "0h", end: str | None = "3h", more: str = "", listed: bool = True
) -> str:
    text = f'[[run]]\nnumber = {number}\nclass = "collisions"\nstart = "{start}"\n{more}\n'
    text += f'end = "{end}"\n' if end else ""
    return text + (product_text("EcalPedestals_pcl") if listed else "")


def product_text(name: str, more: str = "") -> str:
    return f'[[run.product]]\nname = "{name}"\n{more}\n'


def after(**span: float) -> datetime:
    return START + timedelta(**span)


class Receiver:
    """Decisions as a receiver would have accepted them."""

    def __init__(self) -> None:
        self.released: dict[int, datetime] = {}
        self.holds: dict[int, datetime] = {}

    def early_release(self, run: int) -> datetime | None:
        return self.released.get(run)

    def held(self, run: int, now: datetime) -> bool:
        return run in self.holds and now < self.holds[run]


class Builder:
    """Builds worlds in a folder and closes them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[World] = []

    def __call__(self, text: str, receiver: Receiver | None = None) -> World:
        path = self.folder / f"conditions-{len(self.made)}.db"
        self.made.append(World(Scenario.parse(HEAD + text, "x.toml"), PRODUCTS, path, receiver))
        return self.made[-1]

    def close(self) -> None:
        for world in self.made:
            world.close()


def world_engine(world: World, faults: Faults, before: Callable[[], None] = lambda: None) -> sa.Engine:
    """The world's conditions database, with its faults."""
    return faulty_engine("conditions", Conditions(world), faults, lambda: world.now, deadline=DEADLINE, before=before)


def intervals(world: World, tag: str) -> list[int]:
    connection = sqlite3.connect(world.conditions_path)
    rows = connection.execute('SELECT "SINCE" FROM "IOV" WHERE "TAG_NAME" = ? ORDER BY "SINCE"', (tag,)).fetchall()
    connection.close()
    return [since for (since,) in rows]
