"""A database of the world as an engine that shows the scenario's faults.

| kind | for a database |
| --- | --- |
| down | connection refused (DPY-6005) |
| slow, hang | no answer until the deadline, which is not waited for |
| accept_then_drop | the connection is lost (ORA-03113) |
| garbage | a file whose values have the wrong types |
| empty | the tables, without a row |
| stale | the file as it was when the fault began |
| http500, http429 | internal error (ORA-00600); too many sessions (ORA-00018) |
| auth | the session is not let in any more (ORA-28001) |
| disagree | two replicas in turns per connection: the present, and one that stands still 6 h before the fault |
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from probes.simulation.faults import REPLICA_LAG, Faults
from probes.simulation.simulators import StoredFile
from probes.simulation.story import Fault
from spy.database import Hangs

DEADLINE = timedelta(seconds=15)
CODES = {
    "down": ("DPY-6005", "cannot connect to database. Connection refused"),
    "accept_then_drop": ("ORA-03113", "end-of-file on communication channel"),
    "http500": ("ORA-00600", "internal error code, arguments: [simulated]"),
    "http429": ("ORA-00018", "maximum number of sessions exceeded"),
    "auth": ("ORA-28001", "the account has expired"),
}


class OracleError:
    """First argument of a driver's exception, in the shape of python-oracledb."""

    def __init__(self, full_code: str, text: str) -> None:
        self.full_code = full_code
        self.message = f"{full_code}: {text}"

    def __str__(self) -> str:
        return self.message


def faulty_engine(
    service: str,
    simulator: StoredFile,
    faults: Faults,
    now: Callable[[], datetime],
    *,
    deadline: timedelta = DEADLINE,
    before: Callable[[], None] = lambda: None,
) -> sa.Engine:
    """Read-only; each connect calls `before` (to let the world's time pass) and then shows the fault of the moment."""
    doors = _Doors(service, simulator, faults, now)

    def connect() -> sqlite3.Connection:
        before()
        return doors.connect(deadline)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    engine.update_execution_options(deadline=deadline)
    return engine


class _Doors:
    def __init__(self, service: str, simulator: StoredFile, faults: Faults, now: Callable[[], datetime]) -> None:
        self.service = service
        self.simulator = simulator
        self.faults = faults
        self.now = now
        self.turn = 0

    def connect(self, deadline: timedelta) -> sqlite3.Connection:
        fault = self.faults.active(self.service, self.now())
        if fault is None:
            return _open(self.simulator.file, deadline)
        if fault.kind in CODES:
            raise sqlite3.OperationalError(OracleError(*CODES[fault.kind]))
        if fault.kind in ("slow", "hang"):
            raise Hangs(self.service, f"no answer within {deadline.total_seconds():g} s")
        return _open(self._file(fault), deadline)

    def _file(self, fault: Fault) -> Path:
        """Copies lie beside the world's file and are written once per fault."""
        if fault.kind == "disagree":
            self.turn += 1
            if self.turn % 2:
                return self.simulator.file
        path = self.simulator.file.with_name(f"{fault.kind}-{self.faults.faults.index(fault)}.db")
        if not path.exists():
            self._write(fault, path)
        return path

    def _write(self, fault: Fault, path: Path) -> None:
        match fault.kind:
            case "stale":
                self.simulator.copy_at(fault.start, path)
            case "disagree":
                self.simulator.copy_at(fault.start - REPLICA_LAG, path)
            case "empty":
                _script(path, self.simulator.empty_script)
            case "garbage":
                self.simulator.copy_at(fault.start, path)
                _script(path, self.simulator.garbage_script)
            case other:
                raise ValueError(f"unknown kind of fault {other!r}")


def _open(path: Path, deadline: timedelta) -> sqlite3.Connection:
    file = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(file, uri=True, timeout=deadline.total_seconds() / 3, check_same_thread=False)


def _script(path: Path, text: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(text)
    connection.commit()
    connection.close()
