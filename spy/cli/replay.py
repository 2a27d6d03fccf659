"""`spy replay`: decide a period again from what the store kept, with the same rules or with others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from spy.app import probes_of, rulebook_of, settings_of
from spy.cli import comparison, printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load, period
from spy.cli.printing import say, stated, utc
from spy.domain.errors import ActError
from spy.replay.again import Again
from spy.replay.again import replay as decide_again
from spy.replay.compare import Comparison, compare
from spy.replay.difference import Turn
from spy.replay.other import other_rules
from spy.store.engine import reading

From = Annotated[str, typer.Option("--from", metavar="T", help="Decisions from then on: 2026-06-01T00:00:00Z.")]
To = Annotated[str, typer.Option("--to", metavar="T", help="… and before then.")]
Rules = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="FILE", help="Other rules: a whole configuration, or blocks laid over the configured ones."
    ),
]
Promote = Annotated[
    list[str] | None, typer.Option("--promote", metavar="RULE", help="As if this shadow rule decided. Repeatable.")
]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="RULE", help="As if there were no such rule. Repeatable.")
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write what other rules change as a page of its own.")
]
OneRun = Annotated[int | None, typer.Option("--run", metavar="N", help="Only this run.")]


def replay(
    *,
    begin: From,
    end: To,
    rules: Rules = None,
    promote: Promote = None,
    without: Without = None,
    run: OneRun = None,
    html: Html = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Decide a period again: each decision must come out identical; with other rules, see what they would change."""
    settings = load(config)
    first, last = period(begin, end)
    others = rules is not None or promote or without
    if html and not others:
        raise ActError("--html: shows what other rules change; expected --rules, --promote or --without with it")
    other, name = other_rules(config, rules, promote or (), without or ())
    book = rulebook_of(other, probes_of(other), name)
    with reading(existing_store(settings)) as connection:
        if others:
            compared = compare(connection, book, settings_of(other), first, last, run)
        else:
            made = list(decide_again(connection, book, settings_of(other), first, last, run))
    if _tell_comparison(compared, html, as_json) if others else _tell_identity(made, book.hash, as_json):
        raise typer.Exit(1)


def _tell_comparison(compared: Comparison, html: Path | None, as_json: bool) -> bool:
    if html:
        comparison.write(compared, html)
    if as_json:
        comparison.answer(compared)
    else:
        comparison.tell(compared)
    return any(one.turn is Turn.MISSING for one in compared.runs)


def _tell_identity(made: Sequence[Again], rulebook: str, as_json: bool) -> bool:
    if as_json:
        printing.answer({"rulebook": rulebook, **_counts(made), "decisions": made})
    else:
        _tell(made, rulebook)
    return any(_is_bad(one, rulebook) for one in made)


def _counts(made: Sequence[Again]) -> dict[str, int]:
    return {
        "identical": sum(not one.differs and not one.missing for one in made),
        "different": sum(bool(one.differs) for one in made),
        "not_replayable": sum(bool(one.missing) for one in made),
    }


def _is_bad(one: Again, rulebook: str) -> bool:
    """The same rules must give the same bytes; other rules may well decide otherwise."""
    return bool(one.missing) or (bool(one.differs) and one.rulebook == rulebook)


def _tell(made: Sequence[Again], rulebook: str) -> None:
    counts = _counts(made)
    say(
        f"{len(made)} decisions made again with rules {rulebook}: {counts['identical']} identical, "
        f"{counts['different']} different, {counts['not_replayable']} cannot be made again."
    )
    shown = [one for one in made if one.differs or one.missing]
    if not shown:
        return
    rows = [
        (
            str(one.run),
            str(one.revision),
            utc(one.at),
            stated(one.stored),
            stated(one.again) if one.again else "",
            _why(one),
        )
        for one in shown
    ]
    printing.table(("run", "revision", "decided", "stored", "again", "what differs, or is missing"), rows)


def _why(one: Again) -> str:
    return one.missing or f"{', '.join(one.differs)}; now because {'; '.join(one.reasons) or 'nothing is missing'}"
