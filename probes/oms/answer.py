"""Answers of the OMS aggregation API (JSON:API), read strictly, and what their lumi sections say about a run's class.

Any attribute may be null; null is never read as false. Units stand per row and differ between proton and ion runs: a
luminosity is compared with zero, or read by the unit of its row. A single wrong row spoils only its own run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from spy.clock import from_iso, iso
from spy.domain.errors import Unreadable
from spy.domain.run import RunClass
from spy.http import Answer

FUTURE = timedelta(minutes=2)
"""How far the clocks of OMS and this machine may differ."""
IONS = frozenset({"PB", "IONS", "O", "NE", "AR", "XE"})
"""Values of `fill_type_runtime` for nuclei on nuclei; anything else that is not PROTONS is unclear."""
PER_PB = {"fb^{-1}": 1e3, "pb^{-1}": 1.0, "nb^{-1}": 1e-3, "{\\mu}b^{-1}": 1e-6, "mb^{-1}": 1e-9, "b^{-1}": 1e-12}
"""Units of luminosity as OMS writes them, in 1/pb. Recorded: microbarn of an ion run; the others follow its form."""
TOO_MUCH = 1e15
"""No run records so much in any of these units; a number without end would not even become a float."""
_EXPRESS = re.compile(r"Express|^(OnlineMonitor|OnlineHltResults|TestEnablesEcalHcal|EventDisplay|L1Accept|RPCMonitor)")
"""Datasets that no prompt reconstruction follows. One that is not named here counts as bulk: that exempts nothing."""


class Unclear(Exception):
    """What the sections say decides nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class RunRow:
    number: int
    start: datetime | None
    end: datetime | None
    """None while data are being taken."""
    last_lumi: int | None
    fill: int | None
    fill_type: str | None
    components: tuple[str, ...] | None
    transferred: bool | None


@dataclass(frozen=True, slots=True)
class LumiSection:
    number: int
    beams_stable: bool | None
    beam1_present: bool | None
    beam2_present: bool | None
    recorded: float | None
    """Luminosity recorded in this section, in whatever unit the row has."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[dict[str, Any]]
    """The attributes of each element."""
    units: list[dict[str, str]]
    """Of the same elements: attribute to its unit; empty where OMS gives none that can be read."""
    total: int | None
    """Number of rows on all pages; None if OMS does not say."""


def page(answer: Answer) -> Page:
    body = answer.json()
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        answer.refuse('expected {"data": [...]}')
    rows = [element.get("attributes") if isinstance(element, dict) else None for element in data]
    if not all(isinstance(row, dict) for row in rows):
        answer.refuse("an element without attributes")
    meta = body.get("meta")
    total = meta.get("totalResourceCount") if isinstance(meta, dict) else None
    if total is not None and (not isinstance(total, int) or isinstance(total, bool)):
        answer.refuse(f"expected a number as totalResourceCount, found {total!r:.60}")
    return Page([row for row in rows if row is not None], [_units(element) for element in data], total)


def _units(element: Any) -> dict[str, str]:
    """`{"meta": {"row": {"recorded_lumi": {"units": "pb^{-1}"}}}}`; whatever else stands there gives no unit."""
    for name in ("meta", "row"):
        element = element.get(name) if isinstance(element, dict) else None
    about = element if isinstance(element, dict) else {}
    told = {name: one.get("units") for name, one in about.items() if isinstance(one, dict)}
    return {name: unit for name, unit in told.items() if isinstance(unit, str)}


def run_number(answer: Answer, row: dict[str, Any]) -> int:
    value = row.get("run_number")
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        answer.refuse(f"expected a run_number, found {value!r:.60}")
    return value


def run_row(answer: Answer, row: dict[str, Any], now: datetime) -> RunRow:
    """One run. Unreadable, naming the run, if an attribute has a wrong type or a time cannot be true."""
    number = run_number(answer, row)
    read = _Reader(answer, f"run {number}", row)
    found = RunRow(
        number,
        read.time("start_time"),
        read.time("end_time"),
        read.count("last_lumisection_number"),
        read.count("fill_number"),
        read.text("fill_type_runtime"),
        read.names("components"),
        read.flag("tier0_transfer"),
    )
    for name, moment in (("start_time", found.start), ("end_time", found.end)):
        if moment is not None and moment - now > FUTURE:
            answer.refuse(f"run {number}: {name} {iso(moment)} lies in the future")
    if found.start and found.end and found.end < found.start:
        answer.refuse(f"run {number}: end_time {iso(found.end)} lies before start_time {iso(found.start)}")
    return found


def recorded_lumi(row: Mapping[str, Any], units: Mapping[str, str]) -> float:
    """What a run recorded, in 1/pb. Unclear without a unit that is known: a number alone says nothing, not even 0.

    Read apart from the rest of the row: people look at it, and nothing that is decided may fail with it.
    """
    value, unit = row.get("recorded_lumi"), units.get("recorded_lumi")
    if value is None:
        raise Unclear("null in OMS")
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < TOO_MUCH:
        raise Unclear(f"expected a luminosity in recorded_lumi, found {value!r:.60}")
    if unit is None:
        raise Unclear("OMS gives no unit of recorded_lumi")
    if unit not in PER_PB:
        raise Unclear(f"unit {unit!r:.60} of recorded_lumi: expected one of {', '.join(PER_PB)}")
    return value * PER_PB[unit]


def fill_row(answer: Answer, row: dict[str, Any], now: datetime) -> tuple[int, datetime | None]:
    """Number and end of one fill; None while it lasts."""
    number = row.get("fill_number")
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        answer.refuse(f"expected a fill_number, found {number!r:.60}")
    end = _Reader(answer, f"fill {number}", row).time("end_time")
    if end is not None and end - now > FUTURE:
        answer.refuse(f"fill {number}: end_time {iso(end)} lies in the future")
    return number, end


def lumi_section(answer: Answer, row: dict[str, Any], run: int, position: int) -> LumiSection:
    """One section; `position`, counted from 1, stands for a number that the row lacks (copies leave it out)."""
    read = _Reader(answer, f"run {run}, lumi section {position}", row)
    if row.get("run_number", run) != run:
        read.refuse("run_number", row["run_number"], str(run))
    stable = read.flag("beams_stable")
    if "beams_stable" not in row:
        both = (read.flag("beam1_stable"), read.flag("beam2_stable"))
        stable = False if False in both else None if None in both else True
    recorded = "recorded_lumi_per_lumisection"
    return LumiSection(
        read.count("lumisection_number") or position,
        stable,
        read.flag("beam1_present"),
        read.flag("beam2_present"),
        read.number(recorded if recorded in row else "recorded_lumi_per_lumi"),
    )


def check_complete(sections: Sequence[LumiSection], last_lumi: int | None) -> None:
    """Unclear unless every section of the run is there: OMS may still be filling in the last ones."""
    if last_lumi is None:
        raise Unclear("OMS gives no last lumi section")
    missing = set(range(1, last_lumi + 1)) - {section.number for section in sections}
    if missing:
        raise Unclear(f"OMS lists {last_lumi - len(missing)} of {last_lumi} lumi sections")


def had_stable_beams(sections: Sequence[LumiSection]) -> bool:
    flags = {section.beams_stable for section in sections}
    if True not in flags and None in flags:
        raise Unclear("beams_stable is null for some lumi sections")
    return True in flags


def run_class(sections: Sequence[LumiSection], fill_type: str | None) -> RunClass:
    """What was recorded. Never from a key's name: an interfill cosmics run can carry the collisions key."""
    stable = [section for section in sections if section.beams_stable]
    if any(section.recorded is not None and section.recorded > 0.0 for section in stable):
        if fill_type == "PROTONS":
            return RunClass.COLLISIONS
        if fill_type in IONS:
            return RunClass.HEAVY_IONS
        raise Unclear(f"stable beams and luminosity, but fill_type_runtime is {fill_type or 'null'}")
    if not sections:
        raise Unclear("OMS lists no lumi section")
    if any(section.recorded is None for section in stable):
        raise Unclear("stable beams, but the recorded luminosity is null")
    present = {flag for section in sections for flag in (section.beam1_present, section.beam2_present)}
    if None in present or any(section.beams_stable is None for section in sections):
        raise Unclear("presence or stability of the beams is null for some lumi sections")
    if True in present:
        return RunClass.COMMISSIONING
    if stable:
        raise Unclear("beams_stable without any beam present")
    return RunClass.COSMICS


