"""Stories played once into a SQLite file, to ask the views about them on either kind of database."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, select

from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.app import open_agent_store
from spy.config import load
from spy.domain.product import required_names
from spy.store.engine import open_store, reading, writing
from spy.store.tables import DecisionRow, EvidenceRow, LookRow, MoveRow, ProbeRow, ReleaseRow, RunRow, table_of
from spy.store.views import Delay, RunSaved, Saved, saved
from tests.tell_stories import STORIES

ZERO = datetime(2026, 6, 1, tzinfo=UTC)
CONFIG = load()
GATING = required_names(CONFIG.required.values())
FIVE = sorted(GATING)

KEPT = (RunRow, ReleaseRow, MoveRow, DecisionRow, EvidenceRow, LookRow, ProbeRow)

_RUN = """
[[run]]
number = {number}
class = "collisions"
start = "{start}"
end = "{end}"
lumis = 462
streams = ["Express", "ExpressAlignment", "Calibration"]
datasets = ["Muon0"]
express_done = "{done}"
"""


def a_run(number: int, start: str, end: str, done: str, **times: str) -> str:
    """A run whose five calibrations all come at the same times, as a scenario tells it."""
    told = "".join(f'{key} = "{time}"\n' for key, time in times.items())
    products = "".join(f'\n[[run.product]]\nname = "{name}"\n{told}' for name in FIVE)
    return _RUN.format(number=number, start=start, end=end, done=done) + products


UPLOADS_IN_ORDER = (
    'start = 2026-06-01T00:00:00Z\nuntil = "15h"\n'
    + a_run(398600, "0h", "3h", "12h", harvested="5h")
    + a_run(398601, "3h10m", "6h", "13h", harvested="8h", uploaded="12h30m")
)
"""The second run is harvested at 8 h; Tier0 uploads for it when the first one is finished, at 12 h."""


def hours(hours: float) -> datetime:
    """So many hours after the story's start."""
    return ZERO + timedelta(hours=hours)


@dataclass
class Played:
    """Stories by name; `shadow` plays one without sending anything."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)

    def file(self, name: str, *, shadow: bool = False) -> Path:
        key = f"{name}{'-shadow' * shadow}"
        if key not in self.files:
            folder = self.folder / key
            folder.mkdir()
            told = Scenario.parse(UPLOADS_IN_ORDER, name) if name == "uploads_in_order" else None
            scenario = told or Scenario.load(STORIES / f"{name}.toml")
            with closing(Steps(scenario, folder, f"sqlite:///{folder / 'spy.db'}")) as steps:
                if shadow:
                    steps.agent.settings = replace(steps.agent.settings, is_live=False)
                steps.begin()
                steps.go_to(steps.scenario.until)
            self.files[key] = folder / "spy.db"
        return self.files[key]

    def into(self, name: str, url: str, *, shadow: bool = False) -> Engine:
        """The story copied into an empty database of its own, of either kind."""
        source, store = open_store(f"sqlite:///{self.file(name, shadow=shadow)}"), open_agent_store(url, durable=False)
        with reading(source) as told, writing(store) as connection:
            for row in KEPT:
                table = table_of(row)
                rows = [dict(one._mapping) for one in told.execute(select(table))]
                if rows:
                    connection.execute(insert(table), rows)
        source.dispose()
        return store


def ask(store: Engine, now: float, *, begin: float = 0, end: float = 240, run: int | None = None) -> Saved:
    """What the views say; times in hours after the story's start."""
    return saved(
        store,
        hours(begin),
        hours(end),
        hours(now),
        instance="prod",
        delay=Delay(CONFIG.lock_after, CONFIG.tier0.reco_delay),
        products=[p for p in CONFIG.products.values() if p.name in GATING],
        context=CONFIG.context,
        run=run,
    )


def told(run: RunSaved) -> list[tuple[str, float]]:
    """Causes in their order with the hour at which each ends; spans that differ only in what they name are one."""
    parts: list[tuple[str, float]] = []
    for span in run.spans:
        end = round((span.end - ZERO) / timedelta(hours=1), 4)
        if parts and parts[-1][0] == span.cause:
            parts.pop()
        parts.append((str(span.cause), end))
    return parts


def clock(*parts: tuple[str, str]) -> Iterable[tuple[str, float]]:
    """The same, with times as `8:32`."""
    for cause, time in parts:
        hour, minute = time.split(":")
        yield cause, round(int(hour) + int(minute) / 60, 4)
