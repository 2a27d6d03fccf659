"""Packages of third parties, put straight on the path of this process: metadata, entry points and one module each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from probes.simulation.simulators import installed_simulators

PROBE = """
from datetime import timedelta
from spy.domain.evidence import Evidence, Fact, Kind, Scope
from spy.probe import Probe

class Guest(Probe):
    name = "guest"
    service = "guest"
    facts = (Fact("guest_says", Kind.BOOL, Scope.RUN, "what the guest says"),)
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)

    def observe(self, ask, open_):
        given = ask.get("says").json()
        for run in open_.runs:
            yield Evidence(run.subject, "guest_says", given, self.name, open_.now)
"""
SIMULATOR = """
from probes.simulation.wire import Response

class Simulator:
    path = "/guest/"

    def __init__(self, world):
        self.world = world

    def answer(self, request):
        return Response(200, b"true")
"""


class Guests:
    """What is added is found by entry points until the test ends."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._modules: list[str] = []
        folder.mkdir()
        patch.syspath_prepend(str(folder))

    def add(self, package: str, module: str = PROBE, probes: str = "", simulators: str = "") -> None:
        """`probes` and `simulators`: names of the entry points with the object that each is, `guest = Guest`."""
        name = package.replace("-", "_")
        info = self.folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        text = "".join(
            f"[{group}]\n{entry.replace('= ', f'= {name}:')}\n"
            for group, entry in (("spy.probes", probes), ("spy.simulators", simulators))
            if entry
        )
        (info / "entry_points.txt").write_text(text, encoding="utf-8")
        (self.folder / f"{name}.py").write_text(module, encoding="utf-8")
        self._modules.append(name)
        installed_simulators.cache_clear()

    def leave(self) -> None:
        for name in self._modules:
            sys.modules.pop(name, None)
        installed_simulators.cache_clear()
