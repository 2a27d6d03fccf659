"""`spy regret`: what early releases would have missed; the report that a person acknowledges before live mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.text import Text
from sqlalchemy import Engine

from spy.app import connection_of, probes_of, rulebook_of
from spy.cli import options, printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load, now_of
from spy.cli.past_runs import past_report
from spy.cli.printing import say, utc
from spy.clock import utc_now
from spy.config import Config
from spy.database import close_database
from spy.domain.errors import ActError, ConfigError
from spy.domain.since import shown
from spy.regret import gate, report
from spy.regret.asking import SERVICE
from spy.regret.late import Judged, Late, Word
from spy.regret.report import Report
from spy.store import regrets
from spy.store.engine import reading

From = Annotated[str, typer.Option("--from", metavar="T", help="Releases from then on: 2026-06-01T00:00:00Z.")]
To = Annotated[str, typer.Option("--to", metavar="T", help="… and before then.")]
Past = Annotated[bool, typer.Option("--past", help="By insertion times alone, of runs that ended in the period.")]
Runs = Annotated[
    str, typer.Option("--runs", metavar="FIRST-LAST", help="With --past: runs to ask OMS and Tier0 about.")
]
Acknowledge = Annotated[
    int | None,
    typer.Option("--acknowledge", min=1, metavar="REPORT", help="You have read it, and live mode may rest on it."),
]
OtherRules = Annotated[
    bool, typer.Option("--for-other-rules", help="With --acknowledge: although it was made with other rules.")
]
Who = Annotated[str, typer.Option(envvar="SPY_WHO", help="Who acts: your name or address.")]
Why = Annotated[str, typer.Option(help="With --acknowledge: the reason, for those who ask later.")]
Preview = Annotated[bool, typer.Option("--preview", help="Do not keep the report, do not acknowledge.")]


def regret(
    *,
    begin: From = "",
    end: To = "",
    past: Past = False,
    runs: Runs = "",
    acknowledge: Acknowledge = None,
    for_other_rules: OtherRules = False,
    who: Who = "",
    why: Why = "",
    preview: Preview = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Name every interval that came too late for a would-be release; without a period: the reports, and live mode."""
    settings = load(config)
    if acknowledge is not None:
        if begin or end or past:
            raise ActError("--acknowledge takes a report that was made before; give no period with it")
        return _acknowledge(settings, acknowledge, who, why, for_other_rules, preview, as_json)
    if runs and not past:
        raise ActError("--runs: belongs to --past; without it the runs are those that the agent recorded")
    if not begin and not end and not past:
        return _list(settings, as_json)
    period = options.period(begin, end)
    if past:
        made = _with_database(settings, lambda db: past_report(settings, db, period, runs, utc_now()))
        return _tell(made, None, as_json)
    store, rules = existing_store(settings), _rules(settings)
    now = now_of(store)
    made = _with_database(settings, lambda db: report.made(store, db, settings, rules, period, now, who))
    _tell(made, None if preview else regrets.keep(store, report.row_of(made)), as_json)


def _rules(settings: Config) -> str:
    return rulebook_of(settings, probes_of(settings)).hash


@contextmanager
def _database(settings: Config) -> Iterator[Engine]:
    if SERVICE not in settings.service:
        raise ConfigError([f"service.{SERVICE}: missing; the regret is asked of the conditions database"])
    engine: Engine = connection_of(SERVICE, settings.service[SERVICE], "database")
    try:
        yield engine
    finally:
        close_database(engine)


def _with_database(settings: Config, make: Callable[[Engine], Report]) -> Report:
    with _database(settings) as engine:
        return make(engine)


# --- acknowledge, list ----------------------------------------------------------------------------------------------


def _acknowledge(
    settings: Config, number: int, who: str, why: str, other_rules: bool, preview: bool, as_json: bool
) -> None:
    store, rules = existing_store(settings), _rules(settings)
    instance = settings.agent.instance
    if preview:
        with reading(store) as connection:
            row = next((one for one in regrets.listed(connection, 1000) if one.id == number), None)
        if row is None:
            raise ActError(f"acknowledge: there is no regret report {number}; `spy regret` lists them")
    else:
        row = regrets.acknowledge(
            store, number, who=who.strip(), why=why.strip(), at=utc_now(), instance=instance, rulebook=rules,
            other_rules=other_rules,
        )  # fmt: skip
    with reading(store) as connection:
        now = gate.look(connection, instance, rules, settings.regret)
    if as_json:
        printing.answer({"preview": preview, "report": _head(row), "live": now})
        return
    say(row.summary)
    if preview:
        say("Preview: nothing was done.")
        return
    if row.rulebook != row.accepted_rulebook:
        say(f"It was made with rules {row.rulebook}, and is taken for {row.accepted_rulebook}.", "bold")
    say(f"Done: report {number} is acknowledged by {row.acknowledged_by}: {row.why}")
    _say_gate(now)


