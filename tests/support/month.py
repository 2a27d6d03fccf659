"""Would-be releases of simulated runs in a store, and a conditions file in which some intervals came late.

Each run lasts three hours and begins eight hours after the one before. A shadow agent would have released it six hours
after its end; Tier0 locked it 47.5 h after its end. Everything that gates it was there after five hours.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probes.conditions import simulator
from spy.app import open_agent_store, probes_of, rulebook_of
from spy.config import Config, load
from spy.database import open_database
from spy.domain.evidence import Evidence, Value
from spy.domain.run import Chunk
from spy.domain.since import encode_lumi, encode_time
from spy.domain.subject import of_run
from spy.domain.verdict import State, Verdict
from spy.regret.report import Report, made
from spy.store import decisions, ledger
from spy.store.engine import writing
from spy.store.ledger import Look

START = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = 398600
LUMIS = 462
GLOBAL_TAG = "160X_dataRun3_Prompt_v1"
BEAM_SPOT, PIXEL = "BeamSpotObjects_PCL_byLumi_v0_prompt", "SiPixelQuality_byPCL_prompt_v2"
STRIP, PEDESTALS = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt", "EcalPedestals_prompt"
ALIGNMENT, LASER = "TrackerAlignment_PCL_byRun_v2_express", "EcalLaserAPDPNRatios_prompt_v3"
VOLTAGE, BY_HAND, HASHED = "SiStripDetVOff_v7_prompt", "HcalRespCorrs_v9_offline", "SomeHashed_v1"
TAGS = {
    **dict.fromkeys((BEAM_SPOT, PIXEL), ("Lumi", "prompt")),
    **dict.fromkeys((STRIP, PEDESTALS, ALIGNMENT), ("Run", "prompt")),
    **dict.fromkeys((LASER, VOLTAGE), ("Time", "any")),
    BY_HAND: ("Run", "offline"),
    HASHED: ("Hash", "any"),
}
RELEASED, LOCKED = timedelta(hours=6), timedelta(hours=47, minutes=30)


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def start_of(run: int) -> datetime:
    return START + timedelta(hours=8) * (run - FIRST)


def end_of(run: int) -> datetime:
    return start_of(run) + timedelta(hours=3)


class Month:
    """A store and a conditions file for so many runs; `engine` reads the file as the program does."""

    def __init__(self, folder: Path, store_url: str, runs: int, overrides: Mapping[str, object] | None = None) -> None:
        self.path = folder / "conditions.db"
        services = {"conditions": {"url": f"sqlite:///{self.path}"}}
        given = {"agent": {"store": store_url}, "service": services, **(overrides or {})}
        self.config: Config = load(None, given)
        self.rules = rulebook_of(self.config, probes_of(self.config)).hash
        simulator.create(self.path, {GLOBAL_TAG: list(TAGS)}, TAGS)
        self.store = open_agent_store(store_url)
        self.engine = open_database(f"sqlite:///{self.path}", service="conditions")
        self.runs = range(FIRST, FIRST + runs)
        self.now = end_of(FIRST + runs) + timedelta(days=3)
        self._fill()

    def close(self) -> None:
        self.store.dispose()
        self.engine.dispose()

    # --- the conditions database ------------------------------------------------------------------------------------

    def _fill(self) -> None:
        rows = [(tag, 1, "old", start_of(FIRST) - timedelta(days=9)) for tag in (STRIP, ALIGNMENT, PEDESTALS, BY_HAND)]
        rows += [
            (tag, encode_lumi(FIRST - 5, 1), "old", start_of(FIRST) - timedelta(days=2)) for tag in (BEAM_SPOT, PIXEL)
        ]
        begin = start_of(FIRST) - timedelta(days=2)
        rows += [(tag, encode_time(begin), "old", begin) for tag in (LASER, VOLTAGE)]
        for run in self.runs:
            at = end_of(run) + timedelta(hours=5)
            rows += [(tag, run, f"{run}", at) for tag in (STRIP, PEDESTALS)]
            rows += [
                (tag, encode_lumi(run, lumi), f"{run}:{lumi}", at)
                for tag in (BEAM_SPOT, PIXEL)
                for lumi in (1, 230, 450)
            ]
            rows.append((LASER, encode_time(end_of(run) + timedelta(minutes=10)), f"laser {run}", at))
        self.insert(*rows)

    def insert(self, *rows: tuple[str, int, str, datetime]) -> None:
        """Tag, since, payload's name, insertion time."""
        with sqlite3.connect(self.path) as connection:
            for tag, since, payload, at in rows:
                simulator.insert_iov(connection, tag, since, sha1(payload), at)
        connection.close()

    def late(self, run: int, tag: str, since: int, hours: float, payload: str = "") -> tuple[int, str, int]:
        """An interval that came so many hours after the run's end; the key under which the report must name it."""
        self.insert((tag, since, payload or f"late {run} {tag} {hours}", end_of(run) + timedelta(hours=hours)))
        return run, tag, since

    # --- the store ----------------------------------------------------------------------------------------------------

    def record(
        self, run: int, rules: str = "", *, locked: timedelta | None = LOCKED, released: timedelta = RELEASED,
        **facts: Value | None,
    ) -> None:  # fmt: skip
        """A shadow agent followed the run and would have released it; None leaves a fact out."""
        told = {
            "run_start": start_of(run), "run_ended": True, "run_end": end_of(run), "last_lumi": LUMIS,
            "run_class": "collisions", "era": "Run2026D", "transferred": True, "has_bulk": True, **facts,
        }  # fmt: skip
        at, end, subject = start_of(run), end_of(run), of_run("prod", run)
        evidence = tuple(Evidence(subject, n, value, "oms", at) for n, value in told.items() if value is not None)
        required = tuple(self.config.required["collisions"].products)
        verdict = Verdict(Chunk(run), State.READY, (), (), required=required, deadline=end + LOCKED)
        with writing(self.store) as connection:
            ledger.open_run(connection, run, at)
            decisions.begin(connection, str(run), run, at, 1)
            ledger.append(connection, Look("oms", "oms", at, evidence), evidence)
            decisions.record(connection, verdict, 1, end + released, rules or self.rules, 1)
            changes = {"would_at": end + released, "revision": 1, "locked_at": locked and end + locked}
            decisions.annotate(connection, str(run), **changes)

    def record_all(self) -> None:
        for run in self.runs:
            self.record(run)

    @property
    def period(self) -> tuple[datetime, datetime]:
        return START, self.now

    def report(self) -> Report:
        return made(self.store, self.engine, self.config, self.rules, self.period, self.now, "ana")
