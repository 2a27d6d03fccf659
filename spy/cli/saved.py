"""`spy saved`: what the agent saved and what it cost, per run and over a period, with the cause of every held hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import typer

from spy.cli import printing
from spy.cli.options import AsJson, ConfigFile, existing_store, load, now_of, period
from spy.cli.printing import say
from spy.config import Config
from spy.domain.errors import ActError
from spy.domain.product import required_names
from spy.store import views
from spy.store.views import Delay, ProductLatency, RunSaved, Saved, Share, Span, Spread

From = Annotated[str, typer.Option("--from", metavar="T", help="Runs that ended from then on: 2026-06-01T00:00:00Z.")]
To = Annotated[str, typer.Option("--to", metavar="T", help="… and before then.")]
OneRun = Annotated[int | None, typer.Option("--run", metavar="N", help="Only this run, with each of its spans.")]


def saved(*, begin: From, end: To, run: OneRun = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Tell for the runs of a period what was saved against Tier0's fixed delay, and what held each hour of them."""
    settings = load(config)
    first, last = period(begin, end)
    told = _ask(settings, first, last, run)
    if run is not None and not told.runs:
        raise ActError(f"--run {run}: {_why_not(told, run)}")
    if as_json:
        printing.answer(_plain(told))
        return
    _tell(told, with_spans=run is not None)


def _ask(settings: Config, first: datetime, last: datetime, run: int | None) -> Saved:
    gating = required_names(settings.required.values())
    store = existing_store(settings)
    return views.saved(
        store,
        first,
        last,
        now_of(store),
        instance=settings.agent.instance,
        delay=Delay(settings.lock_after, settings.tier0.reco_delay),
        products=[p for p in settings.products.values() if p.name in gating],
        context=settings.context,
        run=run,
    )


def _why_not(told: Saved, run: int) -> str:
    if run in told.endless:
        return "nobody knows when it ended: it is still being taken, or its evidence was cut away"
    return "no such run ended in this period and waited for Tier0"


def _tell(told: Saved, with_spans: bool) -> None:
    say(told.sentence)
    if told.endless:
        say(f"Left out, since nobody knows when they ended: {', '.join(map(str, told.endless))}", indent=2)
    if not told.runs:
        return
    say()
    columns = ("run", "class", "end", "calibrated alone", "prefix ready", "accepted", "locked", "started")
    printing.table((*columns, "saved h", "lost h", "measured at"), map(_run, told.runs))
    for one in told.runs if with_spans else ():
        say()
        printing.table(("from", "to", "h", "cause", "names"), map(_span, one.spans))
    say()
    printing.table(("cause", "h", "%", "runs", "most of it"), map(_share, told.causes))
    say()
    columns = ("calibration", "uploads", "mean", "RMS", "median", "p90", "visible: median", "p90")
    printing.table(columns, [*map(_product, told.products), _published()])
    say("Hours after the run's end; 2024: published mean and RMS of the five workflows together.", indent=2)


def _run(one: RunSaved) -> tuple[str, ...]:
    times = (one.end, one.alone_at, one.prefix_ready_at, one.accepted_at or one.would_at, one.locked_at, one.started_at)
    hours = _h(one.saved), _h(one.lost)
    return (
        str(one.run),
        one.run_class or "unknown",
        *(f"{t:%m-%d %H:%M}" if t else "-" for t in times),
        *hours,
        one.basis,
    )


def _span(span: Span) -> tuple[str, ...]:
    return printing.utc(span.begin), printing.utc(span.end), _h(span.length), span.cause, ", ".join(span.what)


def _share(share: Share) -> tuple[str, ...]:
    most = ", ".join(f"{name} {_h(time)}" for name, time in share.most[:3])
    return share.cause, _h(share.time), f"{100 * share.share:.1f}", str(share.runs), most


def _product(one: ProductLatency) -> tuple[str, ...]:
    up, seen = one.uploaded, one.visible
    whole = (str(up.count), _h(up.mean), _h(up.rms)) if up else ("0", "-", "-")
    return (one.product or "all of them", *whole, *_middle(up), *_middle(seen))


def _middle(spread: Spread | None) -> Iterable[str]:
    return (_h(spread.median), _h(spread.p90)) if spread else ("-", "-")


def _published() -> tuple[str, ...]:
    mean, rms = views.PUBLISHED_2024
    return ("2024", "", _h(mean), _h(rms), "", "", "", "")


def _h(time: timedelta | None) -> str:
    """Hours; what is not known is a dash, never a nought."""
    return "-" if time is None else f"{time.total_seconds() / 3600:.1f}"


def _plain(told: Saved) -> dict[str, object]:
    """For programs; durations in seconds."""
    derived = ("alone_at", "lost", "basis", "saved")
    runs = [printing.plain(one) | {name: printing.plain(getattr(one, name)) for name in derived} for one in told.runs]
    whole = {name: getattr(told, name) for name in ("sentence", "saved", "lost", "held")}
    return {**printing.plain(told), **whole, "runs": runs, "published_2024": views.PUBLISHED_2024}
