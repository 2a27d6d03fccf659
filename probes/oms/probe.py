"""Which runs there are, when they ended, and what was recorded in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from probes.oms import answer
from probes.oms.answer import RunRow, Unclear
from spy.domain.errors import NoAnswer, Unreadable
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.subject import Subject, of_run, of_service
from spy.http import Answer, Http
from spy.probe import Open, OpenRun, Probe

SERVICE = of_service("oms")
PAGE = 2000
"""Rows per request."""
RUN_FIELDS = (
    "run_number,start_time,end_time,last_lumisection_number,"
    "fill_number,fill_type_runtime,components,tier0_transfer,sequence,recorded_lumi"
)
SECTION_FIELDS = "run_number,lumisection_number,beams_stable,beam1_present,beam2_present,recorded_lumi_per_lumisection"

FACTS = (
    Fact("newest_run", Kind.INT, Scope.SERVICE, "newest global run that OMS knows", "run"),
    Fact("run_start", Kind.TIME, Scope.RUN, "start of the run"),
    Fact("run_ended", Kind.BOOL, Scope.RUN, "the run is over"),
    Fact("run_end", Kind.TIME, Scope.RUN, "end of the run"),
    Fact("last_lumi", Kind.INT, Scope.RUN, "last lumi section, inclusive, counted from 1", "lumi section"),
    Fact("fill", Kind.INT, Scope.RUN, "LHC fill", "fill"),
    Fact("fill_ended", Kind.BOOL, Scope.RUN, "that fill is over; told only where a class needs a tag after the fill"),
    Fact("fill_end", Kind.TIME, Scope.RUN, "end of that fill"),
    Fact("tracker_in", Kind.BOOL, Scope.RUN, "the tracker took part"),
    Fact("transferred", Kind.BOOL, Scope.RUN, "the run's data go to Tier0"),
    Fact("recorded_lumi", Kind.DOUBLE, Scope.RUN, "luminosity recorded in the run, for people only", "1/pb"),
    Fact("run_class", Kind.STRING, Scope.RUN, "collisions, cosmics, heavy-ions or commissioning, by its lumi sections"),
    Fact("stable_beams", Kind.BOOL, Scope.RUN, "beams were stable in some lumi section"),
    Fact("has_bulk", Kind.BOOL, Scope.RUN, "some dataset waits for prompt reconstruction"),
    Fact("bulk_datasets", Kind.STRING, Scope.RUN, "primary datasets that wait for it, comma-joined; empty: none"),
)
_LISTED = ("run_start", "run_ended", "run_end", "last_lumi", "fill", "tracker_in", "transferred", "recorded_lumi")
_BULK = ("has_bulk", "bulk_datasets")
_ASKED_AFTER_THE_END = ("run_class", "stable_beams", *_BULK)


class Oms(Probe):
    """All open runs and what came after them, in one list; lumi sections and datasets of a run once, after its end.

    Runs below Tier0's first condition-safe run are history and not looked at. While that number is unknown and no run
    is open, only the newest run is asked for: a cold start must not open a month of runs.

    Source: OMS aggregation API v1, resources `runs`, `fills`, `lumisections`, `datasetrates` (of the last one only the
    attributes run_number, dataset_name and rate are known from its clients).
    """

    name = "oms"
    service = "oms"
    facts = FACTS
    every = timedelta(minutes=2)
    stale_after = timedelta(minutes=12)

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        look = _Look(ask, open_.now, self.stale_after)
        floors = [run.number for run in open_.runs] + ([open_.first_safe_run] if open_.first_safe_run else [])
        listed = look.runs(min(floors)) if floors else {}
        yield from look.newest(listed)
        opened = {run.number: run for run in open_.runs}
        for number in sorted({*opened, *(n for n in listed if _is_new(n, open_))}):
            run = opened.get(number)
            subject = run.subject if run else of_run(open_.instance, number)
            yield from _run(look, subject, number, run, listed.get(number))
        if any(tag.after_fill for tag in open_.online_tags):
            yield from _fills(look, open_.runs)


def _is_new(number: int, open_: Open) -> bool:
    """Whether a run that is not open is to be opened: not history, and not one that was open before and is through."""
    if open_.first_safe_run is not None:
        return number >= open_.first_safe_run
    return number > max(run.number for run in open_.runs)


@dataclass(frozen=True, slots=True)
class _Row:
    given: Answer
    attributes: dict[str, Any]
    units: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Look:
    ask: Http
    now: datetime
    limit: timedelta

    def fact(
        self, subject: Subject, name: str, value: Value, given: Answer | None = None, *, final: bool = False
    ) -> Evidence:
        return Evidence(subject, name, value, Oms.name, self.now, given.date if given else None, final)

    def no(self, subject: Subject, name: str, problem: str) -> Evidence:
        return unknown(subject, name, Oms.name, self.now, problem)

    def rows(self, resource: str, query: Mapping[str, str | int]) -> list[_Row]:
        """All pages of a resource. Unreadable if OMS counts more rows than it sends."""
        rows: list[_Row] = []
        while True:
            paging: dict[str, str | int] = {"page[offset]": len(rows), "page[limit]": PAGE, "include": "meta"}
            given = self.ask.get(resource, {**query, **paging})
            given.dated(self.now, self.limit)
            page = answer.page(given)
            rows += [_Row(given, *row) for row in zip(page.rows, page.units, strict=True)]
            if len(rows) >= page.total if page.total is not None else len(page.rows) < PAGE:
                return rows
            if not page.rows:
                given.refuse(f"OMS counts {page.total} rows and sends {len(rows)}")

    def runs(self, floor: int) -> dict[int, _Row]:
        query: dict[str, str | int] = {
            "filter[run_number][GE]": floor,
            "filter[sequence][EQ]": "GLOBAL-RUN",
            "sort": "run_number",
            "fields": RUN_FIELDS,
        }
        return {answer.run_number(row.given, row.attributes): row for row in self.rows("runs", query)}

    def fills(self, floor: int) -> list[_Row]:
        query: dict[str, str | int] = {
            "filter[fill_number][GE]": floor,
            "sort": "fill_number",
            "fields": "fill_number,end_time",
        }
        return self.rows("fills", query)

    def newest(self, listed: Mapping[int, _Row]) -> Iterator[Evidence]:
        """The newest run: the last of the list, else asked for."""
        if listed:
            newest = max(listed)
            yield self.fact(SERVICE, "newest_run", newest, listed[newest].given)
            return
        query: dict[str, str | int] = {
            "filter[sequence][EQ]": "GLOBAL-RUN",
            "sort": "-run_number",
            "fields": "run_number",
            "page[limit]": 1,
        }
        given = self.ask.get("runs", query)
        as_row = answer.page(given).rows[:1]
        if as_row:
            yield self.fact(SERVICE, "newest_run", answer.run_number(given, as_row[0]), given)
        else:
            yield self.no(SERVICE, "newest_run", "OMS lists no run at all")


def _run(look: _Look, subject: Subject, number: int, run: OpenRun | None, row: _Row | None) -> Iterator[Evidence]:
    if row is None:
        yield from _nothing(look, subject, run, f"OMS does not list run {number}")
        return
    try:
        found = answer.run_row(row.given, row.attributes, look.now)
    except Unreadable as error:
        yield from _nothing(look, subject, run, error.what)
        return
    yield from (e for e in _listed(look, subject, found, row.given) if run is None or not run.is_final(e.name))
    if found.end is not None:
        yield _recorded(look, subject, row)
    if run is None or found.end is None:
        return
    if not (run.is_final("run_class") and run.is_final("stable_beams")):
        yield from _beams(look, run, found)
    if not run.is_final("has_bulk"):
        yield from _parts(look, run, _BULK, partial(_bulk, look, run))


def _fills(look: _Look, runs: Sequence[OpenRun]) -> Iterator[Evidence]:
    """Whether the fills of these runs are over; of a run without fill nothing is said."""
    asked = [(run, fill) for run in runs if isinstance(fill := run.value("fill"), int) and not run.is_final("fill_end")]
    if not asked:
        return
    ends: dict[int, tuple[Answer, datetime | None]] = {}
    problem = "OMS does not list the fill"
    try:
        for row in look.fills(min(fill for _, fill in asked)):
            number, end = answer.fill_row(row.given, row.attributes, look.now)
            ends[number] = row.given, end
    except (NoAnswer, Unreadable) as error:
        ends, problem = {}, error.what
    for run, fill in asked:
        given, end = ends.get(fill, (None, None))
        if given is None:
            yield look.no(run.subject, "fill_ended", problem)
        else:
            yield look.fact(run.subject, "fill_ended", end is not None, given, final=end is not None)
        if end is not None:
            yield look.fact(run.subject, "fill_end", end, given, final=True)


def _nothing(look: _Look, subject: Subject, run: OpenRun | None, problem: str) -> Iterator[Evidence]:
    """A run about which OMS says nothing: everything that is not final is unknown."""
    for name in (*_LISTED, *_ASKED_AFTER_THE_END):
        if run is None or not run.is_final(name):
            yield look.no(subject, name, problem)


def _listed(look: _Look, subject: Subject, found: RunRow, given: Answer) -> Iterator[Evidence]:
    """What one row of `runs` says. What only an ended run has is left out before."""
    is_over = found.end is not None
    told: dict[str, Value | None] = {"run_start": found.start, "run_ended": is_over}
    if is_over:
        told |= {"run_end": found.end, "last_lumi": found.last_lumi}
    has_tracker = None if found.components is None else "TRACKER" in found.components
    told |= {"fill": found.fill, "tracker_in": has_tracker, "transferred": found.transferred}
    for name, value in told.items():
        if value is None:
            yield look.no(subject, name, "null in OMS")
        else:
            yield look.fact(subject, name, value, given, final=is_over and name == "tracker_in")


def _recorded(look: _Look, subject: Subject, row: _Row) -> Evidence:
    """Never final, as the run's end: OMS may still correct it, and it comes with the list that is asked for anyway."""
    try:
        return look.fact(subject, "recorded_lumi", answer.recorded_lumi(row.attributes, row.units), row.given)
    except Unclear as unclear:
        return look.no(subject, "recorded_lumi", str(unclear))


