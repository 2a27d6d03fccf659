"""The form that ends an act in force before its time, or lets it last longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.act import WORDS, refused, signed_by, told
from dashboard.marks import at
from spy.acting.change import LASTING, end, extend
from spy.acting.perform import Asked
from spy.domain.act import Act
from spy.domain.caller import Caller, Means
from spy.domain.errors import SpyError


def may_change(act: Act) -> bool:
    return act.do in LASTING


def change_page(number: str, in_force: Sequence[Act], caller: Caller) -> list[Any]:
    act = next((act for act in in_force if str(act.id) == number), None)
    if act is None or not may_change(act):
        back = dcc.Link("what is in force", href="/acts")
        return [html.H1("This act cannot be changed"), html.P(["It has ended, or there is none: see ", back, "."])]
    about = f"run {act.run}" if act.run else f"runs from {act.from_run}" if act.from_run else "all runs"
    lasts: list[Any] = [" until ", at(act.until)] if act.until else [", without an end by time"]
    who = html.Label(["Your name or address", _text("who", persisted="local")])
    return [
        html.H1(f"{WORDS[act.do][0]}: {about}"),
        html.P([f"By {act.who}: {act.why}; since ", at(act.at), *lasts, "."], className="quiet"),
        html.Div(
            [
                html.Label(["Reason, for those who read it at night", _text("why")]),
                html.Label(["To extend, until: 12h, 2d, or 2026-06-01T12:00:00Z", _text("until")]),
                html.Div(who, hidden=caller.means is not Means.LOCAL),
                html.Div(
                    [
                        html.Button("Extend", id="change-extend", n_clicks=0, className="strong"),
                        html.Button("End it now", id="change-end", n_clicks=0),
                    ],
                    className="buttons",
                ),
                html.Div(id="change-answer", role="status"),
                dcc.Link("All acts", href="/acts"),
            ],
            className="form",
        ),
        dcc.Store(id="change-number", data=act.id),
    ]


def _text(name: str, persisted: str = "") -> dcc.Input:
    kept: dict[str, Any] = {"persistence": True, "persistence_type": persisted} if persisted else {}
    return dcc.Input(id=f"change-{name}", type="text", **kept)  # no debounce: see act.py


def changed(asked: Asked, number: int, why: str, until: str, who: str, is_end: bool) -> list[Any]:
    """What came of it, for people."""
    asked = signed_by(asked, who)
    if not is_end and not until.strip():
        return refused("Say until when it is to last.")
    try:
        done = end(asked, number, why) if is_end else extend(asked, number, until.strip(), why)
    except SpyError as wrong:
        return refused(str(wrong))
    return told(done, only_look=False)
