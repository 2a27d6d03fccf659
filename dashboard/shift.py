"""The shift log: what happened in the last hours as text for the electronic logbook, and the handover note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html

from dashboard.marks import at, row, run_link, table
from spy.domain.caller import Caller, Means, Role
from spy.store.views import Entry, Handover, Overview

HEADS = ("At", "What", "About", "")
PERIODS = (("8 h", 8), ("24 h", 24), ("3 days", 72))


def shift_page(
    seen: Overview, log: Sequence[Entry], left: Handover | None, begin: datetime, hours: int, caller: Caller
) -> list[Any]:
    links = [dcc.Link(name, href=f"/shift?hours={n}", className="chosen" if n == hours else "") for name, n in PERIODS]
    parts: list[Any] = [html.H1(f"Shift log of the last {hours} h"), html.P(links, className="buttons")]
    parts += [html.H2("Handover"), note(left) or html.P("Nobody left a note.", className="quiet")]
    if caller.role.covers(Role.SHIFTER):
        parts += _write(caller)
    parts += [html.H2("For the electronic logbook"), _copied(as_text(seen, log, left, begin)), html.H2("What happened")]
    parts.append(table(HEADS, map(_row, log), "What happened") if log else html.P("Nothing happened."))
    return parts


def note(left: Handover | None) -> html.Section | None:
    """As Now shows it too."""
    if left is None:
        return None
    return html.Section([html.Strong(f"{left.who}, "), at(left.at), html.Pre(left.text)], className="handover")


def _write(caller: Caller) -> list[Any]:
    kept: dict[str, Any] = {"persistence": True, "persistence_type": "session"}
    text = dcc.Textarea(id="handover-text", maxLength=4000, **kept)
    who = html.Label(["Your name or address", dcc.Input(id="handover-who", value="", type="text")])
    return [
        html.Div(
            [
                html.Label(["What the next crew must know", text]),
                html.Div(who, hidden=caller.means is not Means.LOCAL),
                html.Div(html.Button("Leave this note", id="handover-leave", n_clicks=0), className="buttons"),
                html.Div(id="handover-answer", role="status"),
            ],
            className="form",
        )
    ]


def _copied(text: str) -> html.Div:
    return html.Div(
        [dcc.Clipboard(target_id="logbook", title="copy"), html.Pre(text, id="logbook")], className="logbook"
    )


def as_text(seen: Overview, log: Sequence[Entry], left: Handover | None, begin: datetime) -> str:
    """Plain lines: a logbook takes no more."""
    lines = [
        f"Calibration readiness, {begin:%Y-%m-%d %H:%M} to {seen.now:%Y-%m-%d %H:%M} UTC",
        f"Now: {seen.sentence}",
        f"Next: {seen.next_step}",
    ]
    if left is not None:
        lines.append(f"Handover by {left.who}, {left.at:%d %b %H:%M}: {' '.join(left.text.split())}")
    lines += ["", *(f"{entry.at:%d %b %H:%M} {entry.kind:<8} {entry.about or 'all'}: {entry.text}" for entry in log)]
    return "\n".join(lines) if log else "\n".join([*lines, "Nothing happened."])


def _row(entry: Entry) -> html.Tr:
    about: Any = run_link(int(entry.about)) if entry.about.isdigit() else entry.about or "all"
    return row(at(entry.at), entry.kind, about, entry.text)