def _beams(look: _Look, run: OpenRun, found: RunRow) -> Iterator[Evidence]:
    """Class and stable beams from the lumi sections, once they are all there."""
    names = [name for name in ("run_class", "stable_beams") if not run.is_final(name)]
    yield from _parts(look, run, names, partial(_from_sections, look, run, found, names))


def _from_sections(look: _Look, run: OpenRun, found: RunRow, names: Sequence[str]) -> Iterator[Evidence]:
    query: dict[str, str | int] = {
        "filter[run_number][EQ]": run.number,
        "sort": "lumisection_number",
        "fields": SECTION_FIELDS,
    }
    rows = look.rows("lumisections", query)
    sections = [answer.lumi_section(row.given, row.attributes, run.number, at) for at, row in enumerate(rows, start=1)]
    answer.check_complete(sections, found.last_lumi)
    learn: dict[str, Callable[[], Value]] = {
        "run_class": lambda: answer.run_class(sections, found.fill_type).value,
        "stable_beams": lambda: answer.had_stable_beams(sections),
    }
    for name in names:
        yield from _parts(look, run, [name], partial(_one, look, run, name, learn[name], rows[-1].given))


def _bulk(look: _Look, run: OpenRun) -> Iterator[Evidence]:
    query: dict[str, str | int] = {
        "filter[run_number][EQ]": run.number,
        "group[granularity]": "run",
        "fields": "run_number,dataset_name",
    }
    rows = look.rows("datasetrates", query)
    names = [answer.dataset(row.given, row.attributes, run.number) for row in rows]
    given = rows[-1].given if rows else None
    yield from _one(look, run, "has_bulk", lambda: answer.has_bulk(names), given)
    yield from _one(look, run, "bulk_datasets", lambda: ",".join(answer.bulk_datasets(names)), given)


def _one(look: _Look, run: OpenRun, name: str, learn: Callable[[], Value], given: Answer | None) -> Iterator[Evidence]:
    yield look.fact(run.subject, name, learn(), given, final=True)


def _parts(
    look: _Look, run: OpenRun, names: Sequence[str], learn: Callable[[], Iterator[Evidence]]
) -> Iterator[Evidence]:
    """What `learn` yields, or each of `names` as unknown with the reason."""
    try:
        yield from list(learn())
    except Unclear as unclear:
        problem = str(unclear)
    except (NoAnswer, Unreadable) as error:
        problem = error.what
    else:
        return
    for name in names:
        yield look.no(run.subject, name, problem)
