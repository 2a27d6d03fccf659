"""The simulators that installed packages offer by entry point group `spy.simulators`, ours among them, by service.

A simulator is a class, made with the world (`probes.simulation.world.World`), that plays one service of it:

* over HTTP: `path`, below which the service lies, and `answer(request) -> Response`; with `empty(request)` it has an
  empty answer of its own for the fault `empty`;
* as a database: `file`, `copy_at(moment, path)`, and the scripts `empty_script` and `garbage_script` (`StoredFile`).

What a scenario says to it beyond what the world knows, it reads itself: `read(table)` takes the top-level table
`[<service>]`, `read_run(table)` the table `[run.<service>]`, both class methods with a `reading.Table`. They are also
called where the file says nothing, with an empty table; keys that they do not ask for are refused. What they return is
`world.scenario.told["<service>"]` and `run.told["<service>"]`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from probes.simulation.reading import Table
from spy.installed import Offers, offers

GROUP = "spy.simulators"
PLAYED = ("o2o", "receiver", "smtp")
"""What the world itself plays and no probe asks: jobs that fill tags, Tier0's receiver, the mail relay."""


class StoredFile(Protocol):
    """A service that is a database, as an SQLite file that may be read at any moment."""

    empty_script: str
    """Makes the tables, without a row."""
    garbage_script: str
    """Gives a copy values of the wrong types."""

    @property
    def file(self) -> Path:
        """The present."""

    def copy_at(self, moment: datetime, path: Path) -> None:
        """Write the file as it was at an earlier moment."""


def serves(simulator: Any) -> str:
    """Kind of connection that reaches it, as a probe's `wants`; empty for what is no simulator."""
    if callable(getattr(simulator, "answer", None)):
        return "http"
    return "database" if callable(getattr(simulator, "copy_at", None)) else ""


def wrong_with_simulator(service: str, thing: Any) -> Iterator[str]:
    """What keeps a loaded thing from being the simulator of this service."""
    if service in PLAYED:
        yield f"cannot play {service!r}: the simulated world does that itself"
    if not isinstance(thing, type) or not serves(thing):
        kind = thing.__name__ if isinstance(thing, type) else type(thing).__name__
        yield f"is no simulator, but {kind}: expected a class with answer(request) or copy_at(moment, path)"
        return
    path = getattr(thing, "path", None)
    if serves(thing) == "http" and not (isinstance(path, str) and path.startswith("/")):
        yield f'has no path, but {path!r}: expected where the service lies, such as "/api/"'


@cache
def installed_simulators() -> Offers:
    """Classes by service; a broken one is among `broken`, and spoils only what needs it."""
    return offers(GROUP, wrong_with_simulator)


def services() -> tuple[str, ...]:
    """Everything that can show a fault."""
    offered = installed_simulators()
    return tuple(dict.fromkeys((*offered.found, *offered.broken, *PLAYED)))


def paths() -> dict[str, str]:
    """Below which path each simulated service lies that is asked over HTTP."""
    return {name: kind.path for name, kind in installed_simulators().found.items() if serves(kind) == "http"}


def read_told(table: Table, reader: str) -> dict[str, Any]:
    """What the simulators' own readers (`read` or `read_run`) make of their part of a table of the scenario."""
    offered = installed_simulators()
    for name in offered.broken.keys() & table.values.keys():
        table.asked.add(name)
        table.wrong(name, offered.broken[name])
    told = {}
    ours = frozenset(table.asked)
    for name, kind in offered.found.items():
        read = getattr(kind, reader, None)
        if read is not None:
            told[name] = _read(table, name, read, ours, offered.owners[name])
    return told


def _read(table: Table, name: str, read: Callable[[Table], Any], ours: Collection[str], owner: str) -> Any:
    if name in ours:
        table.wrong(name, f"is a key of every scenario, so package {owner} cannot have it for its service")
        return None
    part = table.part(name)
    try:
        told = read(part)
    # The reader is a guest: its crash is a mistake with a name, beside all others.
    except Exception as crash:
        part.mistakes.append(f"{part.where}: the reader of package {owner} failed: {type(crash).__name__}: {crash}")
        return None
    part.finish()
    return told


def unserved(asked: Mapping[str, Mapping[str, str]]) -> list[str]:
    """One sentence per service that a probe asks and nobody plays. `asked`: service to probe to what it wants."""
    offered = installed_simulators()
    mistakes = []
    for service, probes in sorted(asked.items()):
        where = f"service {service} (asked by probe {', '.join(sorted(probes))})"
        if service in offered.broken:
            mistakes.append(f"{where}: its simulator {offered.broken[service]}")
        elif service not in offered.found:
            mistakes.append(
                f"{where}: no installed package simulates it; simulated: {', '.join(sorted(offered.found))}"
            )
        else:
            kind, owner = serves(offered.found[service]), offered.owners[service]
            for name, wants in probes.items():
                if wants != kind:
                    mistakes.append(f"{where}: probe {name} wants {wants}, the simulator of package {owner} is {kind}")
    return mistakes