def _say_gate(now: gate.Gate) -> None:
    say(f"Live mode: {'may be switched on' if now.is_open else 'closed'}: {now.says}", "green" if now.is_open else "")


def _list(settings: Config, as_json: bool) -> None:
    store, rules = existing_store(settings), _rules(settings)
    with reading(store) as connection:
        rows = regrets.listed(connection)
        now = gate.look(connection, settings.agent.instance, rules, settings.regret)
    if as_json:
        printing.answer({"rulebook": rules, "live": now, "reports": [_head(row) for row in rows]})
        return
    _say_gate(now)
    if rows:
        say()
        columns = ("report", "made", "period", "rules", "judged", "regret", "unknown", "acknowledged")
        printing.table(columns, map(_line, rows))


def _head(row: Any) -> dict[str, Any]:
    return dict(row._mapping)


def _line(row: Any) -> tuple[str, ...]:
    by = f"by {row.acknowledged_by}: {row.why}" if row.acknowledged_at else "no"
    period = f"{utc(row.begin)} to {utc(row.until)}"
    return str(row.id), utc(row.made_at), period, row.rulebook, str(row.judged), str(row.regrets), str(row.unknown), by


# --- tell -----------------------------------------------------------------------------------------------------------


def _tell(made: Report, number: int | None, as_json: bool) -> None:
    if as_json:
        _answer(made, number)
    else:
        say(report.summary(made), "green" if made.is_clean else "bold")
        for sentence in made.cannot_know:
            say(f"It cannot know: {sentence}", indent=2)
        if made.unasked:
            say(f"Not asked, since no run can be compared with them: {', '.join(made.unasked)}", indent=2)
        _tables(made)
        if number is not None:
            say()
            say(f'Kept as report {number}: spy regret --acknowledge {number} --who YOU --why "what you make of it"')
    if not made.is_clean:
        raise typer.Exit(1)


def _answer(made: Report, number: int | None) -> None:
    held = [{"run": run, "why": why} for run, why in made.held]
    names = ("instance", "begin", "end", "rulebook", "made_at", "made_by", "is_past", "cannot_know")
    counts = {"releases": len(made.own), "judged": len(made.known), "regrets": len(made.regrets)}
    told = {name: getattr(made, name) for name in names}
    rows = [report.told(one) for one in made.runs]
    printing.answer(
        {"report": number, "summary": report.summary(made), **told, **counts}
        | {"unasked_tags": made.unasked, "runs": rows, "held": held}
    )


def _tables(made: Report) -> None:
    runs = made.runs
    late = [(one, interval) for one in runs for interval in one.late]
    if late:
        say()
        columns = ("run", "would-be release", "tag", "since", "inserted", "h later", "effect", "by", "whose")
        printing.table(columns, (_interval(one, interval) for one, interval in late))
    unknown = [one for one in runs if one.word is Word.UNKNOWN]
    if unknown:
        say()
        printing.table(("run", "would-be release", "unknown, since"), map(_unknown, unknown))
    if made.held:
        say()
        printing.table(("run", "would not have gone early, since"), ((str(run), why) for run, why in made.held))
    if noted := [one for one in runs if one.release.note]:
        say()
        printing.table(("run", "would-be release", "but"), map(_noted, noted))


def _interval(one: Judged, late: Late) -> tuple[str | Text, ...]:
    hours = f"{late.delay.total_seconds() / 3600:.1f}"
    effect = Text(str(late.effect), "bold red" if late in one.regrets else "")
    whose = (
        f"{late.product} ({late.detector}: {', '.join(late.owners)})" if late.product else f"nobody's; {late.record}"
    )
    by = f"{late.author}: {late.text}" if late.text else late.author or "the log does not tell"
    where = shown(late.base, late.since)
    return str(late.run), utc(one.release.released_at), late.tag, where, utc(late.inserted_at), hours, effect, by, whose


def _unknown(one: Judged) -> tuple[str, ...]:
    return str(one.release.run), utc(one.release.released_at), one.why


def _noted(one: Judged) -> tuple[str, ...]:
    return str(one.release.run), utc(one.release.released_at), one.release.note
