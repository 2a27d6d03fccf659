"""What people did that is in force, what waits for a second person, and what is over."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.act import WORDS
from dashboard.change import may_change
from dashboard.marks import at, row, table
from spy.domain.act import Act, Do
from spy.domain.caller import Caller, Means
from spy.store.views import ActsNow, Proposal

HEADS = ("Act", "About", "Who", "Why", "Since", "Until", "")
ONCE_HEADS = ("Act", "About", "Who", "Why", "When")
ONCE = 50
"""Shown, the newest: they have no end, such as the end of another act."""
ENDED = ("Act", "About", "Who", "Why", "Since", "Ended", "By")


def acts_page(now: ActsNow, caller: Caller) -> list[Any]:
    parts: list[Any] = [html.H1("Acts"), html.P(dcc.Link("Do something", href="/act"), className="buttons")]
    if now.waiting:
        parts += [html.H2("Waiting for a second person"), *(_proposal(one) for one in now.waiting)]
    who = html.Label(["You are ", dcc.Input(id="agree-who", value="", type="text")])
    needs_name = bool(now.waiting) and caller.means is Means.LOCAL
    parts += [html.Div(who, hidden=not needs_name), html.Div(id="agree-answer", role="status"), html.H2("In force")]
    lasting = [act for act in now.in_force if may_change(act)]
    once = [act for act in reversed(now.in_force) if not may_change(act)][:ONCE]
    parts.append(table(HEADS, map(_row, lasting), "Acts in force") if lasting else html.P("Nothing is in force."))
    if once:
        parts += [html.H2("Done once"), table(ONCE_HEADS, map(_once, once), "Acts that were done once")]
    if now.over:
        parts += [html.H2("Over"), table(ENDED, [_past(act) for act in now.over], "Acts that are over")]
    return parts


def _proposal(one: Proposal) -> html.Section:
    word = WORDS[one.do][0]
    about = f" {one.chunk}" if one.chunk else ""
    agree = html.Button(f"Agree to {one.number}", id={"type": "agree", "number": one.number}, n_clicks=0)
    told = [html.Strong(f"{word}{about}"), f" by {one.who}: {one.why} (until ", at(one.ends_at), ") ", agree]
    return html.Section(told, className="said unknown")


def _about(act: Act) -> str:
    runs = f"from {act.from_run}" if act.from_run else str(act.run or "all runs")
    return " ".join(word for word in (runs, act.rule, act.product) if word)


def _row(act: Act) -> html.Tr:
    return row(WORDS[act.do][0], _about(act), act.who, act.why, at(act.at), _until(act), _end(act))


def _once(act: Act) -> html.Tr:
    return row(WORDS[act.do][0], _about(act), act.who, act.why, at(act.at))


def _until(act: Act) -> Any:
    if act.until_tag:
        return f"{act.until_tag} begins there"
    return at(act.until, "ended")


def _end(act: Act) -> Any:
    return dcc.Link(f"Extend or end act {act.id}", href=f"/act?change={act.id}", className="act")


def _past(act: Act) -> html.Tr:
    ended = act.ended_at or act.until
    return row(WORDS[Do(act.do)][0], _about(act), act.who, act.why, at(act.at), at(ended), act.ended_by or "its end")
