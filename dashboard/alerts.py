"""What needs a person now, and messages on their way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.marks import at, chip, mark, row, run_link, table
from spy.domain.act import Act, Do
from spy.store.views import About, Alert, Message

HEADS = ("State", "About", "Why", "Since", "Who takes care", "Mails", "")
DELIVERIES = ("Status", "Message", "Run", "To", "Tries", "Written", "Accepted or due", "What was answered")
KINDS = {"acked": "ready", "refused": "blocked", "ambiguous": "unknown", "pending": "waiting", "sending": "waiting"}
"""A status not listed needs nobody: cancelled, or recorded by a shadow agent."""


def alerts_page(found: Sequence[Alert]) -> list[Any]:
    parts: list[Any] = [html.H1(_counted(found), id="sentence")]
    if found:
        parts.append(table(HEADS, map(_alert, found), "What needs a person"))
    return parts


def _counted(found: Sequence[Alert]) -> str:
    if not found:
        return "Nothing needs a person."
    alone = sum(alert.acknowledged is None for alert in found)
    one = "1 thing needs" if len(found) == 1 else f"{len(found)} things need"
    return f"{one} a person; nobody takes care of {alone} of them." if alone else f"{one} a person, and all have one."


def _alert(alert: Alert) -> Any:
    about: Any = alert.name if alert.about is not About.RUN or alert.run is None else ["run ", run_link(alert.run)]
    mails = [html.Div(f"{mail.recipient}: {mail.status}") for mail in alert.mails] or "none"
    why = [html.Div(html.Strong(alert.cause)), html.Div(alert.text, className="why")]
    take = dcc.Link("I am on it", href=f"/act?do={Do.ACKNOWLEDGE}&chunk={alert.run}") if alert.run else ""
    return row(mark(alert.state), about, why, at(alert.since), _care(alert.acknowledged, alert.silenced), mails, take)


def _care(on_it: Act | None, silent: Act | None) -> list[Any]:
    told: list[Any] = [html.Div([f"{on_it.who} since ", at(on_it.at)], title=on_it.why)] if on_it else ["nobody yet"]
    if silent:
        told.append(html.Div(f"silenced by {silent.who}", title=silent.why, className="quiet"))
    return told


def deliveries_page(found: Sequence[Message]) -> list[Any]:
    return [
        html.H1("Deliveries"),
        html.P("Messages to Tier0 and mails, those that are due last first. None is ever deleted.", className="quiet"),
        table(DELIVERIES, map(_delivery, found), "Messages") if found else html.P("No message was written yet."),
    ]


def _delivery(message: Message) -> Any:
    chunk = message.chunk.split("/")[0]
    return row(
        chip(message.status, KINDS.get(message.status, "")),
        [message.kind, html.Div(message.subject, className="quiet")],
        run_link(int(chunk)) if chunk.isdigit() else message.chunk,
        message.recipient,
        str(message.attempts),
        at(message.created_at),
        at(message.acked_at or message.due_at),
        message.last_error or "–",
    )
