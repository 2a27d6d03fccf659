"""The runs of a past period: from the store where the agent followed them, else from OMS and Tier0, asked now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from spy.agent import observe
from spy.app import connection_of, probes_of
from spy.cli.ask import close
from spy.cli.options import existing_store
from spy.config import Config
from spy.database import as_stored, is_missing
from spy.database import ask as ask_database
from spy.domain.errors import ActError, StoreError
from spy.domain.evidence import Scope
from spy.domain.run import Run
from spy.domain.subject import of_run
from spy.probe import Open, OpenRun, Probe
from spy.regret.asking import SERVICE
from spy.regret.past import PastRun
from spy.regret.past_report import past_report as report_on
from spy.regret.releases import facts_of
from spy.regret.report import Report
from spy.regret.statement import runs_between
from spy.store.decisions import releases
from spy.store.engine import reading
from spy.store.tables import RunRow, table_of

FACTS = ("run_start", "run_end", "last_lumi", "run_class", "era", "producers", "transferred", "has_bulk")
LONGEST = timedelta(days=4)
"""Between a run's start, or its opening here, and its end."""
MOST = 2000
"""Runs asked about at once; a month has a few hundred."""
_RANGE = re.compile(r"([1-9][0-9]{1,6})-([1-9][0-9]{1,6})")
_run = table_of(RunRow)

Facts = dict[int, dict[str, Any]]
Problems = dict[int, dict[str, str]]
"""Run to fact to why it is unknown."""
Period = tuple[datetime, datetime]


def past_report(config: Config, conditions: Engine, period: Period, named: str, now: datetime) -> Report:
    """The report on the runs that ended in the period; `named`: a range of numbers, empty where it is to be found."""
    facts, locks = _stored(config, period)
    numbers = _numbers(named) if named else _in_database(conditions, period)
    missing = sorted(set(numbers) - set(facts))
    asked, problems = _asked(config, missing, now) if missing else ({}, {})
    known = {run: facts.get(run) or asked.get(run, {}) for run in {*facts, *numbers}}
    runs = [_past_run(config, run, known[run], locks.get(run), problems) for run in sorted(known)]
    ours = [run for run in runs if _ended_in(run, period) and not _is_nobodys(known[run.run])]
    if not ours:
        raise ActError(
            "--past: no run is known to have ended in this period: not to the store, and not to the conditions "
            "database; name them with --runs FIRST-LAST, and OMS and Tier0 are asked"
        )
    return report_on(ours, conditions, config, period, now)


def _ended_in(run: PastRun, period: Period) -> bool:
    """A run of which nobody knows the end may be one."""
    return run.end is None or period[0] <= run.end < period[1]


def _is_nobodys(facts: Mapping[str, Any]) -> bool:
    """Tier0 reconstructs nothing of it: it got no data, or no bulk data."""
    return facts.get("transferred") is False or facts.get("has_bulk") is False


def _numbers(named: str) -> list[int]:
    found = _RANGE.fullmatch(named.strip())
    if not found or int(found[1]) > int(found[2]):
        raise ActError(f"--runs {named!r}: expected FIRST-LAST, such as 398600-398900")
    first, last = int(found[1]), int(found[2])
    if last - first >= MOST:
        raise ActError(f"--runs {named!r}: {last - first + 1} numbers; at most {MOST} are asked about at once")
    return list(range(first, last + 1))


# --- the store ------------------------------------------------------------------------------------------------------


def _stored(config: Config, period: Period) -> tuple[Facts, dict[int, datetime]]:
    """Facts of runs that the agent followed then, and when it saw Tier0 lock them. Nothing where there is no store."""
    begin, end = period[0] - LONGEST, period[1] + LONGEST
    try:
        store = existing_store(config)
    except StoreError:
        return {}, {}
    with reading(store) as connection:
        query = select(_run.c.number).where(_run.c.opened_at >= begin, _run.c.opened_at < end)
        numbers = list(connection.execute(query).scalars())
        facts = facts_of(connection, numbers, config.agent.instance, FACTS)
        rows = releases(connection, numbers).values()
    return facts, {row.run: row.locked_at for row in rows if row.locked_at}


# --- the services ---------------------------------------------------------------------------------------------------


def _in_database(conditions: Engine, period: Period) -> list[int]:
    """Numbers by the database's own list of runs; none where it has no such table."""

    def numbers(connection: Connection) -> list[int]:
        query = runs_between(as_stored(period[0] - LONGEST), as_stored(period[1]))
        try:
            return [int(number) for number in connection.execute(query).scalars()]
        except DBAPIError as error:
            if is_missing(error):
                return []
            raise

    return ask_database(SERVICE, conditions, numbers)


def _asked(config: Config, numbers: Sequence[int], now: datetime) -> tuple[Facts, Problems]:
    """What the probes that know runs say about them, and what they could not say."""
    facts: Facts = {}
    problems: Problems = {}
    for probe in probes_of(config).values():
        if not _knows_runs(probe):
            continue
        for run, name, value, problem in _look(config, probe, numbers, now):
            if value is not None:
                facts.setdefault(run, {})[name] = value
            else:
                problems.setdefault(run, {})[name] = f"{probe.service}: {problem}"
    return facts, problems


def _knows_runs(probe: Probe) -> bool:
    return any(fact.scope is Scope.RUN and fact.name in ("run_end", "era") for fact in probe.facts)


def _look(config: Config, probe: Probe, numbers: Sequence[int], now: datetime) -> Iterable[tuple[int, str, Any, str]]:
    runs = [OpenRun(Run(number, config.agent.instance)) for number in numbers]
    # Above all of them: no run is opened that was not asked for.
    asked = Open(now, runs, config.products, config.agent.instance, first_safe_run=max(numbers) + 1)
    connection = connection_of(probe.service, config.service[probe.service], probe.wants)
    try:
        look = observe.look(probe, connection, asked, lambda key: None)
    finally:
        close(connection)
    by_subject = {of_run(config.agent.instance, number): number for number in numbers}
    if look.problem:
        return [(run, fact.name, None, look.problem) for run in numbers for fact in probe.facts]
    return [(by_subject[e.subject], e.name, e.value, e.problem) for e in look.evidence if e.subject in by_subject]


def _past_run(
    config: Config, run: int, facts: Mapping[str, Any], locked_at: datetime | None, problems: Problems
) -> PastRun:
    run_class, era = str(facts.get("run_class", "")), str(facts.get("era", ""))
    needed = config.required.get(run_class)
    global_tag = config.tier0.prompt_global_tag.get(era, "")
    lacks = [name for name in ("run_start", "run_end", "last_lumi", "run_class", "era") if facts.get(name) is None]
    if needed is not None and needed.only_where_declared and facts.get("producers") is None:
        lacks.append("producers")
    told = problems.get(run, {})
    why = dict.fromkeys(told[name] for name in lacks if name in told)
    problem = f"{', '.join(lacks)} unknown ({'; '.join(why) or 'nobody told'})" if lacks else ""
    if not problem and not global_tag:
        problem = f"tier0.prompt_global_tag names no global tag for era {era}"
    return PastRun(
        run=run,
        start=facts.get("run_start"),
        end=facts.get("run_end"),
        last_lumi=facts.get("last_lumi"),
        run_class=run_class,
        global_tag=global_tag,
        producers=tuple(str(facts.get("producers", "")).split(",")),
        locked_at=locked_at,
        problem=problem,
    )
