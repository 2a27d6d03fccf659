"""A run, its class, and the chunk of it that is released."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spy.domain.errors import ActError


class RunClass(StrEnum):
    """What was recorded, judged from OMS per run, never from a trigger key's name."""

    COLLISIONS = "collisions"
    COSMICS = "cosmics"
    HEAVY_IONS = "heavy-ions"
    COMMISSIONING = "commissioning"


@dataclass(frozen=True, slots=True)
class Run:
    number: int
    instance: str = "prod"
    """Tier0 instance; a replay reuses run numbers."""
    start: datetime | None = None
    """UTC, first lumi section."""
    end: datetime | None = None
    """UTC; None while data are being taken (not "unknown": an unreadable end is missing evidence)."""
    last_lumi: int | None = None
    """Inclusive, counted from 1; None until OMS knows it."""


_CHUNK = re.compile(
    r"^(?P<run>[1-9][0-9]{1,6})(/(?P<dataset>[0-9A-Za-z_-]+))?(:(?P<lo>[1-9][0-9]*)-(?P<hi>[1-9][0-9]*))?$"
)


@dataclass(frozen=True, slots=True, order=True)
class Chunk:
    """The unit of release: a run, or one primary dataset of it. Lumi ranges are answered when asked, never sent."""

    run: int
    dataset: str = ""
    lumis: tuple[int, int] | None = None

    def __str__(self) -> str:
        text = f"{self.run}/{self.dataset}" if self.dataset else str(self.run)
        return f"{text}:{self.lumis[0]}-{self.lumis[1]}" if self.lumis else text

    @classmethod
    def parse(cls, text: str) -> Chunk:
        """`398600`, `398600/Muon0` or `398600:1-250`; anything else is an ActError that says so."""
        found = _CHUNK.match(text.strip())
        if not found:
            raise ActError(
                f"chunk {text!r}: expected RUN, RUN/DATASET or RUN:FIRST-LAST, such as 398600 or 398600/Muon0"
            )
        lumis = (int(found["lo"]), int(found["hi"])) if found["lo"] else None
        if lumis and lumis[0] > lumis[1]:
            raise ActError(f"chunk {text!r}: the first lumi section lies behind the last")
        return cls(int(found["run"]), found["dataset"] or "", lumis)
