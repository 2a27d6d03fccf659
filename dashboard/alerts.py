"""What needs a person now, and messages on their way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html

from dashboard.marks import at, chip, mark, row, run_link, table
from dashboard.paths import to_form
from spy.domain.act import Act, Do
from spy.store.views import About, Alert, Message, Status

HEADS = ("State", "About", "Why", "Since", "Who takes care", "Mails", "")
DELIVERIES = ("Status", "Message", "Run", "To", "Queued", "Tries", "Accepted", "Next try", "What was answered")
WAITING = ("pending", "sending", "ambiguous")
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
    links = ((Do.ACKNOWLEDGE, "I am on it"), (Do.SILENCE, "Silence its mail")) if alert.run else ()
    take = [html.Div(dcc.Link(word, href=to_form(do, alert.run))) for do, word in links]
    return row(mark(alert.state), about, why, at(alert.since), _care(alert.acknowledged, alert.silenced), mails, take)


def _care(on_it: Act | None, silent: Act | None) -> list[Any]:
    told: list[Any]
    if on_it:
        told = [html.Div([f"{on_it.who} since ", at(on_it.at)]), html.Div(on_it.why, className="quiet")]
    else:
        told = ["nobody yet"]
    if silent:
        told.append(html.Div(f"silenced by {silent.who}: {silent.why}", className="quiet"))
    return told


def deliveries_page(found: Sequence[Message], chosen: str, now: datetime) -> list[Any]:
    """`chosen`: the status that is shown alone; empty: all."""
    waiting = sum(message.status in WAITING for message in found)
    bad = sum(message.status == "refused" for message in found)
    told = f"{waiting} of {len(found)} messages wait for an answer, {bad} were refused."
    links = [
        dcc.Link(word or "all", href=f"/deliveries?status={word}", className="chosen" if word == chosen else "")
        for word in ("", *map(str, Status))
    ]
    return [
        html.H1(told if found else "No message is here.", id="sentence"),
        html.P(links, className="buttons"),
        html.P("Messages to Tier0 and mails, those that are due last first. None is ever deleted.", className="quiet"),
        table(DELIVERIES, [_delivery(one, now) for one in found], "Messages") if found else "",
    ]


def _next(message: Message, now: datetime) -> Any:
    """Only what is on its way is tried again."""
    if message.status not in WAITING:
        return "never"
    return [at(message.due_at), html.Div("due now", className="quiet") if message.due_at <= now else ""]


def _delivery(message: Message, now: datetime) -> Any:
    chunk = message.chunk.split("/")[0]
    return row(
        chip(message.status, KINDS.get(message.status, "")),
        [message.kind, html.Div(message.subject, className="quiet")],
        run_link(int(chunk)) if chunk.isdigit() else message.chunk,
        message.recipient,
        at(message.created_at),
        str(message.attempts),
        at(message.acked_at),
        _next(message, now),
        " ".join(str(told) for told in (message.last_code, message.last_error) if told) or "–",
    )