def dataset(answer: Answer, row: dict[str, Any], run: int) -> str:
    if row.get("run_number", run) != run:
        answer.refuse(f"asked for datasets of run {run}, found run {row['run_number']!r:.60}")
    name = row.get("dataset_name")
    if not isinstance(name, str) or not name:
        answer.refuse(f"expected a dataset_name, found {name!r:.60}")
    return name


def bulk_datasets(datasets: Sequence[str]) -> tuple[str, ...]:
    """Those for prompt reconstruction, sorted. No dataset at all is no proof that there was none."""
    if not datasets:
        raise Unclear("OMS lists no dataset at all")
    return tuple(sorted({name for name in datasets if not _EXPRESS.search(name)}))


def has_bulk(datasets: Sequence[str]) -> bool:
    """Whether some dataset is for prompt reconstruction."""
    return bool(bulk_datasets(datasets))


class _Reader:
    """Attributes of one row by type; null and missing are None."""

    def __init__(self, answer: Answer, what: str, row: dict[str, Any]) -> None:
        self._answer = answer
        self._what = what
        self._row = row

    def refuse(self, name: str, value: Any, expected: str) -> Unreadable:
        raise self._answer.unreadable(f"{self._what}: expected {expected} in {name}, found {value!r:.60}")

    def flag(self, name: str) -> bool | None:
        value = self._row.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.refuse(name, value, "true, false or null")

    def count(self, name: str) -> int | None:
        value = self._row.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        raise self.refuse(name, value, "a whole number or null")

    def number(self, name: str) -> float | None:
        value = self._row.get(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise self.refuse(name, value, "a number or null")

    def text(self, name: str) -> str | None:
        value = self._row.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.refuse(name, value, "a text or null")

    def names(self, name: str) -> tuple[str, ...] | None:
        value = self._row.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self.refuse(name, value, "a list of names or null")

    def time(self, name: str) -> datetime | None:
        value = self.text(name)
        try:
            return None if value is None else from_iso(value)
        except ValueError:
            raise self.refuse(name, value, "a UTC time or null") from None
