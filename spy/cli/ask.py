"""`spy ask`: one look through one probe, by hand. Writes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from spy.agent import observe
from spy.agent.board import Board
from spy.app import connection_of, probes_of, settings_of
from spy.cli import printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load
from spy.clock import utc_now
from spy.config import Config
from spy.database import close_database
from spy.domain.errors import ActError, StoreError
from spy.domain.evidence import Evidence, Scope
from spy.domain.product import needed_online, required_names
from spy.domain.run import Run
from spy.domain.subject import part_of
from spy.probe import Open, OpenRun, Probe
from spy.store import ledger
from spy.store.engine import reading
from spy.store.ledger import Look

ProbeName = Annotated[str, typer.Argument(metavar="PROBE", help="Such as tier0, oms, conditions, uploads or dqm.")]
OneRun = Annotated[int | None, typer.Option("--run", min=1, help="Only about this run; default: all open ones.")]


def ask(*, probe: ProbeName, run: OneRun = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Ask one service now, and show the evidence that follows. Writes nothing."""
    settings = load(config)
    probes = probes_of(settings)
    if probe not in probes:
        near = difflib.get_close_matches(probe, probes, n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise ActError(f"ask: no probe is called {probe!r}{hint} Configured: {', '.join(probes)}")
    chosen, now = probes[probe], utc_now()
    board = _board(settings)
    asked = open_of(settings, board, now, run)
    connection = connection_of(chosen.service, settings.service[chosen.service], chosen.wants)
    try:
        look = observe.look(chosen, connection, asked, board.latest)
    finally:
        close(connection)
    _show(chosen, look, asked, as_json)
    if look.problem:
        raise typer.Exit(1)


def _board(settings: Config) -> Board:
    """What the store holds about the open runs; empty where there is none yet."""
    board = Board(settings.agent.instance)
    with suppress(StoreError), reading(existing_store(settings)) as connection:
        for run in [0, *ledger.open_runs(connection)]:
            board.load(run, ledger.evidence_of_run(connection, run))
    return board


def open_of(settings: Config, board: Board, now: datetime, run: int | None) -> Open:
    """The subjects of one look, as the agent would give them, but nothing of them final: a person wants to see all."""
    tags = settings_of(settings).prompt_global_tags
    if run is None:
        runs = [_unfinished(board.open_run(number, tags)) for number in board.runs]
    elif run in board.runs:
        runs = [_unfinished(board.open_run(run, tags))]
    else:
        # Not followed: most likely over. Services that are only asked about ended runs are asked.
        runs = [OpenRun(Run(run, settings.agent.instance, end=now - timedelta(hours=1)))]
    first_safe = board.value(0, "first_safe_run")
    return Open(
        now=now,
        runs=runs,
        products=settings.products,
        instance=settings.agent.instance,
        first_safe_run=first_safe if isinstance(first_safe, int) else run,
        gating=required_names(settings.required.values()),
        online_tags=needed_online(settings.required.values()),
    )


def _unfinished(run: OpenRun) -> OpenRun:
    return replace(run, known={key: replace(e, final=False) for key, e in run.known.items()})


def close(connection: Any) -> None:
    """An HTTP client or a database engine."""
    if hasattr(connection, "dispose"):
        close_database(connection)
    else:
        connection.close()


def _show(probe: Probe, look: Look, asked: Open, as_json: bool) -> None:
    if as_json:
        rows = [{**printing.plain(e), "unit": _unit(probe, e)} for e in look.evidence]
        facts = {"probe": look.probe, "service": look.service, "at": look.at, "runs": look.runs}
        printing.answer({**facts, "problem": look.problem, "requests": look.requests, "evidence": rows})
        return
    about = ", ".join(map(_named, asked.runs)) or "no run, since none is open: only what concerns the service"
    took = f"{look.requests} requests, {look.took_ms:.0f} ms"
    printing.say(f"{probe.name} asks {probe.service} at {printing.utc(look.at)} about: {about} ({took})")
    if look.problem:
        printing.say(f"unknown: {look.problem}", "magenta")
    if look.evidence:
        printing.table(("subject", "name", "value", "unit", "problem"), _rows(probe, look.evidence))


def _named(run: OpenRun) -> str:
    return str(run.number) if run.known else f"{run.number} (not followed, taken for a run that has ended)"


def _rows(probe: Probe, evidence: Iterable[Evidence]) -> Iterable[tuple[str, ...]]:
    for e in evidence:
        yield e.subject, e.name, printing.shown(e.value), _unit(probe, e), e.problem


def _unit(probe: Probe, evidence: Evidence) -> str:
    scope = Scope(part_of(evidence.subject)[0])
    return next((fact.unit for fact in probe.facts if (fact.scope, fact.name) == (scope, evidence.name)), "")
