"""What people say about each run in RunRegistry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

from probes.runregistry import answer
from probes.runregistry.answer import RunRow
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.http import Http
from spy.probe import Open, Probe

PAGE = 50
"""Runs per page."""

FACTS = (
    Fact("rr_class", Kind.STRING, Scope.RUN, "class that people gave the run, such as Collisions26"),
    Fact("rr_state", Kind.STRING, Scope.RUN, "OPEN, SIGNOFF or COMPLETED"),
    Fact("rr_significant", Kind.BOOL, Scope.RUN, "worth certifying"),
    Fact("rr_flags", Kind.STRING, Scope.RUN, "commonest flag per column with its lumi sections, comma-joined"),
)


class RunRegistry(Probe):
    """Class, state, significance and flags of all open runs, in one question of some pages.

    Context: people change all of it for weeks, and a run is certified long after its calibrations are used. So
    nothing is final, and no rule reads it as shipped. Nothing that OMS knows is taken from here: RunRegistry asks its
    clients not to use it so.

    Source: RunRegistry API, `runs_filtered_ordered`.
    """

    name = "runregistry"
    service = "runregistry"
    facts = FACTS
    every = timedelta(minutes=15)
    stale_after = timedelta(minutes=46)

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        rows: dict[int, RunRow] = {}
        problems: dict[int, str] = {}
        wanted = [{"=": run.number} for run in open_.runs]
        number, pages = 0, 1 if wanted else 0
        while number < pages:
            question = {"page": number, "page_size": PAGE, "sortings": [], "filter": {"run_number": {"or": wanted}}}
            given = ask.post("runs_filtered_ordered", question)
            given.dated(open_.now, self.stale_after)
            page = answer.page(given)
            rows |= page.rows
            problems |= page.problems
            # Never more than were asked for, whatever it counts.
            number, pages = number + 1, min(page.pages, -(-len(wanted) // PAGE))
        for run in open_.runs:
            row = rows.get(run.number)
            if row is None or run.number in problems:
                problem = problems.get(run.number, f"RunRegistry does not list run {run.number}")
                yield from (unknown(run.subject, fact.name, self.name, open_.now, problem) for fact in FACTS)
                continue
            for name, value in _told(row).items():
                yield Evidence(run.subject, name, value, self.name, open_.now)


def _told(row: RunRow) -> dict[str, Value]:
    return {f"rr_{key.removeprefix('run_')}": value for key, value in asdict(row).items() if key != "number"}
