"""The first page: is anything wrong, which run holds the frontier and why, what happens next and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dash import dcc, html

from dashboard.frontier import frontier
from dashboard.grid import columns_of, grid
from dashboard.heights import RUN, switch
from dashboard.help import helped
from dashboard.marks import SIGNS, at, chip, facts, run_link
from dashboard.paths import to_form
from dashboard.shift import note
from dashboard.trouble import panel
from spy.clock import age_text
from spy.domain.act import Act, Do
from spy.domain.verdict import State
from spy.store.views import Handover, Overview, RunLine, RunSaved

ROWS = 25
"""Runs in the chart's table: each is thirty elements that are made before the sentence can be seen."""


def now_page(
    seen: Overview,
    recent: Sequence[RunLine],
    ended: Sequence[RunSaved] = (),
    left: Handover | None = None,
    height: str = RUN,
) -> list[Any]:
    """`recent` are the newest runs, of which those not in the queue are shown below it; `ended` make the chart, and
    `height` is what that shows upwards.
    """
    queue = list(seen.queue)
    shown = {line.run for line in queue}
    past = [line for line in recent if line.run not in shown]
    columns = columns_of([*queue, *past])
    parts: list[Any] = [_said(seen), html.H2("Handover"), *_handover(left)]
    if acts := _in_force(queue):
        parts.append(_acts(acts))
    if ended:
        parts += [html.H2("The frontier"), switch(height, "now-y", "/")]
        parts += panel("The frontier", lambda: frontier(ended, "now-frontier", height=height, rows=ROWS))
    parts += [html.H2("In the queue"), _standing(seen)]
    parts.append(html.P("Lowest first: Tier0 locks in this order, so a run waits for all above it.", className="quiet"))
    if queue:
        parts.append(grid(queue, columns, "Runs that Tier0 has not locked", queue[0].run))
    else:
        parts.append(html.P("No run is in the queue."))
    if past:
        parts += [html.H2("Locked, started, or holding nobody"), grid(past, columns, "Runs that wait for nothing")]
    return parts


def _said(seen: Overview) -> html.Section:
    """What somebody on shift must know within ten seconds, and within a minute what to do about it."""
    state = seen.state
    whom: list[Any] = [html.A(address, href=f"mailto:{address}") for address in seen.whom] or ["nobody"]
    return html.Section(
        [
            html.Div([html.Span(SIGNS[state], className="sign"), seen.head, helped(state)], className="head"),
            html.H1(seen.sentence, id="sentence"),
            html.Ul([html.Li(text) for text in seen.also], className="also") if seen.also else None,
            html.Dl(
                [
                    html.Div([html.Dt("Last useful moment"), html.Dd(_last_moment(seen), id="last-moment")]),
                    html.Div([html.Dt("Whom to call"), html.Dd(_separated(whom), id="whom")]),
                    html.Div([html.Dt("Who takes care"), html.Dd(_taken_care_of(seen), id="taken-care")]),
                    html.Div([html.Dt("What to do, and what comes next"), html.Dd(seen.next_step, id="next-step")]),
                ],
                className="then",
            ),
            html.P(_buttons(seen), className="buttons"),
        ],
        className=f"said {state}",
    )


def _last_moment(seen: Overview) -> list[Any]:
    """Before Tier0's lock; the wall clock and how long that is."""
    run, moment = seen.concern, seen.last_moment
    if run is None:
        return ["nothing waits"]
    if seen.halt:
        return ["not known: Tier0's lock is not where it was predicted"]
    if moment is None:
        return [f"not known: run {run.run} has no end that we know of"]
    left = moment - seen.now
    told = f", in {age_text(left)}" if left > timedelta(0) else f", {age_text(-left)} ago"
    return [at(moment), f" UTC{told}: then Tier0 locks run {run.run}"]


def _taken_care_of(seen: Overview) -> list[Any]:
    if seen.on_it:
        return _separated([html.Span([f"{act.who} since ", at(act.at)], title=act.why) for act in seen.on_it])
    if seen.kept_by:
        return [f"{seen.kept_by.who}, who keeps it"]
    return ["nobody said so yet" if seen.whom else "nobody needs to"]


def _handover(left: Handover | None) -> list[Any]:
    write = html.P(dcc.Link("Leave a note for the next crew", href="/shift"), className="buttons")
    return [note(left) or html.P("Nobody left a note.", className="quiet"), write]


def _buttons(seen: Overview) -> list[Any]:
    """To the form, filled in as far as it is known."""
    run = seen.lost.run if seen.lost else seen.concern.run if seen.concern else None
    is_asked = bool(run and seen.whom and (seen.lost or not seen.on_it))
    buttons = [dcc.Link("I am on it", href=to_form(Do.ACKNOWLEDGE, run))] if is_asked else []
    ends = seen.stop is not None or bool(seen.halt)
    last = (Do.RESUME, "Resume sending") if ends else (Do.STOP, "Stop all sending")
    return [
        *buttons,
        dcc.Link("Do something", href=to_form(run=run)),
        dcc.Link(last[1], href=to_form(last[0])),
    ]


def _separated(items: Sequence[Any]) -> list[Any]:
    return [piece for number, item in enumerate(items) for piece in ((", ", item) if number else (item,))]


def _standing(seen: Overview) -> html.Dl:
    frontier = seen.frontier
    taken = sum(line.is_taken for line in seen.queue)
    counted = {state: sum(line.verdict is state and not line.is_taken for line in seen.queue) for state in State}
    chips = [chip([SIGNS[state], f" {count} {state}"], str(state)) for state, count in counted.items() if count]
    chips += [chip(f"{taken} being taken")] if taken else []
    return facts(
        [
            ("Frontier run", run_link(frontier.run) if frontier else "none"),
            ("Predicted lock", at(frontier.deadline, "not known yet") if frontier else "–"),
            ("Tier0's first safe run", str(seen.first_safe_run or "unknown")),
            ("In the queue", chips or "no run"),
            ("Newest run in OMS", str(seen.newest_run or "unknown")),
        ]
    )


def _in_force(queue: Sequence[RunLine]) -> list[Act]:
    return list({act.id: act for line in queue for act in line.acts}.values())


def _acts(acts: Sequence[Act]) -> html.Section:
    return html.Section([html.H2("In force by people"), html.Ul([html.Li(_act(act)) for act in acts])])


def _act(act: Act) -> list[Any]:
    first = f"from {act.from_run}" + (f" to {act.to_run}" if act.to_run else "")
    runs = first if act.from_run else str(act.run or "all runs")
    about = " ".join(word for word in (runs, act.rule, act.product) if word)
    until = ["until ", at(act.until)] if act.until else ["until ended"]
    return [html.Strong(str(act.do)), f" {about} by {act.who}, ", *until, f": {act.why}"]
